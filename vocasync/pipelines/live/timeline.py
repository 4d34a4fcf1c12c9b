"""Which moment of a session a moment of recognised sound is, and when it arrived."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass

from vocasync.types import ANALYSIS_RATE

KEPT = 120.0
"""Seconds of sound for which this is known; no clause is that long."""

_GRAIN = round(0.032 * ANALYSIS_RATE)  # samples: shorter pieces count as one


@dataclass(frozen=True, slots=True)
class Moment:
    """at: seconds of all sound that came in the session. arrived: when, by the clock that goes on."""

    at: float
    arrived: float


class Timeline:
    """Sound that was fed to a recogniser, piece by piece: what was left out in between makes the two times differ.
    What is kept does not grow."""

    def __init__(self) -> None:
        self._ends: list[int] = []
        self._moments: list[tuple[int, float]] = []  # position in the session, arrival

    def add(self, length: int, end: int, arrived: float) -> None:
        """So many samples more were fed, which end at the position ``end`` of the session."""
        fed = (self._ends[-1] if self._ends else 0) + length
        if self._goes_on(length, end):
            self._ends[-1], self._moments[-1] = fed, (end, arrived)
        else:
            self._ends.append(fed)
            self._moments.append((end, arrived))
        self._forget(fed)

    def _goes_on(self, length: int, end: int) -> bool:
        """Whether it only makes the piece before a little longer."""
        if len(self._ends) < 2:
            return False
        whole = self._ends[-1] - self._ends[-2] + length
        return whole <= _GRAIN and end - self._moments[-1][0] == length

    def _forget(self, fed: int) -> None:
        """Half of it at once, so that it costs nothing for each piece."""
        old = bisect_left(self._ends, fed - round(KEPT * ANALYSIS_RATE))
        if old > len(self._ends) // 2:
            del self._ends[:old], self._moments[:old]

    def moment(self, seconds: float) -> Moment:
        """The moment of the sample at ``seconds`` of what was fed; the first or the last one known for what lies
        beyond them."""
        if not self._ends:
            return Moment(0.0, 0.0)
        position = min(round(seconds * ANALYSIS_RATE), self._ends[-1])
        number = bisect_left(self._ends, position)
        end, arrived = self._moments[number]
        return Moment((end - (self._ends[number] - position)) / ANALYSIS_RATE, arrived)
