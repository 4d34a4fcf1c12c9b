"""The registry's rows of voices."""

from __future__ import annotations

from vocasync.engines.base import EngineSpec, Needs, Price
from vocasync.engines.tts.bark_voices import LANGUAGE_CODES as BARK_LANGUAGES
from vocasync.engines.tts.bark_voices import SETTINGS as BARK_SETTINGS
from vocasync.engines.tts.coqui import PACKAGES as COQUI_PACKAGES
from vocasync.engines.tts.coqui import XTTS_SETTINGS, YOURTTS_LANGUAGES, YOURTTS_SETTINGS
from vocasync.engines.tts.elevenlabs_account import FLASH as ELEVENLABS_FLASH_LANGUAGES
from vocasync.engines.tts.elevenlabs_account import MULTILINGUAL as ELEVENLABS_LANGUAGES
from vocasync.engines.tts.elevenlabs_account import SETTINGS as ELEVENLABS_SETTINGS
from vocasync.engines.tts.neutts_voices import LANGUAGES as NEUTTS_LANGUAGES
from vocasync.engines.tts.neutts_voices import SETTINGS as NEUTTS_SETTINGS
from vocasync.engines.tts.sv2tts.settings import SETTINGS as SV2TTS_SETTINGS
from vocasync.engines.tts.voices import SETTINGS as ESPEAK_SETTINGS

_BARK_TRIED = (
    "Not with published weights. Runs through its real library with random ones, tiny and of the small edition's "
    "size: one line sounds exactly as the library's own call makes it, and several at once as each alone."
)
_BARK_ABOUT = (
    "Lively speech in 13 languages, with 130 voices of its own. It speaks in no others: for anybody else's voice the "
    "nearest of them is coloured to match, as is the tone. May leave the text. Slow without a GPU."
)

_ELEVENLABS_TRIED = "Against a local server that speaks the documented protocol; not against the service itself."
_ELEVENLABS_ABOUT = (
    "Your text is sent to ElevenLabs, and speech of everybody whose voice is to be heard: a copy of each voice is made "
    "on the account whose key is used. It is removed there when the dub, or the voice of the library, is deleted, and "
    "when the consent for it ends."
)
_NEUTTS_ABOUT = (
    "English in a voice that it hears for some seconds, with the words said there. With the package neucodec "
    "(`make neutts`) and its weights it hears anybody; without, its own voices are coloured to match."
)

