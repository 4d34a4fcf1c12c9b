"""The voices in eSpeak NG's bundled data: what they speak, and which may be matched (light to import).

A voice file is a list of attributes, one a line; a variant's attributes override the language's.
"""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path

from vocasync.engines.base import EngineConfig, SettingSpec, StockVoice
from vocasync.languages import LANGUAGES

STOCK = (
    StockVoice("klatt4", "Low voice 1", "male"),
    StockVoice("m6", "Low voice 2", "male"),
    StockVoice("f5", "High voice 1", "female"),
    StockVoice("f2", "High voice 2", "female"),
)
"""Variants that are offered: they stay intelligible, of the others most do not."""

BASES = tuple(voice.name for voice in STOCK)
"""Variants to match from."""

SETTINGS = (
    SettingSpec(
        "clarity",
        "Clarity",
        0.0,
        1.0,
        0.0,
        "0 stays closest to the voice, 1 is easiest to understand. Takes the place of the job's own choice between "
        "the two.",
    ),
    SettingSpec(
        "style_strength",
        "Style strength",
        0.0,
        1.0,
        1.0,
        "How much of an emotion reference this voice takes on: 1 all that the job asks for, 0 nothing.",
    ),
    SettingSpec(
        "rate",
        "Speaking rate",
        0.7,
        1.3,
        1.0,
        "How fast this voice speaks where there is time; below 1 is slower. A sentence that would not fit into its "
        "time is still spoken faster.",
    ),
)


def espeak_stock(config: EngineConfig) -> tuple[StockVoice, ...]:
    """The voices that eSpeak NG brings; they speak all its languages."""
    return STOCK if data_path() is not None else ()


@cache
def data_path() -> Path | None:
    """The folder of eSpeak NG's data, or None where the package is missing."""
    if find_spec("espeakng_loader") is None:
        return None
    import espeakng_loader

    return Path(espeakng_loader.get_data_path())


@cache
def espeak_languages() -> frozenset[str]:
    """Codes of :mod:`vocasync.languages` that the bundled data can speak: rules, dictionary and voice are there."""
    return frozenset(code for code, row in LANGUAGES.items() if row.espeak in _language_files())


@cache
def definition(voice: str) -> str:
    """The voice file of a name such as ``hi`` or ``en-us+f5``, without what changes from one utterance to the next.

    Flutter (pitch) and roughness (every other pulse weaker) go on from where the last utterance left them; the same
    request would not sound the same twice. Raises ValueError for a voice that is not there.
    """
    name, _, variant = voice.partition("+")
    data = data_path()
    base = _language_files().get(name)
    if data is None or base is None:
        raise ValueError(f"eSpeak NG has no voice “{voice}”")
    lines = base.read_text(encoding="utf-8").splitlines()
    if variant:
        path = data / "voices" / "!v" / Path(variant).name
        if not path.is_file():
            raise ValueError(f"eSpeak NG has no voice “{voice}”")
        lines += [line for line in path.read_text(encoding="utf-8").splitlines() if _attribute(line) not in _NAMES]
    return "\n".join([line for line in lines if _attribute(line) not in _DRIFTING] + ["flutter 0", "roughness 0", ""])


_NAMES = frozenset({"name", "language"})
_DRIFTING = frozenset({"flutter", "roughness"})


def _attribute(line: str) -> str:
    return line.split(maxsplit=1)[0] if line.strip() else ""


@cache
def _language_files() -> dict[str, Path]:
    """Voice files by name in lower case, of languages whose dictionary is there too."""
    data = data_path()
    if data is None:
        return {}
    files = {path.name.lower(): path for path in (data / "lang").rglob("*") if path.is_file()}
    return {name: path for name, path in files.items() if _dictionary(data, path).is_file()}


def _dictionary(data: Path, voice: Path) -> Path:
    """The dictionary that a voice file names, or else that of its language (``en-us`` reads ``en_dict``)."""
    lines = [line.split() for line in voice.read_text(encoding="utf-8").splitlines()]
    named = [line[1] for line in lines if len(line) > 1 and line[0] == "dictionary"]
    spoken = [line[1] for line in lines if len(line) > 1 and line[0] == "language"]
    return data / f"{(named or spoken or [voice.name])[0].split('-')[0]}_dict"
