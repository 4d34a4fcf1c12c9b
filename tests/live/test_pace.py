"""Sound as fast as it is spoken, with room to catch up, and no more messages than the protocol needs."""

from __future__ import annotations

import pytest

from live import pace
from live.pace import Bucket, Pace, Verdict


def test_what_comes_in_real_time_is_fine_for_ever() -> None:
    one = Pace(0.0)
    chunks = (number * 0.064 for number in range(50_000))
    assert {one.sound(0.064, at) for at in chunks} == {Verdict.FINE}


def test_a_break_of_the_network_is_caught_up_with() -> None:
    one = Pace(0.0)
    assert one.sound(0.064, 0.0) is Verdict.FINE
    assert {one.sound(0.064, 9.0) for _ in range(140)} == {Verdict.FINE}


@pytest.mark.parametrize(("speed", "verdict"), [(1.04, Verdict.FINE), (1.5, Verdict.OVER)])
def test_a_clock_may_drift_and_a_file_may_not_be_poured_in(speed: float, verdict: Verdict) -> None:
    one = Pace(0.0)
    found = [one.sound(0.1, number * 0.1 / speed) for number in range(2000)]
    assert found[-1] is verdict
    if verdict is Verdict.OVER:
        assert found.index(Verdict.FAST) < found.index(Verdict.OVER)  # told before it is cut off


def test_large_messages_are_few() -> None:
    one = Pace(0.0)
    found = [one.message(8 * 2**20, 0.0) for _ in range(5)]
    assert found == [Verdict.FINE] * 3 + [Verdict.FAST, Verdict.OVER]
    assert one.message(100, pace.BYTES_AT_ONCE / pace.BYTES_SECOND * 2) is Verdict.FINE


def test_a_bucket_holds_no_more_than_it_may() -> None:
    bucket = Bucket(rate=1.0, most=3.0, more=1.0, now=0.0)
    assert [bucket.take(1.5, 1000.0) for _ in range(3)] == [Verdict.FINE, Verdict.FINE, Verdict.OVER]
