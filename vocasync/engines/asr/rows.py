"""The registry's rows of recognition and forced alignment."""

from __future__ import annotations

from vocasync.engines.asr.whisper_weights import SIZES
from vocasync.engines.base import EngineSpec, Needs, Price

ROWS: tuple[EngineSpec, ...] = (
    EngineSpec(
        name="pocketsphinx",
        stage="asr",
        label="PocketSphinx",
        path="vocasync.engines.asr.pocketsphinx:create",
        kind="embedded",
        quality=10,
        drift=0.75,
        licence="BSD-2-Clause",
        needs=Needs(packages=("pocketsphinx", "silero_vad", "onnxruntime")),
        languages=frozenset({"en"}),
        streams=True,
        live="vocasync.engines.asr.sphinx_c:missing",
        tried="Measured with its bundled English model: word error rate about 23 % on clean narration, 50 % and more "
        "on conversation, accents and noise.",
        about="Works offline, English only. Good enough for clearly read speech; check the text before it is spoken.",
    ),
    EngineSpec(
        name="whisper",
        stage="asr",
        label="Whisper",
        path="vocasync.engines.asr.whisper:create",
        kind="neural",
        quality=50,
        drift=0.4,
        licence="MIT",
        needs=Needs(packages=("whisper",), probe="vocasync.engines.asr.whisper_weights:missing"),
        sizes=SIZES,
        streams=True,
        tried="Loading, times and languages are tested with small made-up checkpoints; published weights were not "
        "tried during development.",
        about="99 languages. Medium or above is recommended for Hindi, Telugu, Tamil and Urdu.",
    ),
    EngineSpec(
        name="faster-whisper",
        stage="asr",
        label="faster-whisper",
        path="vocasync.engines.asr.faster_whisper:create",
        kind="neural",
        quality=52,
        drift=0.4,
        licence="MIT",
        needs=Needs(
            packages=("faster_whisper", "ctranslate2"),
            step="make engines",
            probe="vocasync.engines.asr.faster_whisper_weights:missing",
        ),
        sizes=SIZES,
        streams=True,
        live="vocasync.engines.asr.faster_whisper_weights:too_slow",
        tried="Loading, times and languages are tested with small made-up checkpoints; published weights were not "
        "tried during development.",
        about="Whisper's words, several times faster on a CPU. Medium or above is recommended for Hindi, Telugu, "
        "Tamil and Urdu.",
    ),
    EngineSpec(
        name="google-speech",
        stage="asr",
        label="Google Cloud Speech-to-Text",
        path="vocasync.engines.asr.google_speech:create",
        kind="cloud",
        quality=70,
        licence="Google Cloud terms of service",
        needs=Needs(packages=("google.cloud.speech_v2",), step="make engines", service="google"),
        routes="vocasync.engines.asr.google_languages:spoken",
        streams=True,
        price=Price(0.016, 60, "seconds", "2025-06"),
        tried="Tested against a server of our own that speaks its protocol; Google's own was not asked.",
        about="37 languages. The sound is sent to Google.",
    ),
    EngineSpec(
        name="sphinx-align",
        stage="align",
        label="Forced alignment (PocketSphinx)",
        path="vocasync.engines.asr.alignment:create",
        kind="embedded",
        quality=10,
        licence="BSD-2-Clause",
        needs=Needs(packages=("pocketsphinx", "espeakng_loader")),
        about="Places a pasted transcript on the sound.",
    ),
)
