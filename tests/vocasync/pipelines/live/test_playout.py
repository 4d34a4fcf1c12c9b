from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vocasync.pipelines.live.playout import FASTEST, LATEST, LONGEST_PAUSE, Plan, Playout

PLAIN = Plan(1.0, 0.0, 0.0, 1.0)


def test_a_dub_in_time_is_spoken_as_it_is_with_the_pause_that_was_made() -> None:
    plan = Playout().plan(ended=100.0, ready=100.8, silence=0.5)
    assert (plan.rate, plan.pause, plan.shortened, plan.late) == (1.0, 0.5, 0.0, False)
    assert plan.wait == pytest.approx(0.8)


def test_a_clause_begins_when_the_one_before_has_ended_and_its_pause() -> None:
    playout = Playout()
    playout.begin(ended=10.0, at=11.0, plan=PLAIN)
    playout.give(2.0, 11.0)
    assert playout.lag(11.0) == pytest.approx(1.0)
    playout.begin(ended=12.0, at=12.5, plan=Plan(1.0, 0.5, 0.0, 0.5))
    playout.give(1.0, 12.5)
    assert playout.lag(13.4) == pytest.approx(1.5)  # heard from 13.5 to 14.5
    assert playout.lag(14.5) == 0.0


def test_sound_that_comes_slower_than_it_is_heard_makes_gaps_and_no_debt() -> None:
    playout = Playout()
    playout.begin(ended=0.0, at=1.0, plan=PLAIN)
    for at in (1.0, 2.0, 3.0):
        playout.give(0.5, at)
    assert playout.plan(ended=3.0, ready=3.2, silence=0.0).wait == pytest.approx(0.5)


@given(st.floats(0, 30), st.floats(0, 30), st.floats(0, 100))
def test_the_later_the_faster_and_the_shorter_the_pause(one: float, other: float, silence: float) -> None:
    less, more = sorted((one, other))
    early, late = (Playout().plan(0.0, wait, silence) for wait in (less, more))
    assert 1.0 <= early.rate <= late.rate <= FASTEST
    assert LONGEST_PAUSE >= early.pause >= late.pause >= 0.0
    assert late.pause + late.shortened == pytest.approx(min(silence, LONGEST_PAUSE))
    assert late.late == (more > LATEST)


def test_who_spoke_fast_slows_down_by_and_by() -> None:
    playout, rates = Playout(), []
    for number, wait in enumerate((7.0, 3.5, 3.0, 3.0, 2.5, 2.5, 1.0)):
        plan = playout.plan(ended=10.0 * number, ready=10.0 * number + wait, silence=0.0)
        playout.begin(10.0 * number, 10.0 * number + wait, plan)
        rates.append(plan.rate)
    assert rates == pytest.approx([1.35, 1.3, 1.25, 1.2, 1.15, 1.1, 1.0])


clauses = st.lists(st.tuples(st.floats(0.5, 12.0), st.floats(0.0, 3.0), st.floats(0.5, 3.0)), max_size=200)


@given(clauses, st.floats(0.0, 2.0))
def test_whatever_is_said_the_dub_is_never_later_than_it_may_be(
    said: list[tuple[float, float, float]], work: float
) -> None:
    """said: seconds of each clause, of silence before it, and how much longer it is in the other language."""
    playout, now = Playout(), 0.0
    for seconds, silence, longer in said:
        now += silence + seconds
        plan = playout.plan(now, now + work, silence)
        if not plan.late:
            playout.begin(now, now + work, plan)
            playout.give(seconds * longer / plan.rate, now + work)
            assert playout.lag(now + work) <= LATEST + LONGEST_PAUSE
