"""One recognition session over those parts of a stream in which somebody speaks, with times of the stream."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import dataclass, replace

from vocasync.engines.base import Partial, RecognitionSession, StreamingRecognizer
from vocasync.stages.sentences import spread
from vocasync.stages.words import UNSPACED
from vocasync.types import ANALYSIS_RATE, FloatArray, Segment, Word

_KEPT = 600.0  # seconds of sound back to which a session's times are known
_CLOSE = 1 / ANALYSIS_RATE


@dataclass(frozen=True, slots=True)
class Heard:
    """Words with times of the stream. end: seconds up to which they are all there is. final: they will not change any
    more."""

    words: tuple[Word, ...]
    end: float
    final: bool


class Clock:
    """Seconds of a session's sound to seconds of the stream, of which it was given pieces."""

    def __init__(self) -> None:
        self._given: list[float] = []  # where each piece begins, in the session
        self._stream: list[float] = []  # and in the stream
        self.seconds = 0.0
        """Of sound that was given."""
        self.now = 0.0
        """Where the last piece ends in the stream."""

    def give(self, start: float, seconds: float) -> None:
        """A piece that begins at ``start`` seconds of the stream comes next."""
        if not self._given or abs(start - self.now) > _CLOSE:
            self._given.append(self.seconds)
            self._stream.append(start)
        self.seconds += seconds
        self.now = start + seconds
        while len(self._given) > 1 and self._given[1] < self.seconds - _KEPT:
            del self._given[0], self._stream[0]

    def start(self, time: float) -> float:
        """When something begins, in the stream: on the border of two pieces, in the later one."""
        return self._moved(time, bisect_right(self._given, time + _CLOSE))

    def end(self, time: float) -> float:
        """When something ends: on the border of two pieces, in the earlier one."""
        return self._moved(time, bisect_left(self._given, time - _CLOSE))

    def _moved(self, time: float, piece: int) -> float:
        if not self._given:
            return time
        number = max(0, piece - 1)
        return round(max(0.0, time - self._given[number] + self._stream[number]), 3)


class Streamed:
    """A recognition session that is opened when there is something to hear, and again after it failed."""

    def __init__(self, recognizer: StreamingRecognizer, language: str) -> None:
        self._recognizer = recognizer
        self._asked = language
        self.language = language
        """That is spoken: as the recogniser was told, or as it detected it."""
        self._session: RecognitionSession | None = None
        self._clock = Clock()
        self.owes = False
        """Whether words were heard of which the final result has not come."""
        self.hears_pauses = False
        """Whether it was seen to leave words open where it was told of a pause: it ends utterances by itself."""

    @property
    def is_open(self) -> bool:
        return self._session is not None

    @property
    def now(self) -> float:
        """Seconds of the stream up to which it has heard."""
        return self._clock.now

    def feed(self, samples: FloatArray, start: float) -> list[Heard]:
        """Take sound that begins at ``start`` seconds of the stream; shape (n,), none to ask what is new."""
        if self._session is None:
            self._session, self._clock = self._recognizer.open(self._asked), Clock()
        if len(samples):
            self._clock.give(start, len(samples) / ANALYSIS_RATE)
        return self._heard(lambda session: session.feed(samples))

    def pause(self) -> list[Heard]:
        """Whoever speaks has paused."""
        owed = self.owes
        found = self._heard(lambda session: session.pause())
        self.hears_pauses = self.hears_pauses or (owed and not any(one.final for one in found))
        return found

    def finish(self) -> list[Heard]:
        """What is left. The next sound opens another session."""
        found = self._heard(lambda session: session.finish())
        self.close()
        return found

    def close(self) -> None:
        """Let go of what is under way."""
        session, self._session = self._session, None
        self.owes = False
        if session is not None:
            session.close()

    def _heard(self, ask: Callable[[RecognitionSession], list[Partial]]) -> list[Heard]:
        if self._session is None:
            return []
        try:
            found = [self._placed(partial) for partial in ask(self._session)]
        except Exception:
            self.close()
            raise
        for one in found:
            self.owes = not one.final and bool(one.words)
        return found

    def _placed(self, partial: Partial) -> Heard:
        self.language = partial.language or self.language
        words = tuple(
            replace(word, start=self._clock.start(word.start), end=self._clock.end(word.end))
            for word in _words(partial.segment, self.language)
        )
        return Heard(words, self._clock.end(partial.segment.end), partial.final)


def _words(segment: Segment, language: str) -> tuple[Word, ...]:
    """A result's words; where the engine gave no times, its text spread over its time."""
    texts = list("".join(segment.text.split())) if language in UNSPACED else segment.text.split()
    return segment.words or spread(texts, segment.start, segment.end, segment.confidence)
