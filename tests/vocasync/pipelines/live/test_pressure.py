from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vocasync.pipelines.live.pressure import LAGS, WAITING, Gauge


@pytest.mark.parametrize(
    ("lag", "waiting", "level"),
    [
        (0.0, 0.0, 0),
        (2.0, 0.0, 1),
        (3.0, 0.0, 2),
        (8.0, 0.0, 3),
        (0.0, 1.0, 1),
        (0.0, 2.0, 2),
        (0.0, 4.0, 3),
        (2.5, 9, 3),
    ],
)
def test_levels(lag: float, waiting: float, level: int) -> None:
    gauge = Gauge()
    told = gauge.read(lag, waiting)
    assert gauge.level == level
    assert (told.level if told else 0) == level


def test_who_sends_too_fast_is_told_so_and_who_listens_that_it_is_late() -> None:
    flooded, lagging = Gauge().read(0.0, 5.0), Gauge().read(9.0, 0.0)
    assert flooded is not None
    assert lagging is not None
    assert "slow down" in flooded.advice
    assert "text alone" in lagging.advice


def test_a_level_does_not_flicker() -> None:
    gauge = Gauge()
    assert gauge.read(LAGS[2], 0.0) is not None
    assert all(gauge.read(lag, 0.0) is None for lag in (7.9, 8.1, 5.0, 8.5))
    eased = gauge.read(1.0, 0.0)
    assert eased is not None
    assert eased.level == 0
    assert eased.advice


@given(st.lists(st.tuples(st.floats(0, 20), st.floats(0, 20))))
def test_every_change_is_told_once_and_never_less_than_it_is(loads: list[tuple[float, float]]) -> None:
    gauge, told = Gauge(), [0]
    for lag, waiting in loads:
        event = gauge.read(lag, waiting)
        told += [event.level] if event else []
        reached = max(sum(lag >= step for step in LAGS), sum(waiting >= step for step in WAITING))
        assert gauge.level >= reached
        assert gauge.level == told[-1]
    assert all(one != two for one, two in pairwise(told))
