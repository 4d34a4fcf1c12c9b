"""Who speaks in a live session: every utterance is put to somebody as soon as it was said."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from vocasync.engines.base import SpeakerEncoder
from vocasync.errors import PipelineError
from vocasync.pipelines.live.request import SIMILARITY, Known
from vocasync.types import Audio, FloatArray, SpeakerVoice

AT_SECONDS = 10.0
"""Of speech a side, for which a threshold is given."""

SHORT_SECONDS = 1.0
"""Of speech: less of it says too little of a voice to tell somebody new by, or to learn from."""

_NOISE_SECONDS = 0.64
_KNOWN_SECONDS = 3.0  # of speech from which somebody may be found to be one of the known
_LEAD = 0.05  # by which the most alike of the known has to be ahead of the next one
_GOES_ON = 0.03  # less is asked of whoever spoke last: people mostly say more than one thing
_CLEARLY = 0.1  # by which a short utterance has to be more like somebody else than like whoever spoke last
_SAME_SECONDS = 5.0  # of speech of each of two who are found to be one
_SAME_LEAD = 0.05  # above what is asked, for that


def asked(threshold: float, here: float, there: float) -> float:
    """The cosine that is asked of ``here`` and ``there`` seconds of speech where ``threshold`` is asked of ten a side.

    An embedding is the voice and noise whose power falls with the seconds t that were heard of it, so cosines grow with
    both sides as 1 / sqrt(1 + k / t). One k, 0.64 s, gives what docs/similarity.md measured across sessions (means of
    one person at 3, 5, 10 and 30 s: 0.74, 0.80, 0.84, 0.88; measured 0.74, 0.79, 0.84, 0.88), and its thresholds of
    equal error: 0.80 at ten seconds becomes 0.75 at five, 0.70 at three, and 0.78 for five against a voice of ten
    (measured there 0.71 to 0.77, 0.62 to 0.70, and 0.78).
    """

    def heard(seconds: float) -> float:
        return float(1 / np.sqrt(1 + _NOISE_SECONDS / max(seconds, 0.1)))

    return threshold * heard(here) * heard(there) / heard(AT_SECONDS) ** 2


@dataclass(frozen=True, slots=True)
class Placed:
    """Whose an utterance is. similarity: cosine to what was known of them before, 1 for somebody new. new: whether they
    are heard for the first time. recognised: whether they were just now found to be one of the known, or one with
    somebody else: then what :meth:`Speakers.of` tells of them has changed."""

    speaker: int
    similarity: float
    new: bool
    recognised: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Person:
    """What is known of a speaker. key: of whom of the known they are, "" for nobody. seconds: of their speech.
    embedding: L2-normalised, shape (256,); zeros while nothing of them could be heard. voice: of the known, what they
    are dubbed with, None for their own."""

    number: int
    name: str
    key: str
    seconds: float
    embedding: FloatArray
    voice: SpeakerVoice | None = None


@dataclass(slots=True, eq=False)
class _Heard:
    """Somebody as they were heard. total: sum of embeddings, each by its seconds. learned: those seconds."""

    total: FloatArray
    seconds: float = 0.0
    learned: float = 0.0
    known: Known | None = None

    @property
    def mean(self) -> FloatArray:
        norm = float(np.linalg.norm(self.total))
        found: FloatArray = self.total / np.float32(norm) if norm else self.total
        return found


@dataclass(slots=True)
class Speakers:
    """Everybody of a session, numbered from 0 in the order in which they were first heard. Threads may share it.

    threshold: cosine from which a voice is a known speaker's, at ten seconds a side; may be set at any time.
    """

    encoder: SpeakerEncoder
    known: Sequence[Known] = ()
    threshold: float = SIMILARITY
    _heard: list[_Heard] = field(default_factory=list, init=False)
    _one: dict[int, int] = field(default_factory=dict, init=False)  # who was found to be one with somebody before
    _last: int = field(default=0, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def place(self, sound: Audio, preserve: bool = True) -> Placed:
        """Whose an utterance is; what is heard of them is learned.

        preserve: whether the person is dubbed in their own voice; where not, nobody of the known is looked for.
        """
        vector = self._embedded(sound)
        with self._lock:
            number, similarity, new = self._chosen(vector, sound.duration)
            if new:
                self._heard.append(_Heard(np.zeros(self.encoder.dimensions, np.float32)))
            somebody = self._heard[number]
            somebody.seconds += sound.duration
            if vector is not None and (new or sound.duration >= SHORT_SECONDS):
                somebody.total = somebody.total + np.float32(sound.duration) * vector
                somebody.learned += sound.duration
            found = self._found_out(number, preserve)
            self._last = self._now(number)
            return Placed(self._last, similarity, new and self._last == number, found)

    def of(self, number: int) -> Person:
        """What is known of somebody. Raises IndexError for a number that was never given."""
        with self._lock:
            now = self._now(number)
            one = self._heard[now]
            who = one.known
            name = who.name if who else f"Speaker {now + 1}"
            return Person(now, name, who.key if who else "", one.seconds, one.mean, who.voice if who else None)

    def _embedded(self, sound: Audio) -> FloatArray | None:
        """None where there is nothing to be heard."""
        try:
            return self.encoder.embed(sound)
        except PipelineError as error:
            if error.code != "no_speech":
                raise
            return None

    def _chosen(self, vector: FloatArray | None, seconds: float) -> tuple[int, float, bool]:
        """Whose it is, how alike, and whether they are new."""
        everybody = [number for number in range(len(self._heard)) if number not in self._one]
        if not everybody:
            return len(self._heard), 1.0, True
        if vector is None:
            return self._last, 1.0, False
        alike = {number: self._alike(vector, number) for number in everybody}
        leads = {number: cosine - self._asked(number, seconds) for number, cosine in alike.items()}
        best = max(everybody, key=lambda number: leads[number])
        if seconds < SHORT_SECONDS:
            other = leads[best] >= 0 and leads[best] > leads[self._last] + _CLEARLY
            best = best if other else self._last
        elif leads[best] < 0:
            return len(self._heard), 1.0, True
        return best, alike[best], False

    def _alike(self, vector: FloatArray, number: int) -> float:
        """Somebody of whom nothing could be heard yet is whoever is heard next."""
        somebody = self._heard[number]
        return float(vector @ somebody.mean) if somebody.learned else 1.0

    def _asked(self, number: int, seconds: float) -> float:
        spared = _GOES_ON if number == self._last else 0.0
        return asked(self.threshold, seconds, self._heard[number].learned) - spared

    def _now(self, number: int) -> int:
        """The number that somebody goes by now."""
        while number in self._one:
            number = self._one[number]
        return number

    def _found_out(self, number: int, preserve: bool) -> bool:
        """Whether somebody turns out to be one of the known, or somebody who was heard before."""
        somebody = self._heard[number]
        who = self._who(somebody) if preserve and somebody.known is None else None
        if who is not None:
            somebody.known = who
        other = self._other(number)
        if other is not None:
            self._join(*sorted((number, other)))
        return who is not None or other is not None

    def _who(self, somebody: _Heard) -> Known | None:
        """Whom of the known they surely are: no less is asked for little speech, and the next one is far behind."""
        if somebody.learned < _KNOWN_SECONDS or not self.known:
            return None
        alike = sorted(((float(somebody.mean @ one.embedding), at) for at, one in enumerate(self.known)), reverse=True)
        second = alike[1][0] if len(alike) > 1 else -1.0
        sure = alike[0][0] >= max(self.threshold, SIMILARITY) and alike[0][0] >= second + _LEAD
        return self.known[alike[0][1]] if sure else None

    def _other(self, number: int) -> int | None:
        """Who else is the same person; None for nobody."""
        mine = self._heard[number]
        for other, theirs in enumerate(self._heard):
            if other != number and other not in self._one and self._same(mine, theirs):
                return other
        return None

    def _same(self, mine: _Heard, theirs: _Heard) -> bool:
        if mine.known is not None and theirs.known is not None:
            return mine.known is theirs.known
        if min(mine.learned, theirs.learned) < _SAME_SECONDS:
            return False
        return float(mine.mean @ theirs.mean) >= asked(self.threshold, mine.learned, theirs.learned) + _SAME_LEAD

    def _join(self, first: int, second: int) -> None:
        """Two are one, who keeps the first one's number."""
        mine, theirs = self._heard[first], self._heard[second]
        mine.total = mine.total + theirs.total
        mine.seconds += theirs.seconds
        mine.learned += theirs.learned
        mine.known = mine.known or theirs.known
        self._one[second] = first
