"""A person's own glossary: how words are to be translated, whatever a translator makes of them otherwise."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from vocasync.engines.translate.keeping import bare, keep
from vocasync.errors import PipelineError

MOST_TERMS = 1_000
TERM_CHARS = 200
LINE_CHARS = 1_000
"""With quotes and spaces."""
_SPACELESS = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]"
)
"""Scripts in which words run together, or take endings as Korean ones do."""


@dataclass(frozen=True, slots=True)
class Term:
    """Words of the source language, and what stands for them in the target language."""

    source: str
    target: str


def parse(text: str) -> tuple[Term, ...]:
    """The terms of a glossary: one a line as ``word = translation``, or the rows of a CSV or TSV file; a line with one
    word alone says that it stays as it is. Empty lines and lines that begin with ``#`` say nothing.

    Raises ``glossary_line``, ``glossary_twice`` and ``glossary_long``.
    """
    terms: dict[str, Term] = {}
    for number, line in enumerate(text.lstrip("\ufeff").splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        term = _term(line, number)
        if terms.setdefault(term.source.casefold(), term) != term:
            raise PipelineError("glossary_twice", term=term.source, line=number)
    if len(terms) > MOST_TERMS:
        raise PipelineError("glossary_long", count=len(terms), limit=MOST_TERMS)
    return tuple(terms.values())


def _term(line: str, number: int) -> Term:
    cells = [bare(" ".join(cell.split())) for cell in _cells(line)] if len(line) < LINE_CHARS else []
    cells = cells * 2 if len(cells) == 1 else cells
    if len(cells) != 2 or not all(cells) or max(map(len, cells)) > TERM_CHARS:
        raise PipelineError("glossary_line", line=number, limit=TERM_CHARS)
    return Term(*cells)


def _cells(line: str) -> list[str]:
    for sign in ("\t", "="):
        if sign in line:
            return line.split(sign)
    return next(csv.reader([line], skipinitialspace=True))


def put_in(terms: Sequence[Term], text: str) -> str:
    """The text with the translations of the terms in it, marked to be kept by whoever translates the rest.

    Whole words only, whatever their case; the longest term where several fit. In scripts whose words run together a
    term is found anywhere.
    """
    text = bare(text)
    return "".join(_replaced(_finder(tuple(terms)), text)) if terms else text


@dataclass(frozen=True, slots=True)
class _Finder:
    """begins: where some term may begin. terms: longest first."""

    begins: re.Pattern[str]
    terms: tuple[tuple[re.Pattern[str], str], ...]

    def at(self, text: str, start: int) -> tuple[int, str] | None:
        """The longest term that stands there: where it ends, and its translation."""
        for pattern, target in self.terms:
            match = pattern.match(text, start)
            if match and _whole(text, *match.span()):
                return match.end(), target
        return None


@lru_cache(maxsize=8)
def _finder(terms: tuple[Term, ...]) -> _Finder:
    longest = sorted(terms, key=lambda term: -len(term.source))
    patterns = [re.escape(term.source).replace("\\ ", r"\s+") for term in longest]
    compiled = [re.compile(pattern, re.IGNORECASE) for pattern in patterns]
    return _Finder(
        re.compile("|".join(patterns), re.IGNORECASE),
        tuple((pattern, term.target) for pattern, term in zip(compiled, longest, strict=True)),
    )


def _replaced(finder: _Finder, text: str) -> Iterator[str]:
    at = 0
    while match := finder.begins.search(text, at):
        found = finder.at(text, match.start())
        end, words = (found[0], keep(found[1])) if found else (match.start() + 1, text[match.start()])
        yield text[at : match.start()] + words
        at = end
    yield text[at:]


def _whole(text: str, start: int, end: int) -> bool:
    """Whether a word begins and ends where the match does."""
    return not (_inside(text[start - 1 : start], text[start]) or _inside(text[end - 1], text[end : end + 1]))


def _inside(before: str, after: str) -> bool:
    """Whether two neighbouring characters are of one word."""
    spaced = not _SPACELESS.match(before) and not _SPACELESS.match(after)
    return spaced and all(char != "" and unicodedata.category(char)[0] in "LMN" for char in (before, after))
