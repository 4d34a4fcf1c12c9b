"""Which languages the installed Apertium packages join, and through which modes. Light: reads file names only."""

from __future__ import annotations

import re
import shutil
from functools import lru_cache
from pathlib import Path

from vocasync.languages import LANGUAGES

Pair = tuple[str, str]

PIVOTS: dict[Pair, tuple[str, ...]] = {("en", code): ("ca", "es") for code in ("pt", "fr", "it")}
"""Pairs worth joining through a third language, best first. On 1,000 Tatoeba sentences Catalan beats Spanish by 0.5 to
0.8 chrF into French and Italian, and both stay within 4 points of the direct pairs."""

_MODE = re.compile(r"([a-z]{2,3})-([a-z]{2,3})(_BR)?")
_CODES = {**{code: code for code in LANGUAGES}, **{row.iso3: code for code, row in LANGUAGES.items()}}


def modes_folder() -> Path:
    """Where the installed Apertium keeps its ``.mode`` files: ``share/apertium/modes`` beside its ``bin``."""
    program = shutil.which("apertium") or "/usr/bin/apertium"
    return Path(program).parent.parent / "share" / "apertium" / "modes"


def apertium_pairs(folder: Path | None = None) -> frozenset[Pair]:
    """Every (source, target) that :func:`route` has a way for.

    Only languages of :mod:`vocasync.languages` count: pairs such as English to Serbo-Croatian, whose output is
    unusable (1.8 BLEU), are never offered.
    """
    direct = installed(folder or modes_folder())
    return frozenset(direct) | {pair for pair in PIVOTS if _through(direct, *pair)}


def route(source: str, target: str, folder: Path | None = None) -> tuple[str, ...]:
    """Names of the modes to run one after the other; empty when there is no way."""
    direct = installed(folder or modes_folder())
    mode = direct.get((source, target))
    return (mode,) if mode else _through(direct, source, target)


def installed(folder: Path) -> dict[Pair, str]:
    """Mode by language pair, as far as both are known languages; noticed anew when the folder changes."""
    try:
        return _read(folder, folder.stat().st_mtime_ns)
    except FileNotFoundError:
        return {}


@lru_cache(maxsize=4)
def _read(folder: Path, _changed: int) -> dict[Pair, str]:
    found: dict[Pair, str] = {}
    for path in sorted(folder.glob("*.mode")):  # "cat-por" sorts before "cat-por_BR", which then takes its place:
        match = _MODE.fullmatch(path.stem)  # the Portuguese voice is Brazilian, so its text should be
        if match and match[1] in _CODES and match[2] in _CODES:
            found[_CODES[match[1]], _CODES[match[2]]] = path.stem
    return found


def _through(direct: dict[Pair, str], source: str, target: str) -> tuple[str, ...]:
    for pivot in PIVOTS.get((source, target), ()):
        if (source, pivot) in direct and (pivot, target) in direct:
            return direct[source, pivot], direct[pivot, target]
    return ()
