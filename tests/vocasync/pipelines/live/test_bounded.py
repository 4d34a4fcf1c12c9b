"""Half an hour of speech whose translation is longer, on a clock that the test moves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest

from tests.vocasync.pipelines.live.engines import Lengthening, Room, Tone
from vocasync.pipelines.live.booth import Booth
from vocasync.pipelines.live.events import Event, Pressure, Sound, Spoken, Transcript, Translation
from vocasync.pipelines.live.furnishing import Furnishing
from vocasync.pipelines.live.playout import FASTEST, LATEST, LONGEST_PAUSE
from vocasync.pipelines.live.request import LiveRequest, Manner
from vocasync.pipelines.live.said import Said, Scene
from vocasync.types import Audio

HALF_AN_HOUR, TEN_MINUTES = 1_800.0, 600.0
SENTENCE = "so we go on with what was said about it before and see"
A_CHARACTER = 0.075
"""Seconds in which both languages say a character."""


@dataclass
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


def clauses(scene: Scene, pause: float, seconds: float) -> Iterator[Said]:
    """Clauses of two to five seconds, one after the other with pauses in between."""
    lengths = np.random.default_rng(5).integers(26, 66, 2_000)
    at = 0.0
    for number, length in enumerate(lengths):
        text = f"{number:04d} {SENTENCE * 2}"[:length]
        start = at + pause
        at = start + len(text) * A_CHARACTER
        if at > seconds:
            return
        sound = Audio(np.zeros(800, np.float32), 16_000)
        yield Said(number, text, "en", start, at, None, (), pause, sound, at, at + 0.2, scene)


@dataclass
class Heard:
    """When a clause is heard by somebody who plays everything as it comes, without gaps."""

    began: float
    ended: float


def played(events: list[tuple[float, Event]]) -> dict[int, Heard]:
    until, found = 0.0, {}
    for at, event in events:
        if isinstance(event, Sound):
            new = event.clause not in found
            until = max(at, until + event.pause if new else until)
            heard = found.setdefault(event.clause, Heard(until, until))
            until = heard.ended = until + len(event.samples) / event.rate
    return found


@dataclass
class Told:
    said: list[Said]
    events: list[tuple[float, Event]]
    rates: list[float]

    def of(self, kind: type) -> list:
        return [event for _, event in self.events if isinstance(event, kind)]

    @property
    def waits(self) -> list[float]:
        """Seconds from the end of each clause that was spoken until it is heard."""
        heard = played(self.events)
        return [heard[one.number].began - one.ended for one in self.said if one.number in heard]


@cache
def spoken(longer: float, pause: float, work: float, seconds: float = TEN_MINUTES) -> Told:
    """What is told in so many seconds. work: seconds that the voice takes for a second of its sound."""
    clock = Clock()
    events: list[tuple[float, Event]] = []
    booth = Booth(lambda event: events.append((clock.now, event)), clock)

    def works(seconds: float) -> None:
        clock.now += work * seconds

    room = Room(translator=Lengthening(longer), voice=Tone(A_CHARACTER, works))
    furnishing = Furnishing(booth, LiveRequest(Manner("es", "en", preserve_voice=False)), room)
    scene = furnishing.scene(
        furnishing.choose(Manner("es", "en")), Manner("es", "en", preserve_voice=False), None, lambda: True
    )
    assert scene is not None
    try:
        _, wording, voicing = furnishing.company(scene.parts)
        said = list(clauses(scene, pause, seconds))
        clock.now = 0.0
        for one in said:
            clock.now = max(clock.now, one.known)
            voicing.take(wording.take(one), idle=False)
    finally:
        furnishing.close()
    return Told(said, events, room.voice.rates)


@pytest.mark.parametrize(
    ("longer", "pause", "work", "seconds"),
    [(1.4, 0.0, 0.3, HALF_AN_HOUR), (1.4, 0.6, 0.3, TEN_MINUTES), (2.0, 0.0, 1.5, TEN_MINUTES)],
    ids=["never a pause", "short pauses", "a voice that cannot keep up"],
)
def test_the_dub_is_never_ever_later_and_all_text_is_told(
    longer: float, pause: float, work: float, seconds: float
) -> None:
    told = spoken(longer, pause, work, seconds)
    count = len(told.said)
    assert count > seconds / 5
    for kind in (Transcript, Translation, Spoken):
        assert [event.clause for event in told.of(kind)] == list(range(count))
    assert [event.text for event in told.of(Transcript)] == [one.text for one in told.said]
    slack = LONGEST_PAUSE + work * 10  # what is begun in time may take longer than the one before
    assert max(told.waits) <= LATEST + slack
    half = len(told.waits) // 2
    assert np.mean(told.waits[half:]) <= np.mean(told.waits[:half]) + 1.0
    silent = [event for event in told.of(Spoken) if event.reason]
    assert len(told.waits) + len(silent) == count
    assert all(event.delays is None for event in silent)


def test_a_language_that_takes_longer_is_spoken_faster_before_anything_is_left_out() -> None:
    told = spoken(1.4, 0.0, 0.3, HALF_AN_HOUR)
    silent = [event for event in told.of(Spoken) if event.reason]
    assert len(silent) < 0.06 * len(told.said)  # 1.4 / 1.35 is 4 % too much
    assert told.rates[len(told.of(Spoken)[: silent[0].clause]) - 1] == FASTEST
    assert [event.level for event in told.of(Pressure)] == [3]


def test_pauses_are_what_makes_up_for_it_where_there_are_any() -> None:
    told = spoken(1.4, 0.6, 0.3)
    assert not [event for event in told.of(Spoken) if event.reason]
    pauses = [event.pause for event in told.of(Sound) if event.pause]
    assert min(pauses) < 0.6


def test_a_language_of_the_same_length_is_spoken_as_it_is() -> None:
    told = spoken(1.0, 0.5, 0.2)
    assert np.mean(told.rates) < 1.02
    assert np.percentile(told.waits, 95) < 4.0
