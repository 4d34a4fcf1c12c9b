"""The table of engines: names to dotted paths, loaded on first use; readiness probed without importing any."""

from __future__ import annotations

import shutil
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from vocasync.engines.base import EngineConfig, EngineSpec, Needs, Readiness, Stage, StockVoice
from vocasync.engines.cache import ENGINES
from vocasync.engines.tts.voices import SETTINGS as ESPEAK_SETTINGS
from vocasync.errors import PipelineError

SPECS: tuple[EngineSpec, ...] = (
    EngineSpec(
        name="pocketsphinx",
        stage="asr",
        label="PocketSphinx",
        path="vocasync.engines.asr.pocketsphinx:create",
        kind="embedded",
        quality=10,
        licence="BSD-2-Clause",
        needs=Needs(packages=("pocketsphinx", "silero_vad", "onnxruntime")),
        languages=frozenset({"en"}),
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
        licence="MIT",
        needs=Needs(packages=("whisper",), probe="vocasync.engines.asr.whisper_weights:missing"),
        sizes=("tiny", "base", "small", "medium", "large", "turbo"),
        tried="Loading, times and languages are tested with small made-up checkpoints; published weights were not "
        "tried during development.",
        about="99 languages. Medium or above is recommended for Hindi, Telugu, Tamil and Urdu.",
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
    EngineSpec(
        name="apertium",
        stage="translate",
        label="Apertium",
        path="vocasync.engines.translate.apertium:create",
        kind="embedded",
        quality=10,
        licence="GPL-2.0-or-later (a separate program)",
        needs=Needs(commands=("apertium", "lt-proc")),
        routes="vocasync.engines.translate.routes:apertium_pairs",
        tried="Measured on 1,000 everyday sentences: chrF 46 to 50 from English.",
        about="Works offline, rule-based.",
    ),
    EngineSpec(
        name="google",
        stage="translate",
        label="Google Translate (deep-translator)",
        path="vocasync.engines.translate.google:create",
        kind="cloud",
        quality=50,
        licence="Web service; deep-translator is MIT",
        needs=Needs(packages=("deep_translator",), probe="vocasync.engines.translate.network:missing_google"),
        tried="Tested against a local server that answers with the same pages; the real service was not reachable "
        "during development.",
        about="Needs the internet; the text is sent to Google.",
    ),
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
        name="resemblyzer",
        stage="speaker",
        label="Resemblyzer",
        path="vocasync.engines.speaker.resemblyzer:create",
        kind="embedded",
        quality=10,
        licence="Apache-2.0",
        needs=Needs(packages=("resemblyzer", "torch")),
        tried="Runs with its published weights.",
    ),
    EngineSpec(
        name="perth",
        stage="watermark",
        label="Perth",
        path="vocasync.engines.watermark.perth:create",
        kind="embedded",
        quality=10,
        licence="MIT",
        needs=Needs(probe="vocasync.engines.watermark.perth_parts:missing"),
        tried="Runs with the weights in its package: found in dubs after AAC at 128 kbit/s and MP3 at 64 kbit/s, and "
        "in none of 29 real recordings.",
        about="Puts an inaudible mark into every dubbed voice, which a conversion keeps. It says that a machine spoke; "
        "other sites may use the same one.",
    ),
)


def specs(stage: Stage | None = None) -> tuple[EngineSpec, ...]:
    """All rows, or those of one stage, best first."""
    rows = SPECS if stage is None else tuple(spec for spec in SPECS if spec.stage == stage)
    return tuple(sorted(rows, key=lambda spec: -spec.quality))


def spec(stage: Stage, name: str) -> EngineSpec:
    """The row of a name. Raises ``engine_unknown``."""
    for row in SPECS:
        if row.stage == stage and row.name == name:
            return row
    raise PipelineError("engine_unknown", name=name)


def stock_voices(name: str) -> tuple[StockVoice, ...]:
    """The voices that a voice engine brings. Raises ``engine_unknown``."""
    row = spec("tts", name)
    found: tuple[StockVoice, ...] = dotted(row.stock)() if row.stock else ()
    return found


def dotted(path: str) -> Any:
    """The object at ``package.module:name``."""
    module, _, name = path.partition(":")
    return getattr(import_module(module), name)


def readiness(row: EngineSpec, config: EngineConfig) -> Readiness:
    """Whether the engine can be used now, without importing it."""
    for package in row.needs.packages:
        if find_spec(package) is None:
            return Readiness(False, f"The Python package “{package}” is missing: run `make setup`.")
    for command in row.needs.commands:
        if shutil.which(command) is None:
            return Readiness(False, f"The program “{command}” is missing: run `make setup`.")
    missing: str = dotted(row.needs.probe)(config) if row.needs.probe else ""
    return Readiness(not missing, missing)


def load(stage: Stage, name: str, config: EngineConfig) -> Any:
    """The engine, loaded once a process. Raises ``engine_unknown`` or ``engine_not_ready``."""
    row = spec(stage, name)
    state = readiness(row, config)
    if not state.ready:
        raise PipelineError("engine_not_ready", label=row.label, missing=state.missing)
    return ENGINES.get((stage, name, config), lambda: dotted(row.path)(config))
