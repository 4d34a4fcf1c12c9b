"""The rules of fitting."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vocasync.stages.fit import (
    FASTEST_RATE,
    GAP,
    LONGEST_STRETCH,
    SHORTEST_STRETCH,
    SLOWEST_RATE,
    Slot,
    fit,
    rate_for,
    slots,
)
from vocasync.types import FitKind, Segment

SECONDS = st.floats(0.0, 60.0)
SLOTS = st.builds(Slot, st.just(0), SECONDS, SECONDS, SECONDS)


def segments(*spans: tuple[float, float]) -> list[Segment]:
    return [Segment(index, start, end, "x") for index, (start, end) in enumerate(spans)]


def test_a_slot_is_the_segment_and_the_silence_after_it() -> None:
    one, two = slots(segments((1.0, 3.0), (4.0, 5.0)), 7.0)
    assert (one.start, one.length) == (1.0, 2.0)
    assert one.room == pytest.approx(1.0 - GAP)
    assert (two.start, two.length, two.room) == (4.0, 1.0, 2.0)  # to the very end of the medium


def test_segments_that_touch_or_overlap_borrow_nothing() -> None:
    touching, overlapping, last = slots(segments((0.0, 2.0), (2.0, 5.0), (4.0, 6.0)), 6.0)
    assert touching.room == overlapping.room == last.room == 0
    assert overlapping.length == 3.0


def test_what_another_segment_talks_into_is_no_silence() -> None:
    long, inside, after = slots(segments((0.0, 10.0), (2.0, 3.0), (12.0, 13.0)), 13.0)
    assert long.room == 0
    assert inside.room == 0
    assert after.room == 0


def test_no_segments_no_slots() -> None:
    assert slots([], 5.0) == ()


def test_a_segment_past_the_end_of_the_medium() -> None:
    (slot,) = slots(segments((5.0, 9.0)), 6.0)
    assert (slot.length, slot.room) == (1.0, 0.0)


@pytest.mark.parametrize(
    ("spoken", "kind", "stretch", "borrowed", "overflow"),
    [
        (1.0, FitKind.NATURAL, 1.0, 0.0, 0.0),
        (2.0, FitKind.NATURAL, 1.0, 0.0, 0.0),
        (2.2, FitKind.STRETCH, 2.0 / 2.2, 0.0, 0.0),
        (2.8, FitKind.BORROW, 0.85, 0.38, 0.0),
        (4.0, FitKind.OVERFLOW, 0.85, 0.5, 0.9),
    ],
)
def test_one_step_after_the_other(
    spoken: float, kind: FitKind, stretch: float, borrowed: float, overflow: float
) -> None:
    found = fit(spoken, Slot(0, 10.0, 2.0, 0.5))
    assert found.kind is kind
    assert found.stretch == pytest.approx(stretch)
    assert found.borrowed == pytest.approx(borrowed)
    assert found.overflow == pytest.approx(overflow)


def test_the_rate_is_asked_for_before_anything_is_stretched() -> None:
    slot = Slot(0, 0.0, 2.0, 1.0)
    assert rate_for(2.0, slot) == 1.0
    assert rate_for(2.4, slot) == pytest.approx(1.2)
    assert rate_for(9.0, slot) == FASTEST_RATE
    assert rate_for(1.8, slot) == 1.0  # shorter is fine as it is
    assert rate_for(0.5, slot) == SLOWEST_RATE
    assert fit(1.9, slot, 1.2).kind is FitKind.RATE


@given(SECONDS, SLOTS)
def test_nothing_is_cut_and_every_bound_is_kept(spoken: float, slot: Slot) -> None:
    rate = rate_for(spoken, slot)
    found = fit(spoken, slot, rate)
    assert SLOWEST_RATE <= rate <= FASTEST_RATE
    assert SHORTEST_STRETCH <= found.stretch <= LONGEST_STRETCH
    assert found.duration == pytest.approx(spoken * found.stretch)  # all of it is there
    assert found.borrowed >= 0
    assert found.overflow >= 0
    assert found.borrowed <= slot.room + 0.02 + 1e-9
    assert found.borrowed + found.overflow == pytest.approx(max(0.0, found.duration - slot.length), abs=1e-9)


@given(SECONDS, SLOTS)
def test_no_step_is_taken_without_need(spoken: float, slot: Slot) -> None:
    found = fit(spoken, slot)
    if spoken <= slot.length:
        assert (found.kind, found.stretch) == (FitKind.NATURAL, 1.0)
    if found.kind in (FitKind.BORROW, FitKind.OVERFLOW):
        assert found.stretch == SHORTEST_STRETCH
    if found.kind is FitKind.OVERFLOW:
        assert found.borrowed == pytest.approx(slot.room)


@given(st.lists(st.tuples(SECONDS, st.floats(0.05, 9.0)), max_size=12), st.floats(0.0, 70.0))
def test_slots_keep_starts_and_leave_a_gap_before_the_next(spans: list[tuple[float, float]], duration: float) -> None:
    given_segments = segments(*((start, start + length) for start, length in sorted(spans)))
    found = slots(given_segments, duration)
    assert [slot.start for slot in found] == [segment.start for segment in given_segments]
    assert [slot.index for slot in found] == [segment.index for segment in given_segments]
    for slot, following in itertools.pairwise(found):
        if slot.room > 0:
            assert slot.start + slot.length + slot.room <= following.start - GAP + 1e-9
    for slot in found:
        assert slot.start + slot.length + slot.room <= max(duration, slot.start) + 1e-9
