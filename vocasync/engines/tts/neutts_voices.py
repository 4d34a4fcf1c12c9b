"""NeuTTS Air's voices and settings, and which of its files are there (light to import)."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from vocasync.engines.base import EngineConfig, SettingSpec, StockVoice
from vocasync.weights import store

LANGUAGES = frozenset({"en"})

SETTINGS = (
    SettingSpec(
        "temperature",
        "Liveliness",
        0.5,
        1.2,
        1.0,
        "How freely the sound is chosen: lower is even and safe, higher is lively and may leave the text.",
    ),
)

CODEC = "neucodec"
"""The model, and the package, that a person's clip is turned into codes with."""

_SEXES = {"dave": "male", "jo": "female"}


def neutts_stock(config: EngineConfig) -> tuple[StockVoice, ...]:
    """The voices in the folder of the model."""
    return voices_in(store.folder("neutts-air", config.models))


def neutts_gguf_stock(config: EngineConfig) -> tuple[StockVoice, ...]:
    """The voices in the folder of its edition for llama.cpp."""
    return voices_in(store.folder("neutts-air-gguf", config.models))


def voices_in(folder: Path) -> tuple[StockVoice, ...]:
    """Every voice with both of its files: its codes, and what is said in them."""
    there = sorted(path.stem for path in (folder / "voices").glob("*.pt") if path.with_suffix(".txt").is_file())
    return tuple(StockVoice(name, name.capitalize(), _SEXES.get(name, ""), LANGUAGES) for name in there)


def encodes(config: EngineConfig) -> bool:
    """Whether a person's clip can be turned into codes here."""
    return find_spec(CODEC) is not None and not store.missing(CODEC, config.models)
