"""From words that are still being heard to clauses that can be translated.

A recogniser's partial results change at their end. What consecutive ones agree on is steady (LocalAgreement-2), and of
that a clause is taken as soon as there is a good place to end it. What was taken is found again in later results, by
words and times, so that nothing is said twice or left out whatever becomes of it there.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from vocasync.stages.sentences import ends_clause, ends_sentence, span
from vocasync.stages.words import UNSPACED, words_of
from vocasync.types import Word

FEWEST_WORDS, MOST_WORDS = 3, 14
SHORTEST, LONGEST = 1.2, 6.0
"""Seconds of a clause: below it waits for more, beyond it ends at the best place there is."""

_FILE = Path(__file__).with_name("clauses.json")
_CHARACTERS = 2  # of a language without spaces, which count as a word

_AGREEING = 2  # consecutive results that have a word
_STEADY = 0.15  # seconds of sound over which they have it

_BEHIND = 0.25  # seconds by which the last word that is heard may end before speech does

_KEPT = 12  # words that were taken and may have to be found again

# How good a place is. A clause is content with less the fuller it is.
_SENTENCE, _PAUSE, _MARK, _OPENER, _BREATH, _GAP, _BOUND = 4.0, 3.0, 2.5, 2.0, 1.5, 0.5, -2.0
_GROWING = -3.0  # after a word that nothing follows yet: it may become another
_PAUSE_SECONDS, _BREATH_SECONDS, _GAP_SECONDS = 0.25, 0.12, 0.04
_PICKY = 2.0  # what a clause wants of a place up to half of its greatest length
_HALF, _FULL = 0.5, 0.85
_FRESH = 0.3  # seconds after which a place is worth less, by so much a second: what follows may end as soon
_STALE = 12.0
_OVERFULL = 1.3  # up to which the last clause of an utterance may go, rather than leave a scrap

# Seconds of silence that make a pause: from after a scrap to after a clause that is long enough.
_LONG_PAUSE, _SHORT_PAUSE, _SHORTEST_PAUSE = 0.25, 0.155, 0.125
_COMPLETE_WORDS, _COMPLETE_SECONDS = 8, 3.0
_INCOMPLETE = 0.1  # more after a word that wants another


@dataclass(frozen=True, slots=True)
class Grammar:
    """Words of a language, in lower case. openers: may begin a clause. bound: want another word after them."""

    openers: frozenset[str] = frozenset()
    bound: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Cut:
    """Words that are a clause. ends: whether an utterance ends with it."""

    words: tuple[Word, ...]
    ends: bool


@cache
def grammars() -> dict[str, Grammar]:
    """By language code."""
    rows = json.loads(_FILE.read_text(encoding="utf-8"))
    return {
        code: Grammar(frozenset(row["openers"].split()), frozenset(row["bound"].split())) for code, row in rows.items()
    }


def grammar_of(language: str) -> Grammar:
    """That of a language such as ``en`` or ``en-US``; an empty one where it is not known."""
    return grammars().get(language.split("-")[0], Grammar())


def silence_wanted(words: Sequence[Word], language: str) -> float:
    """Seconds of silence after these words that make a pause: fewer the longer and the more complete they are."""
    if not words or _is_scrap(words, language):
        return _LONG_PAUSE
    if ends_sentence(words[-1].text):
        return _SHORTEST_PAUSE
    whole = min(1.0, _count(words, language) / _COMPLETE_WORDS, span(words) / _COMPLETE_SECONDS)
    wanted = _SHORT_PAUSE + (_SHORTEST_PAUSE - _SHORT_PAUSE) * whole
    return wanted + (_INCOMPLETE if _plain(words[-1]) in grammar_of(language).bound else 0.0)


def cut_place(words: Sequence[Word], steady: int, language: str, now: float | None = None) -> int:
    """After how many of the words a clause may end, 0 for nowhere yet.

    steady: how many, from the first, will not change. now: seconds that have been heard, None where nobody waits. The
    word after a clause's last has been heard, if not steadily,
    unless a sentence ends with it.
    """
    places = [count for count in range(1, min(steady, len(words)) + 1) if not _is_scrap(words[:count], language)]
    worths = {count: _worth(words, count, language) - _staleness(words[count - 1], now) for count in places}
    for count, worth in worths.items():
        if worth >= _demand(_fullness(words[:count], language)):
            return count
    if worths and _fullness(words[: places[-1]], language) >= 1:
        return max(places, key=lambda count: (worths[count], count))
    return 0


def _is_scrap(words: Sequence[Word], language: str) -> bool:
    return _count(words, language) < FEWEST_WORDS or span(words) < SHORTEST


def _count(words: Sequence[Word], language: str) -> float:
    return len(words) / _CHARACTERS if language in UNSPACED else len(words)


def _fullness(words: Sequence[Word], language: str) -> float:
    """How long a clause is, of the longest that there may be."""
    return max(_count(words, language) / MOST_WORDS, span(words) / LONGEST)


def _demand(fullness: float) -> float:
    """What a place must be worth."""
    return _PICKY * min(1.0, (_FULL - fullness) / (_FULL - _HALF)) if fullness < _FULL else 0.0


def _worth(words: Sequence[Word], count: int, language: str) -> float:
    last = words[count - 1]
    if ends_sentence(last.text):
        return _SENTENCE
    if count == len(words):
        return _GROWING
    grammar = grammar_of(language)
    worth = max(_mark_worth(last), _gap_worth(words[count].start - last.end))
    if _plain(words[count]) in grammar.openers:
        worth = max(worth, _OPENER)
    return worth + (_BOUND if _plain(last) in grammar.bound else 0.0)


def _staleness(last: Word, now: float | None) -> float:
    return _STALE * max(0.0, now - last.end - _FRESH) if now is not None else 0.0


def _mark_worth(word: Word) -> float:
    return _MARK if ends_clause(word.text) else 0.0


def _gap_worth(gap: float) -> float:
    steps = ((_PAUSE_SECONDS, _PAUSE), (_BREATH_SECONDS, _BREATH), (_GAP_SECONDS, _GAP))
    return next((worth for seconds, worth in steps if gap >= seconds), 0.0)


def _plain(word: Word) -> str:
    return _plain_text(word.text)


@lru_cache(maxsize=4096)
def _plain_text(text: str) -> str:
    return " ".join(words_of(text))


class Agreement:
    """What a recogniser's partial results agree on, and what of it was taken."""

    def __init__(self) -> None:
        self._taken: list[Word] = []
        self._pending: list[_Seen] = []
        self._now = 0.0

    @property
    def pending(self) -> tuple[Word, ...]:
        """Words that were heard and not taken, as they are in the last result."""
        return tuple(seen.word for seen in self._pending)

    @property
    def steady(self) -> int:
        """How many of them, from the first, will hardly change."""
        kept = (seen.times < _AGREEING or self._now - seen.since < _STEADY for seen in self._pending)
        return next((number for number, changes in enumerate(kept) if changes), len(self._pending))

    def hear(self, words: Sequence[Word], now: float) -> None:
        """A partial result: all words since the last final one.

        now: seconds of sound that the recogniser has heard.
        """
        fresh = words[place_after(self._taken, words) :]
        before, agree = self._pending, True
        self._pending, self._now = [], now
        for number, word in enumerate(fresh):
            agree = agree and number < len(before) and before[number].word.text.casefold() == word.text.casefold()
            seen = before[number] if agree else _Seen(word, now, 0)
            self._pending.append(_Seen(word, seen.since, seen.times + 1))

    def take(self, count: int) -> None:
        """The first so many of :attr:`pending` are taken."""
        self._taken = [*self._taken, *(seen.word for seen in self._pending[:count])][-_KEPT:]
        del self._pending[:count]

    def settle(self, words: Sequence[Word], end: float) -> tuple[Word, ...]:
        """A final result, up to ``end`` seconds: its words that were not taken before."""
        fresh = tuple(words[place_after(self._taken, words) :])
        last = max([end, *(word.end for word in words)])
        self._taken = [word for word in self._taken if _middle(word) > last]
        self._pending = [seen for seen in self._pending if _middle(seen.word) > last]
        return fresh

    def forget(self) -> None:
        """What comes begins anew."""
        self._taken, self._pending = [], []


