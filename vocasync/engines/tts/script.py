"""Text made fit to be spoken: without what no voice can read, and in pieces that are short enough."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

_UNSPOKEN = frozenset({"So", "Sk", "Cc", "Cf", "Cs", "Co", "Cn"})
_KEPT = frozenset(
    "°\n\t\u200c\u200d"
)  # degrees are read; the joiners belong to the spelling of Indic scripts and Persian
_REPEATED = re.compile(r"([^\w\s])\1{3,}")
_FIRST, _LONGEST = 60, 240  # characters of the first portion of a text, and of its longest
_ENDS = (
    re.compile(r"(?<=[.!?…।॥؟۔。！？])\s*"),
    re.compile(r"(?<=[,;:،؛、，；：–—])\s*"),
    re.compile(r"\s+"),
)


def clean(text: str) -> str:
    """The text without pictures, control characters and runs of signs; ``""`` when no letter or digit is left."""
    shown = "".join(char if char in _KEPT or unicodedata.category(char) not in _UNSPOKEN else " " for char in text)
    shown = _REPEATED.sub(r"\1\1\1", " ".join(shown.split()))
    return shown if any(char.isalnum() for char in shown) else ""


def pieces(text: str, most: int) -> list[str]:
    """The cleaned text in pieces of at most ``most`` characters, cut at sentences, else clauses, else words."""
    return _cut(clean(text), most, 0)


def portions(text: str, most: int) -> Iterator[str]:
    """The cleaned text in pieces of which the first is short, so that it is said soon, and each next one longer, so
    that it is ready when the ones before were heard; none longer than ``most`` characters."""
    size = _FIRST
    rest = text
    while found := pieces(rest, min(size, most)):
        yield found[0]
        rest = " ".join(found[1:])
        size = min(2 * size, _LONGEST)


def _cut(text: str, most: int, level: int) -> list[str]:
    if len(text) <= most:
        return [text] if clean(text) else []
    if level == len(_ENDS):
        return [text[first : first + most] for first in range(0, len(text), most)]
    found: list[str] = []
    for part in filter(None, _ENDS[level].split(text)):
        if found and len(found[-1]) + 1 + len(part) <= most:
            found[-1] = f"{found[-1]} {part}"
        else:
            found += _cut(part, most, level + 1)
    return found
