"""Sound that came in and was not recognised yet: bounded in seconds, so that a slow machine is late but not ever later.

Where it fills up, long silences are left out first; sound only where there is no room at all, and then a whole stretch
at once, so that what is heard between two of them is whole sentences.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass

import numpy as np

from vocasync.types import ANALYSIS_RATE, FloatArray

LIMIT = 10.0
"""Seconds of sound that wait at most."""

_SILENCE_FROM = 0.5  # share of the limit from which long silences are left out
_OPEN_AGAIN = 0.5  # share of the limit below which sound is taken again
_KEPT_SILENCE = 0.4  # seconds of every silence that are kept, so that it still is a pause
_AT_ONCE = 0.5  # seconds that are taken together
_QUIET = 10 ** (-30 / 20)  # relative to what is loud here
_SILENT = 10 ** (-60 / 20)  # of full scale
_FORGETS = 0.97  # what is loud here, a second later


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """samples: float32 mono at ``ANALYSIS_RATE``. end: position of its end among all samples that came. arrived: of its
    last sample, in seconds of the clock that goes on."""

    samples: FloatArray
    end: int
    arrived: float


class Backlog:
    """limit: seconds. Threads share it."""

    def __init__(self, limit: float = LIMIT) -> None:
        self._limit = round(limit * ANALYSIS_RATE)
        self._pieces: deque[Piece] = deque()
        self._room = threading.Condition()
        self._waiting = self._came = self._quiet = 0
        self._loud = 0.0
        self._full = self._ended = False
        self._dropped = 0

    @property
    def waiting(self) -> float:
        """Seconds of sound that wait."""
        return self._waiting / ANALYSIS_RATE

    @property
    def came(self) -> float:
        """Seconds of sound that came."""
        return self._came / ANALYSIS_RATE

    def put(self, samples: FloatArray, arrived: float) -> None:
        """Take sound, or leave it out."""
        with self._room:
            if self._ended or not len(samples):
                return
            self._came += len(samples)
            silent = self._long_silence(samples)
            if silent and self._waiting >= _SILENCE_FROM * self._limit:
                return
            if self._overfull(len(samples)):
                self._dropped += len(samples)
                return
            self._pieces.append(Piece(samples, self._came, arrived))
            self._waiting += len(samples)
            self._room.notify_all()

    def _overfull(self, more: int) -> bool:
        if self._waiting + more > self._limit:
            self._full = True
        elif self._waiting < _OPEN_AGAIN * self._limit:
            self._full = False
        return self._full

    def _long_silence(self, samples: FloatArray) -> bool:
        """Whether there was silence for some time already and still is."""
        level = float(np.sqrt(np.mean(np.square(samples))))
        self._loud = max(level, self._loud * _FORGETS ** (len(samples) / ANALYSIS_RATE))
        self._quiet = self._quiet + len(samples) if level < max(_SILENT, _QUIET * self._loud) else 0
        return self._quiet > _KEPT_SILENCE * ANALYSIS_RATE

    def take(self, timeout: float) -> list[Piece]:
        """Some of what waits, in order, as soon as there is something; [] when nothing came in time, or comes any
        more. timeout: seconds."""
        found: list[Piece] = []
        with self._room:
            self._room.wait_for(lambda: self._pieces or self._ended, timeout)
            before = self._waiting
            while self._pieces and before - self._waiting < _AT_ONCE * ANALYSIS_RATE:
                found.append(self._pieces.popleft())
                self._waiting -= len(found[-1].samples)
        return found

    def dropped(self) -> float:
        """Seconds of sound that were left out since this was asked last."""
        with self._room:
            found, self._dropped = self._dropped, 0
            return found / ANALYSIS_RATE

    def end(self, *, drop: bool = False) -> None:
        """No more comes. drop: what waits is not wanted either."""
        with self._room:
            self._ended = True
            if drop:
                self._pieces.clear()
                self._waiting = 0
            self._room.notify_all()

    @property
    def ended(self) -> bool:
        """Whether nothing comes any more."""
        return self._ended

    @property
    def over(self) -> bool:
        """Whether nothing waits and nothing comes."""
        with self._room:
            return self._ended and not self._pieces
