"""What people say in every video, translated by hand: a rule-based engine takes formulae word for word
("Let's get started" becomes "Dejado es empieza")."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

_TABLE = Path(__file__).with_name("phrases.tsv")
_NOT_WORDS = re.compile(r"[^\w\s']+")


def phrase(sentence: str, source: str, target: str) -> str:
    """The translation of a whole sentence that is a known formula, with the sentence's own end; "" otherwise."""
    if source != "en":
        return ""
    words = _table().get(target, {}).get(_plain(sentence), "")
    end = re.search(r"[.?!…]*$", sentence.strip())
    return words + (end[0] if end else "") if words else ""


def _plain(sentence: str) -> str:
    words = _NOT_WORDS.sub(" ", sentence.casefold().replace("’", "'"))
    return " ".join(words.split())


@lru_cache(maxsize=1)
def _table() -> dict[str, dict[str, str]]:
    """Target language to plain English formula to translation. A row's first cell holds variants, parted by ``|``."""
    header, *rows = (line.split("\t") for line in _TABLE.read_text(encoding="utf-8").splitlines())
    table: dict[str, dict[str, str]] = {code: {} for code in header[1:]}
    for variants, *cells in rows:
        for code, cell in zip(header[1:], cells, strict=True):
            table[code].update({_plain(variant): cell for variant in variants.split("|")})
    return table
