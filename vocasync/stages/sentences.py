"""Words in time to sentence-like units: what is translated and spoken as one."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from vocasync.stages.words import UNSPACED
from vocasync.types import Segment, Word

MAX_SECONDS = 15.0
"""Longest unit, in seconds: what a person can still take in, and a voice engine still say evenly."""

_SENTENCE_END = re.compile(r"[.!?…。！？؟۔।॥]+[\"'”’»)\]]*$")
_CLAUSE_END = re.compile(r"[,;:—–،؛，、；：]+[\"'”’»)\]]*$")
_ABBREVIATION = re.compile(
    r"^(?:[A-Za-z]\.)+$|^(?:mr|mrs|ms|dr|prof|st|sr|jr|vs|etc|no|mt|fig|gen|col|lt|sra|dra|señor)\.$", re.I
)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a unit may be at most. chars: characters of text. seconds: duration."""

    chars: int
    seconds: float = MAX_SECONDS


def ends_sentence(text: str) -> bool:
    """Whether the text ends in a terminal mark that is not an abbreviation's or an initial's."""
    last = text.rsplit(maxsplit=1)[-1:]
    return bool(last) and bool(_SENTENCE_END.search(last[0])) and not _ABBREVIATION.match(last[0])


def ends_clause(text: str) -> bool:
    """Whether the text ends in a comma, colon or dash."""
    return bool(_CLAUSE_END.search(text))


def joined(words: Sequence[Word], language: str) -> str:
    """The words as running text."""
    return ("" if language in UNSPACED else " ").join(word.text for word in words)


def group(words: Sequence[Word], cut: Callable[[Sequence[Word], Word], bool]) -> list[list[Word]]:
    """Words in order, put into groups: a new one starts where ``cut(group so far, next word)`` says so."""
    groups: list[list[Word]] = []
    for word in words:
        if groups and not cut(groups[-1], word):
            groups[-1].append(word)
        else:
            groups.append([word])
    return groups


def span(words: Sequence[Word]) -> float:
    """Seconds from the first word's start to the last one's end."""
    return words[-1].end - words[0].start


def split_long(words: Sequence[Word], limits: Limits, language: str) -> list[list[Word]]:
    """The words in pieces that keep within ``limits``: cut at sentence marks, else clause marks and pauses, else gaps.

    A single word over the limit of characters is cut itself.
    """
    if len(joined(words, language)) <= limits.chars and span(words) <= limits.seconds:
        return [list(words)]
    if len(words) == 1:
        return _cut_word(words[0], limits)
    cut = max(range(1, len(words)), key=lambda index: _worth(words, index))
    return split_long(words[:cut], limits, language) + split_long(words[cut:], limits, language)


def _worth(words: Sequence[Word], index: int) -> float:
    """How good a place the gap before ``words[index]`` is to cut; a cut near an end is worth less."""
    last, following = words[index - 1], words[index]
    place = 0.1 + 2 * min(max(following.start - last.end, 0.0), 1.0)
    if ends_sentence(last.text):
        place += 3
    elif ends_clause(last.text):
        place += 1
    share = min(index, len(words) - index) / len(words)
    return place * float(share**0.5)


def _cut_word(word: Word, limits: Limits) -> list[list[Word]]:
    """One over-long word (text without spaces) cut by characters, its time shared out evenly."""
    if len(word.text) <= limits.chars:  # too long in time alone: a word drawn out is left whole
        return [[word]]
    texts = [word.text[first : first + limits.chars] for first in range(0, len(word.text), limits.chars)]
    return [[piece] for piece in spread(texts, word.start, word.end, word.confidence)]


def spread(texts: Sequence[str], start: float, end: float, confidence: float | None = None) -> tuple[Word, ...]:
    """Texts as words over a stretch of time, each as long as its share of the characters."""
    total = sum(len(text) for text in texts) or 1
    words: list[Word] = []
    done = 0
    for text in texts:
        first, done = done, done + len(text)
        begin, stop = (start + (end - start) * at / total for at in (first, done))
        words.append(Word(text, round(begin, 3), round(stop, 3), confidence))
    return tuple(words)


def moved(segment: Segment, offset: float) -> Segment:
    """The segment and its words, ``offset`` seconds later."""
    words = tuple(
        replace(word, start=round(word.start + offset, 3), end=round(word.end + offset, 3)) for word in segment.words
    )
    return replace(segment, start=round(segment.start + offset, 3), end=round(segment.end + offset, 3), words=words)
