"""Words of any script, and how far what was heard is from what was to be said."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

UNSPACED = frozenset({"zh", "ja"})
"""Languages written without spaces: there a character counts as a word."""


def words_of(text: str, language: str = "") -> list[str]:
    """The words, in lower case and without marks; digits one by one, as they may be grouped in many ways."""
    plain = unicodedata.normalize("NFKC", text).casefold().replace("’", "'")
    spaced = "".join(_kept(char, language) for char in plain)
    return [word for part in spaced.split() if (word := part.strip("'"))]


def _kept(char: str, language: str) -> str:
    if char.isdigit() or (language in UNSPACED and char.isalpha()):
        return f" {char} "
    # Marks belong to the letters of many scripts, which \\w does not know.
    return char if char == "'" or unicodedata.category(char)[0] in "LMN" else " "


def word_distance(wanted: str, heard: str, language: str = "") -> float:
    """Word error rate: words to change, put in or take out, for each word of ``wanted``; 0 when all are the same."""
    target, found = words_of(wanted, language), words_of(heard, language)
    return edits(target, found) / max(1, len(target))


def edits(one: Sequence[str], other: Sequence[str]) -> int:
    """Levenshtein's distance."""
    row = list(range(len(other) + 1))
    for number, word in enumerate(one, 1):
        before, row[0] = row[0], number
        for place, heard in enumerate(other, 1):
            before, row[place] = row[place], min(before + (word != heard), row[place] + 1, row[place - 1] + 1)
    return row[-1]
