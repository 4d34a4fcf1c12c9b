"""Live speech for recognisers that hear whole recordings, by LocalAgreement (Macháček, Dabre and Bojar, 2023).

What is not final yet is recognised again and again as it grows; words that two results in a row have in common, from
the beginning on, will not change any more. At a sentence's end, when there is one among them, and at every pause, what
was said becomes final and its sound is forgotten, so that work does not grow with the length of speech.
"""

from __future__ import annotations

import threading
import time
import unicodedata
from collections.abc import Callable, Sequence
from itertools import takewhile

import numpy as np

from vocasync.engines.base import Partial, Recognition, Recognizer
from vocasync.languages import DETECT
from vocasync.progress import Silent
from vocasync.types import ANALYSIS_RATE, Audio, FloatArray, Region, Segment, Word, mean_confidence

_FIRST = 1.0  # seconds of sound before the first result, and at least between two
_PATIENT = 1.2  # times as much new sound as the last result took seconds to make: it never falls behind
_SHORTEST = 0.1  # seconds in which there is a word
_LONGEST = 24.0  # seconds after which what is agreed on becomes final wherever a sentence ends
_EARLIEST = 2.0  # seconds of a sentence that is made final before its speaker pauses
_ENDS = frozenset(".!?…。！？।॥۔؟")


class Agreement:
    """A :class:`vocasync.engines.base.RecognitionSession` over a recogniser that hears recordings.

    Words that a result has more than one time in a row stay as they are in the following ones. Raises what the
    recogniser raises.
    """

    def __init__(self, recognizer: Recognizer, language: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._recognizer = recognizer
        self._language = language
        self._clock = clock
        self._lock = threading.Lock()
        self._closed = False
        self._start = 0  # samples of the stream before the sound that is kept
        self._sound = np.zeros(0, dtype=np.float32)
        self._looked = 0  # samples of it at the last result
        self._wait = _FIRST  # seconds of new sound until the next
        self._said: tuple[Word, ...] = ()  # the last result
        self._agreed: tuple[Word, ...] = ()
        self._space = " "  # between words, where the language has any

    def feed(self, samples: FloatArray) -> list[Partial]:
        """See the protocol."""
        sound = np.nan_to_num(np.asarray(samples, dtype=np.float32), posinf=1.0, neginf=-1.0)
        with self._lock:
            if self._closed:
                return []
            self._sound = np.concatenate([self._sound, sound])
            if len(self._sound) - self._looked < self._wait * ANALYSIS_RATE:
                return []
            self._look()
            settled = self._sentences()
            return [*settled, *self._told(self._said, final=False)]

    def pause(self) -> list[Partial]:
        """See the protocol."""
        with self._lock:
            if self._closed:
                return []
            if len(self._sound) > self._looked:
                self._look()
            said = self._told(self._said, final=True)
            self._forget(len(self._sound))
            self._said = self._agreed = ()
            return said

    def finish(self) -> list[Partial]:
        """See the protocol."""
        said = self.pause()
        self.close()
        return said

    def close(self) -> None:
        """See the protocol."""
        self._closed = True  # without the lock: nobody waits here for a result that is under way, and unwanted

    def _told(self, words: tuple[Word, ...], *, final: bool) -> list[Partial]:
        language = "" if self._language == DETECT else self._language
        return [] if self._closed else _partial(words, self._space, language, final=final)

    def _look(self) -> None:
        """Recognise what is not final yet, and see what is agreed on."""
        began = self._clock()
        found = self._recognized()
        if self._language == DETECT and found.segments:
            self._language = found.language  # a language that is detected once holds
        if any(len(segment.words) > 1 for segment in found.segments):
            self._space = " " if any(" " in segment.text for segment in found.segments) else ""
        begin = self._start / ANALYSIS_RATE
        words = tuple(_moved(word, begin) for segment in found.segments for word in segment.words)
        rest = _after(words, self._agreed)
        before = self._said[len(self._agreed) :]
        same = sum(1 for _ in takewhile(lambda pair: _same(*pair), zip(before, rest, strict=False)))
        self._agreed += rest[:same]
        self._said = self._agreed + rest[same:]
        self._looked = len(self._sound)
        self._wait = max(_FIRST, _PATIENT * (self._clock() - began))

    def _recognized(self) -> Recognition:
        audio = Audio(self._sound, ANALYSIS_RATE)
        if audio.duration < _SHORTEST:
            return Recognition((), self._language)
        longest = self._recognizer.region_seconds
        starts = np.arange(0.0, audio.duration, longest)
        regions = [Region(float(start), min(float(start) + longest, audio.duration)) for start in starts]
        return self._recognizer.recognize(audio, regions, self._language, Silent())

    def _sentences(self) -> list[Partial]:
        """Whole sentences that are agreed on, final; where none ends for long, all that is agreed on."""
        begin = self._start / ANALYSIS_RATE
        agreed = self._agreed
        ends = [at for at, word in enumerate(agreed, 1) if word.text[-1:] in _ENDS and word.end - begin >= _EARLIEST]
        long = len(self._sound) >= _LONGEST * ANALYSIS_RATE
        count = ends[-1] if ends else len(agreed) if long else 0
        if count:
            done, self._agreed, self._said = agreed[:count], agreed[count:], self._said[count:]
            following = self._said[0].start if self._said else done[-1].end
            self._forget(round((done[-1].end + max(done[-1].end, following)) / 2 * ANALYSIS_RATE) - self._start)
            return self._told(done, final=True)
        if len(self._sound) >= 2 * _LONGEST * ANALYSIS_RATE:  # nothing that two results have in common: it is no speech
            self._forget(len(self._sound) - round(_LONGEST * ANALYSIS_RATE))
        return []

    def _forget(self, samples: int) -> None:
        samples = min(max(0, samples), len(self._sound))
        self._sound = self._sound[samples:].copy()
        self._start += samples
        self._looked = max(0, self._looked - samples)


def _moved(word: Word, seconds: float) -> Word:
    return Word(word.text, round(word.start + seconds, 3), round(word.end + seconds, 3), word.confidence)


def _same(one: Word, other: Word) -> bool:
    return _plain(one.text) == _plain(other.text)


def _plain(text: str) -> str:
    """A word without what its neighbours may change: case and punctuation."""
    kept = "".join(letter for letter in text.casefold() if not unicodedata.category(letter).startswith("P"))
    return kept or text


def _after(words: Sequence[Word], agreed: Sequence[Word]) -> tuple[Word, ...]:
    """Those words of a result that come after what is agreed on."""
    known = len(agreed)
    if len(words) >= known and all(_same(*pair) for pair in zip(words, agreed, strict=False)):
        return tuple(words[known:])
    return tuple(word for word in words if (word.start + word.end) / 2 > agreed[-1].end)


def _partial(words: tuple[Word, ...], space: str, language: str, *, final: bool) -> list[Partial]:
    if not words:
        return []
    text = space.join(word.text for word in words)
    segment = Segment(0, words[0].start, max(word.end for word in words), text, words, mean_confidence(words))
    return [Partial(segment, final, language)]
