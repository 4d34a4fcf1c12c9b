"""Bark's voices and settings, and where each voice's files lie (light to import)."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from vocasync.engines.base import EngineConfig, SettingSpec, StockVoice
from vocasync.languages import LANGUAGES
from vocasync.weights import store

RATES = {
    "de": 13.0,
    "en": 14.0,
    "es": 14.0,
    "fr": 15.0,
    "hi": 11.0,
    "it": 13.0,
    "ja": 5.0,
    "ko": 5.5,
    "pl": 12.0,
    "pt": 13.0,
    "ru": 13.0,
    "tr": 11.0,
    "zh": 3.5,
}
"""Bark's languages, and how many characters of each are spoken in a second: three quarters of what eSpeak NG says at
its own rate, which is a third faster than people read."""

LANGUAGE_CODES = frozenset(RATES)

NAMED = {
    "english-male-1": "v2/en_speaker_1",
    "english-male-2": "v2/en_speaker_2",
    "english-female": "v2/en_speaker_9",
    "hindi-male-1": "v2/hi_speaker_2",
    "hindi-male-2": "v2/hi_speaker_5",
    "hindi-female-1": "v2/hi_speaker_0",
    "hindi-female-2": "v2/hi_speaker_4",
}
"""Names that say who speaks, of seven presets."""

_FEMALE = {
    "de": "38",
    "en": "9",
    "es": "89",
    "fr": "125",
    "hi": "01349",
    "it": "279",
    "ja": "01345789",
    "ko": "0",
    "pl": "469",
    "ru": "569",
    "tr": "45",
    "zh": "4679",
}
"""Numbers of the women's voices, as Suno's own list of them has it; the others are men's."""

_DEFAULTS = {"en": "english-male-1", "hi": "hindi-male-1"}

SETTINGS = (
    SettingSpec(
        "semantic_temperature",
        "Liveliness",
        0.3,
        1.0,
        0.7,
        "How freely words and melody are chosen: lower is even and safe, higher is lively and may leave the text.",
    ),
    SettingSpec(
        "coarse_temperature",
        "Variation of sound",
        0.3,
        1.0,
        0.7,
        "How freely the sound of the voice varies: lower is steadier, higher more natural and less certain.",
    ),
)


def preset_of(name: str) -> str:
    """The preset of a stock voice's name: of one of the seven, or of a preset itself."""
    return NAMED.get(name, name)


def default_of(code: str) -> str:
    """Who speaks a language when nobody was chosen. Always somebody: without a preset every line has another voice."""
    return _DEFAULTS.get(code, f"v2/{code}_speaker_0")


@cache
def presets_of(code: str) -> tuple[str, ...]:
    """The ten presets of a language."""
    return tuple(f"v2/{code}_speaker_{number}" for number in range(10))


@cache
def known() -> tuple[StockVoice, ...]:
    """The seven named voices, then all 130 presets, which the seven are among."""
    named = (StockVoice(name, _label(name), *_of_preset(preset), same=preset) for name, preset in NAMED.items())
    presets = (
        StockVoice(preset, f"{LANGUAGES[code].name} {preset[-1]} ({preset})", *_of_preset(preset))
        for code in sorted(LANGUAGE_CODES)
        for preset in presets_of(code)
    )
    return (*named, *presets)


def bark_stock(config: EngineConfig) -> tuple[StockVoice, ...]:
    """Those of Bark's voices whose files are there."""
    return _there("bark", config)


def bark_small_stock(config: EngineConfig) -> tuple[StockVoice, ...]:
    """Those of its small edition whose files are there."""
    return _there("bark-small", config)


def prompt_path(folder: Path, preset: str, prompt: str) -> Path:
    """Where a preset's numbers lie in a model's folder. prompt: ``fine_prompt``, for instance."""
    return folder / "speaker_embeddings" / f"{preset}_{prompt}.npy"


def _there(name: str, config: EngineConfig) -> tuple[StockVoice, ...]:
    folder = store.folder(name, config.models)
    return tuple(voice for voice in known() if prompt_path(folder, preset_of(voice.name), "fine_prompt").is_file())


def _label(name: str) -> str:
    return name.replace("-", " ").capitalize()


def _of_preset(preset: str) -> tuple[str, frozenset[str]]:
    """The sex and the language of a preset's voice."""
    code = preset.removeprefix("v2/")[:2]
    return "female" if preset[-1] in _FEMALE.get(code, "") else "male", frozenset({code})
