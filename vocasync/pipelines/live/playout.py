"""When the dub is heard, and what keeps it from being heard ever later.

Whoever listens plays the clauses one after the other: each begins when its first sound is there or when the one before
has ended, whichever is later. A language that takes longer to say the same falls behind; then the dub speaks faster,
with shorter pauses, and a clause that would come too late all the same is not spoken.
"""

from __future__ import annotations

from dataclasses import dataclass

from vocasync.pipelines.live.pressure import FASTER, LAGS, PARTIALS, TOO_LATE

LATEST = LAGS[TOO_LATE - 1]
"""Seconds after its end from which a clause is not spoken any more."""

FASTEST = 1.35
"""Speaking rate at most, relative to the voice's own: above it, speech is hard to follow."""

LONGEST_PAUSE = 0.7
"""Seconds of a pause between clauses that are kept at most."""

_FROM = LAGS[FASTER - 1]  # seconds behind from which it hurries
_FULLY = 5.0  # seconds behind from which it hurries as much as it may
_AT_EASE = LAGS[PARTIALS - 1]  # seconds behind up to which it does not hurry any more
_STEP = 0.05  # of the rate: finer differences are not heard, and no faster does it slow down


@dataclass(frozen=True, slots=True)
class Plan:
    """How a clause is to be spoken. rate: of speaking. pause: seconds to keep before it. shortened: seconds by which
    that is shorter than it would be. wait: seconds from its end until it is heard."""

    rate: float
    pause: float
    shortened: float
    wait: float

    @property
    def late(self) -> bool:
        """Whether it comes too late to be spoken at all."""
        return self.wait > LATEST


class Playout:
    """Times are seconds of one clock that goes on. One thread plans and gives; others may read ``lag``."""

    def __init__(self) -> None:
        self._until = 0.0
        self._lag = 0.0
        self._rate = 1.0

    def plan(self, ended: float, ready: float, silence: float) -> Plan:
        """What to do with a clause that ended, as it arrived, at ``ended``, whose first sound would be there at
        ``ready``, and before which there were ``silence`` seconds."""
        wait = max(ready, self._until) - ended
        hurry = min(1.0, max(0.0, (wait - _FROM) / (_FULLY - _FROM)))
        rate = 1.0 + _STEP * round((FASTEST - 1.0) * hurry / _STEP)
        if wait > _AT_EASE:
            rate = max(rate, self._rate - _STEP)
        natural = min(max(0.0, silence), LONGEST_PAUSE)
        pause = natural * (1.0 - hurry)
        return Plan(rate, pause, natural - pause, wait)

    def begin(self, ended: float, at: float, plan: Plan) -> None:
        """The first sound of a clause is given at ``at``."""
        self._rate = plan.rate
        self._until = max(at, self._until + plan.pause)
        self._lag = self._until - ended

    def give(self, seconds: float, at: float) -> None:
        """So much of its sound is given at ``at``."""
        self._until = max(at, self._until) + seconds

    def lag(self, now: float) -> float:
        """Seconds from the end of the clause that was given last until its dub is heard; 0 once all was heard."""
        return self._lag if now < self._until else 0.0
