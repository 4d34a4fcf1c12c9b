"""What a session counts: delays as histograms with fixed edges, so that sessions and processes can be added up."""

from __future__ import annotations

import math
import threading
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import accumulate
from typing import Any

from vocasync.pipelines.live.events import Delays, Numbers, Percentiles

COMPONENTS = ("recognition", "translation", "synthesis", "total")
"""Of what delays are counted, see :class:`.events.Delays`."""

SUMS = ("heard", "sound", "spoken", "clauses", "work", "alike", "compared")

BOUNDS = (0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0)
"""Edges in seconds that are shown to others, such as Prometheus: few of the many that are counted by."""

ERROR = 0.05
"""By how much a percentile may be wrong at most, of its value: how much wider each bucket is than the one before."""

_SHORTEST = 0.001  # seconds; what is shorter is in the first bucket
_LONGEST = 600.0  # seconds; what is longer counts as this


def _edges() -> tuple[float, ...]:
    """Upper edges of the buckets: a geometric row, and the bounds, so that these can be told exactly."""
    count = math.ceil(math.log(_LONGEST / _SHORTEST) / math.log1p(ERROR))
    row = {_SHORTEST * (_LONGEST / _SHORTEST) ** (step / count) for step in range(count)}
    return tuple(sorted(row | {*BOUNDS, _LONGEST}))


EDGES = _edges()
"""Upper edges of the buckets in seconds, each at most 5 % above the one before."""


class Histogram:
    """Durations in seconds, of any number, in the same memory. Not for several threads."""

    def __init__(self) -> None:
        self._counts = [0] * len(EDGES)
        self.sum = 0.0

    @property
    def count(self) -> int:
        """How many were counted."""
        return sum(self._counts)

    def add(self, seconds: float) -> None:
        """Count one. What is below zero counts as zero: clocks of two machines may differ."""
        value = min(max(0.0, seconds), _LONGEST)
        self._counts[bisect_left(EDGES, value)] += 1
        self.sum += value

    def merge(self, other: Histogram) -> None:
        """Count what the other one counted as well."""
        self._counts = [one + two for one, two in zip(self._counts, other._counts, strict=True)]
        self.sum += other.sum

    def percentile(self, share: float) -> float:
        """Seconds that ``share`` (0 to 1) of all are not above; wrong by 5 % or a millisecond at most. 0 for none."""
        rank = max(1, math.ceil(share * self.count - 1e-9))
        before = 0
        for number, count in enumerate(self._counts):
            if count and before + count >= rank:
                low = EDGES[number - 1] if number else 0.0
                return low + (EDGES[number] - low) * (rank - before) / count
            before += count
        return 0.0

    def percentiles(self) -> Percentiles:
        """The ones that are told."""
        return Percentiles(self.count, self.percentile(0.5), self.percentile(0.95), self.percentile(0.99))

    def buckets(self) -> tuple[tuple[float, int], ...]:
        """How many are not above each of :data:`BOUNDS`, exactly; those above the last are in ``count`` alone."""
        sums = list(accumulate(self._counts))
        return tuple((bound, sums[EDGES.index(bound)]) for bound in BOUNDS)

    def plain(self) -> dict[str, Any]:
        """As JSON can hold it: ``counts`` by the bucket's number, and the ``sum``."""
        return {"counts": {str(at): count for at, count in enumerate(self._counts) if count}, "sum": self.sum}

    @classmethod
    def read(cls, plain: Mapping[str, Any]) -> Histogram:
        """The histogram that :meth:`plain` gave."""
        found = cls()
        for at, count in plain["counts"].items():
            found._counts[int(at)] = int(count)
        found.sum = float(plain["sum"])
        return found


class Tally:
    """What is counted of a session, or of several together. Threads may share it."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._delays = {name: Histogram() for name in COMPONENTS}
        self._errors: Counter[str] = Counter()
        self._dropped: dict[str, float] = {"partials": 0.0, "pauses": 0.0, "clauses": 0.0}
        self._sums = dict.fromkeys(SUMS, 0.0)

    def delays(self, delays: Delays) -> None:
        """A clause's first sound was given."""
        with self._guard:
            for name in COMPONENTS:
                self._delays[name].add(getattr(delays, name))

    def add(self, **sums: float) -> None:
        """Add to ``heard`` (seconds of speech), ``sound`` (seconds that came in), ``spoken`` (seconds of dub),
        ``clauses`` (whose text is final), ``work`` (seconds)."""
        with self._guard:
            for name, value in sums.items():
                self._sums[name] += value

    def alike(self, similarity: float) -> None:
        """A dubbed clause was compared with its speaker: their cosine."""
        self.add(alike=similarity, compared=1.0)

    def error(self, code: str, count: int = 1) -> None:
        """Something went wrong."""
        with self._guard:
            self._errors[code] += count

    def drop(self, what: str, amount: float = 1.0) -> None:
        """Something was left out, of ``partials``, ``pauses`` (seconds), ``clauses``."""
        with self._guard:
            self._dropped[what] += amount

    @property
    def heard(self) -> float:
        """Seconds of speech that were heard."""
        return self._sums["heard"]

    def numbers(self, lag: float = 0.0, waiting: Mapping[str, int] | None = None) -> Numbers:
        """All of it as it is told."""
        with self._guard:
            sums = self._sums
            return Numbers(
                delays={name: found.percentiles() for name, found in self._delays.items()},
                heard=sums["heard"],
                spoken=sums["spoken"],
                clauses=int(sums["clauses"]),
                lag=lag,
                real_time_factor=sums["work"] / sums["sound"] if sums["sound"] else 0.0,
                similarity=sums["alike"] / sums["compared"] if sums["compared"] else None,
                errors=dict(self._errors),
                dropped=dict(self._dropped),
                waiting=dict(waiting or {}),
            )

    def histogram(self, component: str) -> Histogram:
        """A copy of the delays of one of :data:`COMPONENTS`."""
        found = Histogram()
        with self._guard:
            found.merge(self._delays[component])
        return found

    def plain(self) -> dict[str, Any]:
        """As JSON can hold it."""
        with self._guard:
            return {
                "delays": {name: found.plain() for name, found in self._delays.items()},
                "errors": dict(self._errors),
                "dropped": dict(self._dropped),
                "sums": dict(self._sums),
            }

    def merge(self, plain: Mapping[str, Any]) -> None:
        """Add what another one counted, as its :meth:`plain` gave it."""
        with self._guard:
            for name, found in plain["delays"].items():
                self._delays[name].merge(Histogram.read(found))
            self._errors.update({code: int(count) for code, count in plain["errors"].items()})
            _add(self._dropped, plain["dropped"].items())
            _add(self._sums, plain["sums"].items())


def _add(sums: dict[str, float], more: Iterable[tuple[str, float]]) -> None:
    for name, value in more:
        sums[name] = sums.get(name, 0.0) + value
