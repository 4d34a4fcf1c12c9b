from __future__ import annotations

import threading

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.factory import FloatArray
from vocasync.pipelines.live.backlog import Backlog

RATE = 16_000


def loud(seconds: float) -> FloatArray:
    return np.full(round(seconds * RATE), 0.3, np.float32)


def quiet(seconds: float) -> FloatArray:
    return np.full(round(seconds * RATE), 0.0005, np.float32)


def everything(backlog: Backlog) -> list[int]:
    """Positions in the session where what is left ends."""
    ends: list[int] = []
    while pieces := backlog.take(0.0):
        ends += [piece.end for piece in pieces]
    return ends


def test_sound_comes_out_as_it_came() -> None:
    backlog = Backlog()
    for number in range(20):
        backlog.put(loud(0.1) * number, float(number))
    pieces = backlog.take(0.0)
    assert [piece.arrived for piece in pieces] == [0.0, 1.0, 2.0, 3.0, 4.0]  # half a second at once
    assert [piece.end for piece in pieces] == [1_600 * number for number in range(1, 6)]
    assert backlog.waiting == 1.5
    assert len(everything(backlog)) == 15


@given(st.lists(st.tuples(st.floats(0.01, 1.0), st.booleans(), st.booleans()), max_size=100))
def test_it_never_holds_more_than_it_may_and_says_what_it_leaves_out(moves: list[tuple[float, bool, bool]]) -> None:
    backlog = Backlog(limit=3.0)
    came = taken = 0.0
    for seconds, take, sounds in moves:
        samples = loud(seconds) if sounds else quiet(seconds)
        backlog.put(samples, 0.0)
        came += len(samples) / RATE
        assert backlog.waiting <= 3.0
        if take:
            taken += sum(len(piece.samples) for piece in backlog.take(0.0)) / RATE
    left_out = came - taken - backlog.waiting
    assert -1e-6 <= backlog.dropped() <= left_out + 1e-6


def test_long_silences_go_before_any_sound_does() -> None:
    backlog = Backlog(limit=10.0)
    for _ in range(6):
        backlog.put(loud(1.0), 0.0)
    for _ in range(100):
        backlog.put(quiet(0.1), 0.0)
    assert backlog.waiting == 6.4  # a pause is left of it
    assert backlog.dropped() == 0.0
    backlog.put(loud(1.0), 0.0)
    assert backlog.waiting == 7.4


def test_sound_that_has_no_room_goes_a_whole_stretch_at_once() -> None:
    backlog = Backlog(limit=10.0)
    for _ in range(11):
        backlog.put(loud(1.0), 0.0)
    backlog.take(0.0)
    for _ in range(3):
        backlog.put(loud(1.0), 0.0)
    assert backlog.dropped() == 4.0
    assert backlog.dropped() == 0.0  # said once
    while backlog.waiting >= 5.0:
        backlog.take(0.0)
    backlog.put(loud(1.0), 0.0)
    assert everything(backlog)[-1] == 15 * RATE  # taken again, at its place


def test_whoever_waits_for_sound_is_woken_by_it_and_by_the_end() -> None:
    backlog, heard = Backlog(), []
    thread = threading.Thread(target=lambda: heard.extend([backlog.take(60.0), backlog.take(60.0)]))
    thread.start()
    backlog.put(loud(0.5), 1.0)
    while not heard and thread.is_alive() and backlog.waiting:
        thread.join(0.01)
    backlog.end()
    thread.join()
    assert [len(pieces) for pieces in heard] == [1, 0]
    assert backlog.over


def test_after_the_end_nothing_is_taken_and_what_waited_is_kept_or_dropped() -> None:
    backlog = Backlog()
    backlog.put(loud(0.5), 0.0)
    backlog.end()
    backlog.put(loud(0.5), 0.0)
    assert backlog.came == 0.5
    assert not backlog.over
    backlog.end(drop=True)
    assert backlog.over
