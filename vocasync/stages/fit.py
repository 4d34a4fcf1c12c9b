"""How a take is brought into the time that its original had: pure rules, in seconds.

In this order, and no step further than needed: spoken again at another rate, stretched with its pitch kept, let into
the silence after it. A take always starts where the original does, and is never cut: what does not fit is reported.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, isinf

from vocasync.types import FitKind, Segment

SLOWEST_RATE, FASTEST_RATE = 0.9, 1.4
"""Speaking rates, relative to the engine's natural one, within which speech stays pleasant to follow."""

SHORTEST_STRETCH, LONGEST_STRETCH = 0.85, 1.35
"""Fitted / spoken duration within which stretching is hardly heard."""

GAP = 0.08
"""Silence in seconds that a take leaves before the next one when it borrows."""

_TOLERANCE = 0.02  # seconds past the slot that nobody notices
_SHORT = 0.8  # share of its slot below which a take is spoken slower


@dataclass(frozen=True, slots=True)
class Slot:
    """The time of a segment. length: its own, in seconds, ``inf`` for as long as it takes; room: of the silence after
    it that may be borrowed."""

    index: int
    start: float
    length: float
    room: float


@dataclass(frozen=True, slots=True)
class Fit:
    """What to do with a spoken take. duration: once fitted, which is ``stretch`` times the spoken one."""

    kind: FitKind
    stretch: float
    duration: float
    borrowed: float
    overflow: float


def endless(index: int) -> Slot:
    """The slot of a segment that nothing has to end with."""
    return Slot(index, 0.0, inf, 0.0)


def slots(segments: Sequence[Segment], duration: float) -> tuple[Slot, ...]:
    """The slot of each segment, in the order given. duration: of the medium, in seconds.

    Silence is where no segment is: segments that overlap keep their own lengths and borrow nothing."""
    order = sorted(range(len(segments)), key=lambda place: (segments[place].start, segments[place].end))
    found: dict[int, Slot] = {}
    spoken_until = 0.0
    for number, place in enumerate(order):
        one = segments[place]
        end = max(one.start, min(one.end, duration))
        last = number + 1 == len(order)
        limit = duration if last else min(duration, segments[order[number + 1]].start - GAP)
        room = max(0.0, limit - end) if end >= spoken_until else 0.0
        found[place] = Slot(one.index, one.start, end - one.start, room)
        spoken_until = max(spoken_until, end)
    return tuple(found[place] for place in range(len(segments)))


def rate_for(spoken: float, slot: Slot) -> float:
    """The rate at which to speak a take again that lasted ``spoken`` seconds at rate 1; 1 when it may stay."""
    if slot.length <= 0 or spoken <= 0 or isinf(slot.length):
        return 1.0
    if spoken > slot.length + _TOLERANCE:
        return min(FASTEST_RATE, spoken / slot.length)
    if spoken < _SHORT * slot.length:
        return max(SLOWEST_RATE, spoken / (_SHORT * slot.length))
    return 1.0


def fit(spoken: float, slot: Slot, rate: float = 1.0) -> Fit:
    """What brings a take of ``spoken`` seconds (at least 0), said at ``rate``, into its slot.

    A take that is shorter than its slot is left as it is: silence after a sentence is natural, drawling is not."""
    kind = FitKind.NATURAL if rate == 1.0 else FitKind.RATE
    if spoken <= slot.length + _TOLERANCE:
        return Fit(kind, 1.0, spoken, *_beyond(spoken, slot))
    stretch = max(SHORTEST_STRETCH, slot.length / spoken)
    fitted = spoken * stretch
    borrowed, overflow = _beyond(fitted, slot)
    kind = FitKind.STRETCH
    if overflow > 0:
        kind = FitKind.OVERFLOW
    elif borrowed > _TOLERANCE:
        kind = FitKind.BORROW
    return Fit(kind, stretch, fitted, borrowed, overflow)


def _beyond(duration: float, slot: Slot) -> tuple[float, float]:
    """Seconds past the slot's end that lie in silence, and those that do not."""
    past = max(0.0, duration - slot.length)
    borrowed = min(past, slot.room)
    overflow = past - borrowed
    # What nobody notices is no overflow, only a slightly later end.
    return (past, 0.0) if overflow <= _TOLERANCE else (borrowed, overflow)
