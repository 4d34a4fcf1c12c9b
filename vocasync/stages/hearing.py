"""From a stream of sound to clauses: where somebody speaks, what they say, and where a clause may end."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vocasync.engines.base import StreamingRecognizer
from vocasync.stages.activity import FRAME_SECONDS, Activity, Block
from vocasync.stages.clauses import Clauses, Cut, silence_wanted
from vocasync.stages.sentences import joined
from vocasync.stages.spelling import Spelling
from vocasync.stages.streamed import Heard, Streamed
from vocasync.types import ANALYSIS_RATE, FloatArray, Word, mean_confidence

REMEMBERED = 30.0
"""Seconds of sound that :meth:`Hearing.sound` gives back."""

_ONSET = 0.096  # seconds of speech without a break that begin an utterance
_BEFORE = 0.3  # seconds before them that are heard as well
_TOGETHER = 2  # blocks that the recogniser is given at once

# A clause may end after less silence than the recogniser is told of: what it heard before helps it with what follows.
_PAUSE = 0.55
# What goes on for long without a pause is ended for the recogniser all the same: at shorter silences (seconds of speech
# to seconds of silence), at last anywhere.
_SHORTER = ((8.0, 0.25), (12.0, 0.03), (20.0, 0.0))

# A recogniser that hears pauses by itself needs to hear them, and its last words come late.
_AFTER = 2.0  # seconds of silence that it is given
_PATIENCE = 5.0  # after which it is told to say what is left


@dataclass(frozen=True, slots=True)
class Clause:
    """Final words that are translated and spoken as one, counted from 0. Times are seconds of the stream.

    words: as they are in ``text``. confidence: 0 to 1, None where the engine gives none. ends_utterance: whether
    whoever spoke then paused. silence_before: seconds since the clause before, or since the stream's beginning.
    """

    number: int
    text: str
    words: tuple[Word, ...]
    start: float
    end: float
    language: str
    confidence: float | None
    ends_utterance: bool
    silence_before: float


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """What is under way. clause: the number that it is going to have."""

    clause: int
    text: str
    start: float
    end: float


class Hearing:
    """What is said in one stream of mono samples at ``ANALYSIS_RATE``. Not for several threads at once.

    Only speech, with what is around it, goes to the recogniser. Every word that this says finally comes out in one
    clause. What comes out does not depend on how the stream is cut into pieces. Methods raise what the recogniser's
    session raises; the next speech then opens another one.
    """

    def __init__(self, recognizer: StreamingRecognizer, language: str) -> None:
        """language: a code, or ``auto`` where the recogniser detects it."""
        self.partials = True
        """Whether what is under way is told."""
        self.speech_seconds = 0.0
        """How much speech there was."""
        self._streamed = Streamed(recognizer, language)
        self._clauses = Clauses(language)
        self._spelling = Spelling(punctuates=recognizer.punctuates)
        self._activity = Activity()
        self._memory = _Memory()
        self._before: deque[Block] = deque(maxlen=math.ceil((_BEFORE + _ONSET) / FRAME_SECONDS))
        self._piece: list[Block] = []  # to be given to the recogniser
        self._speaking = False
        self._listens = False  # whether the recogniser is given what comes
        self._uttered = 0.0  # seconds since the last pause
        self._number = 0
        self._last_end = 0.0
        self._told = ""

    @property
    def seconds(self) -> float:
        """How much of the stream has come."""
        return self._memory.samples / ANALYSIS_RATE

    def sound(self, start: float, end: float) -> FloatArray:
        """What was heard between two times; what is older than the last 30 s, or has not come, is left out."""
        return self._memory.between(start, end)

    def feed(self, samples: FloatArray) -> list[Clause | Hypothesis]:
        """Take more sound, shape (n,), and give what is new."""
        self._memory.add(samples)
        return [told for block in self._activity.feed(samples) for told in self._block(block)]

    def finish(self) -> list[Clause | Hypothesis]:
        """No more sound is coming: everything that is left."""
        told = [told for block in self._activity.finish() for told in self._block(block)]
        told += self._given()
        told += self._understood(self._streamed.finish())
        return told + self._said(self._clauses.flush())

    def close(self) -> None:
        """Let go, whatever is still under way."""
        self._streamed.close()

    def _block(self, block: Block) -> list[Clause | Hypothesis]:
        self.speech_seconds += FRAME_SECONDS if block.voiced else 0.0
        if not self._speaking and block.voiced >= _ONSET:
            self._speaking = True
            self._uttered = 0.0
        if not self._speaking and not self._listens:
            self._before.append(block)
            return self._waited(block) if self._streamed.owes or self._streamed.hears_pauses else []
        self._listens = True
        self._piece += [*self._before, block]
        self._before.clear()
        told = self._given() if len(self._piece) >= _TOGETHER else []
        return told + (self._spoken(block) if self._speaking else self._listened(block))

    def _spoken(self, block: Block) -> list[Clause | Hypothesis]:
        """A block within an utterance: whether a clause, or the utterance, ends with it."""
        self._uttered += FRAME_SECONDS
        told = self._breathed(block) if self._awaits(block) else []
        # What is still pending then, the recogniser has not understood yet.
        if block.quiet >= _PAUSE or (self._awaits(block) and not self._streamed.hears_pauses):
            self._speaking = False
            return told + self._paused(ends=True)
        if any(self._uttered >= most and block.quiet >= silence for most, silence in _SHORTER):
            self._uttered = 0.0
            return told + self._paused(ends=False)
        return told

    def _awaits(self, block: Block) -> bool:
        """Whether words are pending after which it has been silent for long enough."""
        pending = self._clauses.pending
        return bool(pending) and block.quiet >= silence_wanted(pending, self._streamed.language)

    def _breathed(self, block: Block) -> list[Clause | Hypothesis]:
        """A clause ends with the words that are pending, if the recogniser is sure of them."""
        told = self._given()
        return told + self._said(self._clauses.rest(block.start + FRAME_SECONDS - block.quiet))

    def _paused(self, *, ends: bool) -> list[Clause | Hypothesis]:
        told = self._given()
        found = self._streamed.pause()
        settled = any(one.final for one in found)
        self._listens = self._speaking or not settled
        told += self._understood(found, ends=ends)
        if settled:
            self._clauses.forget()
        if ends and not self._streamed.owes:
            told += self._said(self._clauses.flush())
        return told

    def _listened(self, block: Block) -> list[Clause | Hypothesis]:
        """A block of the silence after an utterance of which the final result has not come."""
        if self._streamed.hears_pauses and not self._streamed.owes:
            self._listens = False
        elif block.quiet >= _AFTER:
            told = self._paused(ends=True)
            self._listens = False
            return told
        return []

    def _waited(self, block: Block) -> list[Clause | Hypothesis]:
        """Silence that the recogniser is not given: it may still say what it heard before."""
        if not self._streamed.is_open:
            return []
        if block.quiet < _PATIENCE:
            return self._understood(self._streamed.feed(np.zeros(0, dtype=np.float32), block.start))
        told = self._understood(self._streamed.finish())
        self._clauses.forget()
        return told + self._said(self._clauses.flush())

    def _given(self) -> list[Clause | Hypothesis]:
        """Give the recogniser what has come together."""
        if not self._piece:
            return []
        piece, self._piece = self._piece, []
        sound = np.concatenate([block.samples for block in piece])
        return self._understood(self._streamed.feed(sound, piece[0].start))

    def _understood(self, found: Sequence[Heard], *, ends: bool = True) -> list[Clause | Hypothesis]:
        self._clauses.language = self._streamed.language
        told: list[Clause | Hypothesis] = []
        for one in found:
            if one.final:
                told += self._said(self._clauses.final(one.words, one.end, ends=ends))
            else:
                told += self._said(self._clauses.partial(one.words, self._streamed.now))
        return told + self._hypothesis()

    def _said(self, cuts: Sequence[Cut]) -> list[Clause | Hypothesis]:
        return [self._clause(cut) for cut in cuts]

    def _clause(self, cut: Cut) -> Clause:
        words = self._spelling.clause(cut.words, ends=cut.ends)
        start, end = words[0].start, max(word.end for word in words)
        clause = Clause(
            number=self._number,
            text=joined(words, self._streamed.language),
            words=words,
            start=start,
            end=end,
            language=self._streamed.language,
            confidence=mean_confidence(words),
            ends_utterance=cut.ends,
            silence_before=round(max(0.0, start - self._last_end), 3),
        )
        self._number += 1
        self._last_end = end
        self._told = ""
        return clause

    def _hypothesis(self) -> list[Clause | Hypothesis]:
        """What is under way, where it is to be told and is not what was told last."""
        pending = self._clauses.pending if self.partials else ()
        words = self._spelling.under_way(pending)
        text = joined(words, self._streamed.language)
        if not text or text == self._told:
            return []
        self._told = text
        return [Hypothesis(self._number, text, words[0].start, max(word.end for word in words))]


class _Memory:
    """The last :data:`REMEMBERED` seconds of a stream."""

    def __init__(self) -> None:
        self._ring = np.zeros(round(REMEMBERED * ANALYSIS_RATE), dtype=np.float32)
        self.samples = 0
        """That were added in all."""

    def add(self, samples: FloatArray) -> None:
        kept = samples[-len(self._ring) :]
        first = self.samples + len(samples) - len(kept)
        self._ring[np.arange(first, first + len(kept)) % len(self._ring)] = kept
        self.samples += len(samples)

    def between(self, start: float, end: float) -> FloatArray:
        first = max(0, round(start * ANALYSIS_RATE), self.samples - len(self._ring))
        last = max(first, min(self.samples, round(end * ANALYSIS_RATE)))
        return self._ring[np.arange(first, last) % len(self._ring)]
