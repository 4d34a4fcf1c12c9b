"""A reading beside its sentence: which words were heard."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher

from vocasync.stages.words import words_of

SAME, MISSING, EXTRA = "same", "missing", "extra"


@dataclass(frozen=True, slots=True)
class Mark:
    """A word. kind: ``same`` (of the sentence, and heard), ``missing`` (not heard), ``extra`` (heard, not of it)."""

    text: str
    kind: str


def compared(sentence: str, heard: str, language: str) -> list[Mark]:
    """The words of both in order, as they are compared: signs and letter case count for nothing."""
    wanted, found = words_of(sentence, language), words_of(heard, language)
    marks: list[Mark] = []
    for tag, first, last, start, end in SequenceMatcher(None, wanted, found, autojunk=False).get_opcodes():
        if tag == "equal":
            marks += [Mark(word, SAME) for word in wanted[first:last]]
        else:
            marks += [Mark(word, MISSING) for word in wanted[first:last]]
            marks += [Mark(word, EXTRA) for word in found[start:end]]
    return marks
