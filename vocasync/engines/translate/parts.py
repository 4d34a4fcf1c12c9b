"""Texts in portions that a service takes: several short ones together, a long one in parts."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Sequence

from vocasync.engines.translate.apertium_text import sentences

Size = Callable[[str], int]


def one_line(text: str) -> str:
    """The text on one line, without control characters, which no service's XML or JSON has room for."""
    return "".join(char for char in " ".join(text.split()) if unicodedata.category(char) != "Cc")


def groups(texts: Sequence[str], most: int, room: int, size: Size = len) -> Iterator[list[str]]:
    """Neighbours in groups of ``most`` texts and ``room`` at most, as ``size`` measures; an over-long text is a group
    of its own."""
    group: list[str] = []
    taken = 0
    for text in texts:
        length = size(text)
        if group and (len(group) == most or taken + length > room):
            yield group
            group, taken = [], 0
        group.append(text)
        taken += length
    if group:
        yield group


def parts(text: str, room: int, size: Size = len) -> list[str]:
    """The text in parts of ``room`` at most: at sentences, at words where a sentence alone is too long."""
    if size(text) <= room:
        return [text] if text else []
    units = sentences(text)
    units = units if len(units) > 1 else text.split()
    if len(units) < 2:
        half = len(text) // 2
        return parts(text[:half], room, size) + parts(text[half:], room, size)
    joined = [" ".join(group) for group in groups(units, len(units), room, lambda unit: size(unit) + 1)]
    return [part for one in joined for part in parts(one, room, size)]
