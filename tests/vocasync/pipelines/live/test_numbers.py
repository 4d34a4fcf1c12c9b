from __future__ import annotations

import json
import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vocasync.pipelines.live.events import Delays
from vocasync.pipelines.live.numbers import BOUNDS, EDGES, ERROR, Histogram, Tally

seconds = st.floats(0.0, 600.0)


def counted(values: list[float]) -> Histogram:
    found = Histogram()
    for value in values:
        found.add(value)
    return found


def exact(values: list[float], share: float) -> float:
    """The smallest value that ``share`` of all are not above."""
    return sorted(values)[max(1, math.ceil(share * len(values) - 1e-9)) - 1]


@given(st.lists(seconds, min_size=1), st.floats(0.0, 1.0))
def test_a_percentile_is_wrong_by_a_twentieth_at_most(values: list[float], share: float) -> None:
    assert counted(values).percentile(share) == pytest.approx(exact(values, share), rel=ERROR + 1e-6, abs=0.001)


@given(st.lists(seconds), st.lists(seconds))
def test_two_merged_are_one_of_both(some: list[float], others: list[float]) -> None:
    merged = counted(some)
    merged.merge(counted(others))
    both = counted(some + others)
    assert merged.plain()["counts"] == both.plain()["counts"]
    assert merged.sum == pytest.approx(both.sum)
    assert merged.percentiles() == both.percentiles()


@given(st.lists(seconds))
def test_it_is_the_same_after_json(values: list[float]) -> None:
    found = counted(values)
    assert Histogram.read(json.loads(json.dumps(found.plain()))).plain() == found.plain()


@given(st.lists(seconds))
def test_the_buckets_for_others_are_exact(values: list[float]) -> None:
    buckets = counted(values).buckets()
    assert buckets == tuple((bound, sum(value <= bound for value in values)) for bound in BOUNDS)


@given(st.floats(allow_nan=False))
def test_whatever_a_clock_says_is_counted_somewhere(value: float) -> None:
    assert counted([value]).count == 1


def test_nothing_has_no_percentiles() -> None:
    assert counted([]).percentiles().p95 == 0.0


def test_edges_are_close_enough() -> None:
    assert all(high <= low * (1 + ERROR) * (1 + 1e-9) for low, high in pairwise(EDGES))
    assert set(BOUNDS) <= set(EDGES)


def test_a_session_counts_what_it_tells() -> None:
    tally = Tally()
    tally.delays(Delays(0.2, 0.1, 0.3))
    tally.add(heard=2.0, sound=4.0, spoken=3.0, clauses=1, work=1.0)
    tally.error("voice_failed")
    tally.drop("pauses", 0.25)
    tally.alike(0.7)
    tally.alike(0.9)
    numbers = tally.numbers(1.5, {"sound_ms": 20})
    assert numbers.delays["total"].p50 == pytest.approx(0.6, rel=0.05)
    assert (numbers.heard, numbers.spoken, numbers.clauses, numbers.lag) == (2.0, 3.0, 1, 1.5)
    assert numbers.real_time_factor == 0.25
    assert numbers.similarity == pytest.approx(0.8)
    assert numbers.errors == {"voice_failed": 1}
    assert numbers.dropped == {"partials": 0.0, "pauses": 0.25, "clauses": 0.0}
    assert numbers.waiting == {"sound_ms": 20}


def test_a_session_that_heard_nothing_has_no_factor_and_no_likeness() -> None:
    numbers = Tally().numbers()
    assert (numbers.real_time_factor, numbers.similarity) == (0.0, None)


def test_sessions_add_up_over_json() -> None:
    one, two = Tally(), Tally()
    for tally, delay in ((one, 0.1), (two, 0.4)):
        tally.delays(Delays(delay, delay, delay))
        tally.add(heard=1.0, sound=2.0)
        tally.error("voice_failed")
    together = Tally()
    for tally in (one, two):
        together.merge(json.loads(json.dumps(tally.plain())))
    numbers = together.numbers()
    assert numbers.delays["recognition"].count == 2
    assert (numbers.heard, together.heard) == (2.0, 2.0)
    assert numbers.errors == {"voice_failed": 2}
    assert dict(together.histogram("total").buckets())[0.4] == 1