@dataclass(frozen=True, slots=True)
class _Seen:
    """A word of a partial result. since: seconds at which it was first there; times: results that had it."""

    word: Word
    since: float
    times: int


_LEFT_OUT = 0.7  # what it costs that a word is missing in one of the two, where another word in its place costs 1
_OVERLAP = 0.6  # how much less that is for words that were heard at the same time
_FAR = 0.4  # and how much more anything is for words heard a second or more apart
_AROUND = 1.5  # seconds within which a word may have moved
_SAME = 0.3  # within which it is taken for the same without looking further


def place_after(taken: Sequence[Word], words: Sequence[Word]) -> int:
    """How many of ``words``, a later result, are what ``taken`` was: the words that both have, or others instead.

    ``taken`` may lack the result's beginning, and may go beyond its end.
    """
    if not taken:
        return 0
    same = _unchanged(taken, words)
    if same:
        return same
    first = next((n for n, word in enumerate(words) if word.end > taken[0].start - _AROUND), len(words))
    window = [word for word in words[first:] if word.start < taken[-1].end + _AROUND]
    return first + _aligned(taken, window)


def _unchanged(taken: Sequence[Word], words: Sequence[Word]) -> int:
    """Where the taken words are, word by word and at the same times; 0 where they are not."""
    for count in range(len(words), len(taken) - 1, -1):
        if all(_is_same(*pair) for pair in zip(taken, words[count - len(taken) : count], strict=True)):
            return count
    return 0


