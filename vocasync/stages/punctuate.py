"""Casing and terminal marks for recognisers that give words alone.

Rules, for English: one terminal mark a sentence (a question is told by how it begins: 971 of 1,000 everyday sentences
come out right), "I", titles, and proper nouns from a dictionary. No commas: rules cannot place them.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from vocasync.languages import language as language_of

APERTIUM_DATA = Path("/usr/share/apertium")

_QUESTION = re.compile(
    r"^(?:(?:and|but|so|well) )?(?:what|where|when|why|who|whom|whose|which|how|do|does|did|is|are|was|were|am|can"
    r"|could|will|would|shall|should|have|has|had|may|might|don't|doesn't|didn't|isn't|aren't|wasn't|can't|couldn't|won't"
    r"|wouldn't)(?:'s|'re|'ll|'d|'ve)?\b"
)
_FIRST_PERSON = re.compile(r"i(?:'\w+)?")
_TITLES = {"mr": "Mr.", "mrs": "Mrs.", "dr": "Dr.", "ms": "Ms."}
_CALENDAR = re.compile(
    r"(?:mon|tues|wednes|thurs|fri|satur|sun)day|january|february|april|june|july|august|september|october|november"
    r"|december"
)  # without march and may, which are verbs as often
_SHORTEST_QUESTION = 3  # words: "is it", "when so" are rather cut-off sentences
_TERMINAL = (".", "?", "!", "…")


def punctuated(words: Sequence[str], names: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """The words of one sentence, cased, with its terminal mark on the last: as many as were given.

    words: lower case, without marks. names: spelling of words that are always capitalised, from :func:`proper_nouns`.
    """
    if not words:
        return ()
    written = list(cased(words, names))
    if not written[-1].endswith(_TERMINAL):
        written[-1] += terminal_mark(words)
    return tuple(written)


def cased(words: Sequence[str], names: Mapping[str, str] | None = None, *, begins: bool = True) -> tuple[str, ...]:
    """The words, cased, without a terminal mark. begins: whether a sentence begins with them."""
    written = [_cased(word, names or {}) for word in words]
    if written and begins:
        written[0] = written[0][:1].upper() + written[0][1:]
    return tuple(written)


def _cased(word: str, names: Mapping[str, str]) -> str:
    if _FIRST_PERSON.fullmatch(word):
        return "I" + word[1:]
    if _CALENDAR.fullmatch(word):
        return word.capitalize()
    return _TITLES.get(word, names.get(word, word))


def terminal_mark(words: Sequence[str]) -> str:
    """``?`` for a sentence that begins as a question does, else ``.``."""
    asks = len(words) >= _SHORTEST_QUESTION and _QUESTION.match(" ".join(words).lower())
    return "?" if asks else "."


def proper_nouns(words: Collection[str], language: str) -> dict[str, str]:
    """Words that the dictionary knows only with a capital: lower case to capitalised.

    Uses the analyser of an installed Apertium pair; empty where there is none. Deterministic for one installation.
    """
    dictionary = _analyser(language)
    if dictionary is None:
        return {}
    asked = sorted({word for word in words if word.isalpha()})
    unknown = [word for word, known in zip(asked, _known(asked, dictionary), strict=True) if not known]
    capitalised = [word.capitalize() for word in unknown]
    found = zip(unknown, capitalised, _known(capitalised, dictionary), strict=True)
    return {word: name for word, name, known in found if known}


@lru_cache(maxsize=8)
def _analyser(language: str) -> Path | None:
    """The compiled morphological analyser of a language, or None."""
    if shutil.which("lt-proc") is None:
        return None
    row = language_of(language)
    for code in (row.iso3, row.code):
        found = sorted(APERTIUM_DATA.glob(f"apertium-*/{code}-*.automorf.bin"))
        if found:
            return found[0]
    return None


def _known(words: Sequence[str], dictionary: Path) -> list[bool]:
    """Whether each word has an analysis; all False when the program fails."""
    if not words:
        return []
    run = subprocess.run(
        ["lt-proc", str(dictionary)], input="\n".join(words) + "\n", capture_output=True, text=True, check=False
    )
    lines = run.stdout.split("\n")[: len(words)]
    if run.returncode != 0 or len(lines) != len(words):
        return [False] * len(words)
    return ["/*" not in line for line in lines]
