"""How hard pressed a session is: by how late the dub is, and by how much sound waits to be recognised."""

from __future__ import annotations

from dataclasses import dataclass

from vocasync.pipelines.live.events import Pressure

PARTIALS, FASTER, TOO_LATE = 1, 2, 3
"""Levels: from which partials are left out, pauses are shortened and the dub speaks faster, and clauses are given as
text alone or sound is left out."""

LAGS = (2.0, 3.0, 8.0)
"""Seconds from the end of a clause until its dub is heard, from which a level is reached."""

WAITING = (1.0, 2.0, 4.0)
"""Seconds of sound that waits to be recognised, likewise."""

_BACK = 0.6  # a level is left when there is less than this share of what it is reached at

_EASED = "It keeps up again."
_LAGGING = {
    PARTIALS: "The dub is a little late: text that is still under way is not sent.",
    FASTER: "The dub is late: it speaks faster, with shorter pauses.",
    TOO_LATE: "The dub is too late: clauses are given as text alone until it has caught up. Pause the original for a "
    "moment, or choose a quicker voice.",
}
_FLOODED = {
    PARTIALS: "Sound waits to be recognised: text that is still under way is not sent.",
    FASTER: "Sound waits to be recognised. Choose a quicker recogniser if that goes on.",
    TOO_LATE: "Sound comes in faster than it can be recognised: slow down, or some of it will not be heard.",
}


@dataclass(slots=True)
class Gauge:
    """level: of :class:`.events.Pressure`, as it was told last."""

    level: int = 0

    def read(self, lag: float, waiting: float) -> Pressure | None:
        """What is to be told now, None where nothing changed. lag, waiting: seconds, see :data:`LAGS` and
        :data:`WAITING`. A level is left only well below where it is reached, so that it does not flicker."""
        up = max(_level(lag, LAGS), _level(waiting, WAITING))
        down = max(_level(lag / _BACK, LAGS), _level(waiting / _BACK, WAITING))
        level = up if up > self.level else min(down, self.level)
        if level == self.level:
            return None
        self.level = level
        return Pressure(level, lag, _advice(level, lag, waiting))


def _level(value: float, steps: tuple[float, ...]) -> int:
    return sum(value >= step for step in steps)


def _advice(level: int, lag: float, waiting: float) -> str:
    if not level:
        return _EASED
    flooded = _level(waiting / _BACK, WAITING) > _level(lag / _BACK, LAGS)
    return (_FLOODED if flooded else _LAGGING)[level]