def _is_same(one: Word, other: Word) -> bool:
    return abs(one.end - other.end) < _SAME and _plain(one) == _plain(other)


def _aligned(taken: Sequence[Word], window: Sequence[Word]) -> int:
    """Edit distance with times: after which word of the window all taken ones are best accounted for."""
    row = [0.0 if word.end <= taken[0].start else _LEFT_OUT for word in window]
    costs = [sum(row[:number]) for number in range(len(row) + 1)]
    for word in taken:
        before, costs = costs, [costs[0] + _LEFT_OUT]
        for number, other in enumerate(window, 1):
            changed = before[number - 1] + _difference(word, other)
            costs.append(min(changed, before[number] + _LEFT_OUT, costs[-1] + _LEFT_OUT))
    end = taken[-1].end
    count = min(range(len(costs)), key=lambda n: (costs[n], abs((window[n - 1].end if n else 0.0) - end)))
    if count and _plain(window[count - 1]) == _plain(taken[-1]):
        return count
    # Where the last word has become others, all those are it that were heard when it was.
    return max(count, next((n for n, word in enumerate(window) if _middle(word) > end), len(window)))


def _difference(one: Word, other: Word) -> float:
    apart = _FAR * min(1.0, abs(_middle(one) - _middle(other)))
    if _plain(one) == _plain(other):
        return apart
    common = min(one.end, other.end) - max(one.start, other.start)
    shorter = max(min(one.end - one.start, other.end - other.start), 0.01)
    return 1.0 + apart - _OVERLAP * min(1.0, max(0.0, common / shorter))


def _middle(word: Word) -> float:
    return (word.start + word.end) / 2


class Clauses:
    """Clauses of one stream, out of partial and final results."""

    def __init__(self, language: str) -> None:
        self.language = language
        """That is spoken; may be said once it is known."""
        self._agreement = Agreement()
        self._held: list[Word] = []  # final, and in no clause yet

    @property
    def pending(self) -> tuple[Word, ...]:
        """Words that are in no clause yet."""
        return (*self._held, *self._agreement.pending)

    def partial(self, words: Sequence[Word], now: float) -> list[Cut]:
        """What is heard so far, up to ``now`` seconds of sound: all words since the last final result."""
        self._agreement.hear(words, now)
        cuts: list[Cut] = []
        while cut := self._next(len(self._held) + self._agreement.steady, now):
            cuts.append(cut)
        return cuts

    def rest(self, since: float) -> list[Cut]:
        """Nobody speaks since so many seconds: what is pending ends an utterance, without waiting for its final
        result. () where the partial results have not got that far yet, or still change."""
        pending = self._agreement.pending
        if not pending or pending[-1].end < since - _BEHIND or self._agreement.steady < len(pending):
            return []
        self._held += pending
        self._agreement.take(len(pending))
        return self._ended()

    def final(self, words: Sequence[Word], end: float, *, ends: bool) -> list[Cut]:
        """What will not change any more, up to ``end`` seconds. ends: whether an utterance ends with it."""
        self._held += self._agreement.settle(words, end)
        if ends:
            return self._ended()
        cuts: list[Cut] = []
        while cut := self._next(len(self._held)):
            cuts.append(cut)
        return cuts

    def _ended(self) -> list[Cut]:
        """What is held, an utterance's end, as clauses."""
        cuts: list[Cut] = []
        while self._held and not self._is_last() and (cut := self._next(len(self._held))):
            cuts.append(cut)
        return cuts + self.flush()

    def _is_last(self) -> bool:
        """Whether what is held would leave nothing, or but a scrap, if it were cut once more."""
        place = cut_place(self._held, len(self._held), self.language)
        rest = self._held[place:]
        scrap = _is_scrap(rest, self.language) and _fullness(self._held, self.language) < _OVERFULL
        return scrap or not rest

    def flush(self) -> list[Cut]:
        """The utterance has ended: what is final and was held back for more words."""
        words, self._held = tuple(self._held), []
        return [Cut(words, True)] if words else []

    def forget(self) -> None:
        """What the recogniser says from now on has nothing to do with its partial results up to here."""
        self._agreement.forget()

    def _next(self, steady: int, now: float | None = None) -> Cut | None:
        """The first clause of what is pending, of which so many words are steady; it is taken."""
        count = cut_place(self.pending, steady, self.language, now)
        if not count:
            return None
        cut = Cut(self.pending[:count], False)
        self._agreement.take(max(0, count - len(self._held)))
        del self._held[:count]
        return cut
