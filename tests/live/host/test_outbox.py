"""Whatever breaks wherever: whoever resumes has every durable message exactly once, in order."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from live.host import outbox as outbox_module
from live.host.outbox import LATE, PASSING, SOUND_SECONDS, Outbox
from live.lines import Frame, Kind, binary


def piece(seq: int) -> Frame:
    return binary(seq.to_bytes(4, "little"))


def spoken(clause: int) -> dict[str, Any]:
    return {"type": "spoken", "clause": clause, "reason": ""}


def number(frame: Frame) -> int:
    return int.from_bytes(frame.body, "little") if frame.kind == Kind.BINARY else frame.value.get("seq", 0)


def drained(box: Outbox) -> list[Frame]:
    frames = []
    while (frame := box.next()) is not None:
        frames.append(frame)
    return frames


@dataclass
class Client:
    """What a client has. It acknowledges what it has, never more."""

    frames: list[Frame] = field(default_factory=list)
    last: int = 0

    def take(self, frame: Frame) -> None:
        if number(frame):
            assert number(frame) > self.last, "twice, or out of order"
            self.last = number(frame)
            self.frames.append(frame)


class Breaking(RuleBasedStateMachine):
    """A session speaks, its line carries some of it and breaks, and somebody comes back."""

    def __init__(self) -> None:
        super().__init__()
        self.box = Outbox()
        self.client = Client()
        self.connected = False
        self.on_the_way: list[Frame] = []
        self.texts: set[int] = set()
        self.pieces: dict[int, int] = {}
        self.clause = 0

    @rule()
    def a_clause_is_spoken(self) -> None:
        for seconds in (1.0, 2.5):
            self.box.sound(piece, seconds, self.clause)
            self.pieces[self.box.last] = self.clause
        self.box.text(spoken(self.clause))
        self.texts.add(self.box.last)
        self.clause += 1

    @rule()
    def text_is_said(self) -> None:
        self.box.text({"type": "transcript", "clause": self.clause})
        self.texts.add(self.box.last)

    @rule()
    def something_passes(self) -> None:
        self.box.passing({"type": "metrics"}, "metrics")
        self.box.passing({"type": "pong"})

    @precondition(lambda self: self.connected)
    @rule(count=st.integers(1, 8))
    def some_is_sent(self, count: int) -> None:
        frames = [frame for _ in range(count) if (frame := self.box.next()) is not None]
        self.on_the_way += frames

    @rule(count=st.integers(1, 8))
    def some_arrives(self, count: int) -> None:
        while self.on_the_way and count:
            self.client.take(self.on_the_way.pop(0))
            count -= 1

    @precondition(lambda self: self.connected)
    @rule()
    def it_is_acknowledged(self) -> None:
        self.box.acknowledge(self.client.last)

    @rule()
    def the_line_breaks(self) -> None:
        self.connected = False
        self.on_the_way.clear()

    @rule()
    def somebody_comes_back(self) -> None:
        self.on_the_way.clear()
        self.box.resume(self.client.last)
        self.connected = True

    @invariant()
    def sound_is_bounded(self) -> None:
        assert self.box.sound_seconds <= SOUND_SECONDS

    def teardown(self) -> None:
        self.the_line_breaks()
        self.somebody_comes_back()
        for frame in drained(self.box):
            self.client.take(frame)
        had = {number(frame) for frame in self.client.frames}
        assert self.texts <= had <= self.texts | self.pieces.keys()
        short = {clause for seq, clause in self.pieces.items() if seq not in had}
        said = {
            frame.value["clause"]
            for frame in self.client.frames
            if frame.kind == Kind.JSON and frame.value["type"] == "spoken" and frame.value["reason"] == LATE
        }
        assert said == short


TestBreaking = Breaking.TestCase
TestBreaking.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


# --- a reader that is slow --------------------------------------------------------------------------------------------
def test_a_slow_reader_misses_what_passes_then_sound_never_text() -> None:
    box = Outbox()
    box.resume(0)
    for clause in range(100):
        box.text({"type": "transcript", "clause": clause})
        box.passing({"type": "transcript", "final": False, "clause": clause + 1}, "partial")
        box.sound(piece, 1.0, clause)
        box.text(spoken(clause))
    frames = drained(box)
    values = [frame.value for frame in frames if frame.kind == Kind.JSON]
    assert [value["clause"] for value in values if value["type"] == "transcript" and "seq" in value] == [*range(100)]
    assert [value["clause"] for value in values if value.get("final") is False] == [100]
    assert box.left_out == 99
    assert len(frames) - len(values) == SOUND_SECONDS
    assert [value["reason"] for value in values if value["type"] == "spoken"] == [LATE] * 70 + [""] * 30


def test_what_passes_keeps_its_place_between_durable_messages() -> None:
    box = Outbox()
    box.text({"type": "a"})
    box.passing({"type": "b"})
    box.text({"type": "c"})
    assert [frame.value["type"] for frame in drained(box)] == ["a", "b", "c"]


def test_a_partial_that_holds_no_more_is_not_sent() -> None:
    box = Outbox()
    box.passing({"type": "partial"}, "partial")
    box.forget("partial")
    assert box.next() is None
    assert box.left_out == 1


def test_what_passes_is_bounded_and_gone_for_who_comes_back() -> None:
    box = Outbox()
    for at in range(3 * PASSING):
        box.passing({"type": "pong", "at": at})
    box.resume(0)
    assert drained(box) == []
    for at in range(3 * PASSING):
        box.passing({"type": "pong", "at": at})
    assert [frame.value["at"] for frame in drained(box)] == [*range(2 * PASSING, 3 * PASSING)]


@given(st.integers(0, 2**63))
def test_a_client_of_another_session_is_told_everything_that_is_said_from_now_on(after: int) -> None:
    box = Outbox()
    box.resume(after)
    box.text({"type": "started"})
    assert [number(frame) for frame in drained(box)] == [1]


def test_nobody_can_acknowledge_what_was_not_sent() -> None:
    box = Outbox()
    box.text({"type": "a"})
    box.text({"type": "b"})
    box.next()
    box.acknowledge(2)
    assert box.acknowledged == 1
    assert [number(frame) for frame in drained(box)] == [2]


def test_a_client_that_never_acknowledges_does_not_fill_the_memory(monkeypatch: Any) -> None:
    monkeypatch.setattr(outbox_module, "TEXT_BYTES", 1000)
    box = Outbox()
    for _ in range(200):
        box.text({"type": "transcript", "clause": 0})
        box.next()
    box.resume(0)
    assert 0 < sum(len(frame.body) for frame in drained(box)) <= 1000
    for _ in range(200):  # what was not sent yet is never forgotten
        box.text({"type": "transcript", "clause": 0})
    assert len(drained(box)) == 200