ROWS: tuple[EngineSpec, ...] = (
    EngineSpec(
        name="espeak",
        stage="tts",
        label="Matched voice (eSpeak NG)",
        path="vocasync.engines.tts.espeak:create",
        kind="embedded",
        quality=10,
        licence="GPL-3.0-or-later (eSpeak NG)",
        needs=Needs(packages=("espeakng_loader", "pyworld")),
        routes="vocasync.engines.tts.voices:espeak_languages",
        settings=ESPEAK_SETTINGS,
        stock="vocasync.engines.tts.voices:espeak_stock",
        about="Works offline in every listed language. The colour of the voice is matched; the speech stays "
        "recognisably synthetic.",
    ),
    EngineSpec(
        name="xtts",
        stage="tts",
        label="XTTS v2",
        path="vocasync.engines.tts.xtts:create",
        kind="neural",
        quality=80,
        licence="Coqui Public Model License 1.0.0 (non-commercial)",
        needs=Needs(packages=COQUI_PACKAGES, step="make engines", weights="xtts-v2"),
        routes="vocasync.engines.tts.coqui:xtts_languages",
        settings=XTTS_SETTINGS,
        stock="vocasync.engines.tts.coqui:xtts_stock",
        commercial=False,
        tried="Not with published weights. Runs through its real library with tiny and with full-size random ones: "
        "several lines at once sound as each alone, and the codes' latents are the library's.",
        about="Speaks 17 languages in a given voice, takes the tone of an emotion reference, and streams. "
        "Japanese needs two more Python packages (docs/engines.md). Slow without a GPU.",
    ),
    EngineSpec(
        name="yourtts",
        stage="tts",
        label="YourTTS",
        path="vocasync.engines.tts.yourtts:create",
        kind="neural",
        quality=50,
        licence="CC BY-NC-ND 4.0 (non-commercial)",
        needs=Needs(packages=COQUI_PACKAGES, step="make engines", weights="your-tts"),
        languages=frozenset(YOURTTS_LANGUAGES),
        settings=YOURTTS_SETTINGS,
        stock="vocasync.engines.tts.coqui:yourtts_stock",
        commercial=False,
        tried="Not with published weights. Runs through its real library with tiny random ones: a line sounds as the "
        "library makes it, and several at once as each alone.",
        about="English, French and Portuguese in a given voice, at 16 kHz; quick without a GPU. Takes the tone of an "
        "emotion reference, and the sound of its voice as far as the two are alike.",
    ),
    EngineSpec(
        name="bark",
        stage="tts",
        label="Bark",
        path="vocasync.engines.tts.bark:create",
        kind="neural",
        quality=40,
        licence="MIT",
        needs=Needs(packages=("torch", "transformers"), step="make engines", weights="bark"),
        languages=BARK_LANGUAGES,
        settings=BARK_SETTINGS,
        stock="vocasync.engines.tts.bark_voices:bark_stock",
        clones=False,
        tried=_BARK_TRIED,
        about=_BARK_ABOUT,
    ),
    EngineSpec(
        name="bark-small",
        stage="tts",
        label="Bark small",
        path="vocasync.engines.tts.bark:create_small",
        kind="neural",
        quality=30,
        licence="MIT",
        needs=Needs(packages=("torch", "transformers"), step="make engines", weights="bark-small"),
        languages=BARK_LANGUAGES,
        settings=BARK_SETTINGS,
        stock="vocasync.engines.tts.bark_voices:bark_small_stock",
        clones=False,
        tried=_BARK_TRIED,
        about=f"{_BARK_ABOUT} The small edition: a third of the size, and plainer.",
    ),
    EngineSpec(
        name="sv2tts",
        stage="tts",
        label="SV2TTS",
        path="vocasync.engines.tts.sv2tts.engine:create",
        kind="neural",
        quality=20,
        licence="MIT",
        needs=Needs(packages=("torch", "resemblyzer", "inflect", "anyascii"), step="make engines", weights="sv2tts"),
        languages=frozenset({"en"}),
        settings=SV2TTS_SETTINGS,
        tried="Its encoder with the published weights; synthesizer and vocoder only with random ones of the published "
        "shapes.",
        about="The classic in three networks: speaker encoder, Tacotron, WaveRNN. Speaks English in a given voice, as "
        "voices did in 2019. Without a GPU it takes a few times as long as what it says.",
    ),
    EngineSpec(
        name="elevenlabs",
        stage="tts",
        label="ElevenLabs Multilingual v2",
        path="vocasync.engines.tts.elevenlabs:create",
        kind="cloud",
        quality=90,
        licence="ElevenLabs' terms of service",
        needs=Needs(service="elevenlabs"),
        languages=ELEVENLABS_LANGUAGES,
        settings=ELEVENLABS_SETTINGS,
        stock="vocasync.engines.tts.elevenlabs_account:stock",
        price=Price(0.10, 1000, "characters", "2026-06"),
        tried=_ELEVENLABS_TRIED,
        about=_ELEVENLABS_ABOUT,
    ),
    EngineSpec(
        name="elevenlabs-flash",
        stage="tts",
        label="ElevenLabs Flash v2.5",
        path="vocasync.engines.tts.elevenlabs:create_flash",
        kind="cloud",
        quality=85,
        licence="ElevenLabs' terms of service",
        needs=Needs(service="elevenlabs"),
        languages=ELEVENLABS_FLASH_LANGUAGES,
        settings=ELEVENLABS_SETTINGS,
        stock="vocasync.engines.tts.elevenlabs_account:stock",
        price=Price(0.05, 1000, "characters", "2026-06"),
        tried=_ELEVENLABS_TRIED,
        about=f"{_ELEVENLABS_ABOUT} Answers sooner, for half the price, and sounds plainer.",
    ),
    EngineSpec(
        name="neutts-air",
        stage="tts",
        label="NeuTTS Air",
        path="vocasync.engines.tts.neutts:create",
        kind="neural",
        quality=60,
        licence="Apache-2.0",
        needs=Needs(packages=("torch", "transformers", "onnxruntime"), step="make engines", weights="neutts-air"),
        languages=NEUTTS_LANGUAGES,
        settings=NEUTTS_SETTINGS,
        stock="vocasync.engines.tts.neutts_voices:neutts_stock",
        tried="Not with published weights. Runs on its real libraries with tiny random ones, and hears clips by the "
        "real codec with random ones; its phones are those of the phonemizer that it was trained with.",
        about=_NEUTTS_ABOUT,
    ),
    EngineSpec(
        name="neutts-air-gguf",
        stage="tts",
        label="NeuTTS Air for llama.cpp",
        path="vocasync.engines.tts.neutts:create_gguf",
        kind="neural",
        quality=55,
        licence="Apache-2.0",
        needs=Needs(
            packages=("llama_cpp", "onnxruntime"),
            step=".venv/bin/pip install llama-cpp-python==0.3.36",
            weights="neutts-air-gguf",
        ),
        languages=NEUTTS_LANGUAGES,
        settings=NEUTTS_SETTINGS,
        stock="vocasync.engines.tts.neutts_voices:neutts_gguf_stock",
        tried="Not with published weights. Runs on llama.cpp with a tiny random network.",
        about=f"{_NEUTTS_ABOUT} Quantized to four bits: smaller, and quicker on a CPU. Its package is built from "
        "source, which takes a C++ compiler, CMake and some minutes.",
    ),
)
