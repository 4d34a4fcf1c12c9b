"""A reading beside its sentence: which words were heard."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from difflib import SequenceMatcher

SAME, MISSING, EXTRA = "same", "missing", "extra"


@dataclass(frozen=True, slots=True)
class Mark:
    """A word. kind: ``same`` (of the sentence, and heard), ``missing`` (not heard), ``extra`` (heard, not of it)."""

    text: str
    kind: str


def compared(sentence: str, heard: str) -> list[Mark]:
    """The words of both in order; signs and letter case count for nothing."""
    wanted, found = _words(sentence), _words(heard)
    marks: list[Mark] = []
    matcher = SequenceMatcher(None, [_plain(word) for word in wanted], [_plain(word) for word in found], autojunk=False)
    for tag, first, last, start, end in matcher.get_opcodes():
        if tag == "equal":
            marks += [Mark(word, SAME) for word in wanted[first:last]]
        else:
            marks += [Mark(word, MISSING) for word in wanted[first:last]]
            marks += [Mark(word, EXTRA) for word in found[start:end]]
    return marks


def _words(text: str) -> list[str]:
    bare = (
        word.strip("".join(sign for sign in word if unicodedata.category(sign)[0] in "PS")) for word in text.split()
    )
    return [word for word in bare if word]


def _plain(word: str) -> str:
    return unicodedata.normalize("NFKC", word).casefold().replace("’", "'")
