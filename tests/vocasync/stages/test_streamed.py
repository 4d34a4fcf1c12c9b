from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from vocasync.engines.base import Partial
from vocasync.stages.streamed import Clock, Heard, Streamed
from vocasync.types import ANALYSIS_RATE, FloatArray, Segment, Word


def sound(seconds: float) -> FloatArray:
    return np.zeros(round(seconds * ANALYSIS_RATE), dtype=np.float32)


class Counting:
    """Hears a word in every second of sound that it is given."""

    name = "counting"
    punctuates = False

    def __init__(self, timed: bool = True, fails: bool = False) -> None:
        self.opened: list[Counted] = []
        self.timed = timed
        self.fails = fails

    def open(self, language: str) -> Counted:
        self.opened.append(Counted(self))
        return self.opened[-1]


class Counted:
    def __init__(self, of: Counting) -> None:
        self.of = of
        self.seconds = 0.0
        self.said = 0
        self.closed = False

    def feed(self, samples: FloatArray) -> list[Partial]:
        if self.of.fails:
            raise ConnectionError("broken")
        self.seconds += len(samples) / ANALYSIS_RATE
        return [Partial(self.segment(), False)] if int(self.seconds) > self.said else []

    def segment(self) -> Segment:
        numbers = range(self.said, int(self.seconds))
        words = tuple(Word(f"w{number}", number, number + 1) for number in numbers)
        text = " ".join(word.text for word in words)
        return Segment(0, self.said, int(self.seconds), text, words if self.of.timed else (), 0.5)

    def pause(self) -> list[Partial]:
        if int(self.seconds) == self.said:
            return []
        segment, self.said = self.segment(), int(self.seconds)
        return [Partial(segment, True)]

    def finish(self) -> list[Partial]:
        return self.pause()

    def close(self) -> None:
        self.closed = True


def test_times_are_those_of_the_stream() -> None:
    clock = Clock()
    assert clock.start(0.5) == 0.5
    clock.give(10, 1)
    clock.give(11, 1)
    clock.give(20, 2)
    assert [clock.start(time) for time in (0, 1, 1.5, 2, 3)] == [10, 11, 11.5, 20, 21]
    assert [clock.end(time) for time in (1, 2, 2.5, 4)] == [11, 12, 20.5, 22]
    assert (clock.seconds, clock.now) == (4, 22)


def test_the_clock_keeps_no_more_than_it_needs() -> None:
    clock = Clock()
    for number in range(5000):
        clock.give(number * 10, 1)
    assert len(clock._given) == len(clock._stream) <= 602
    assert clock.start(4999.5) == 49990.5


def test_words_come_at_their_times_in_the_stream() -> None:
    recognizer = Counting()
    streamed = Streamed(recognizer, "en")
    assert not streamed.is_open
    assert streamed.feed(sound(0.5), 100) == []
    assert streamed.feed(sound(0.7), 100.5) == [Heard((Word("w0", 100, 101),), 101, False)]
    assert streamed.owes
    assert streamed.pause() == [Heard((Word("w0", 100, 101),), 101, True)]
    assert not streamed.owes
    assert streamed.feed(sound(1.5), 200) == [Heard((Word("w1", 101, 200.8),), 200.8, False)]
    assert streamed.finish()[0].final
    assert not streamed.hears_pauses
    assert not streamed.is_open
    assert recognizer.opened[0].closed


def test_text_without_times_is_spread_over_its_time() -> None:
    streamed = Streamed(Counting(timed=False), "en")
    (heard,) = streamed.feed(sound(2), 50)
    assert heard.words == (Word("w0", 50, 51, 0.5), Word("w1", 51, 52, 0.5))
    characters = Streamed(Counting(timed=False), "ja").feed(sound(2), 50)[0].words
    assert [word.text for word in characters] == ["w", "0", "w", "1"]


def test_a_session_that_fails_makes_room_for_another() -> None:
    recognizer = Counting(fails=True)
    streamed = Streamed(recognizer, "en")
    with pytest.raises(ConnectionError):
        streamed.feed(sound(1), 0)
    assert recognizer.opened[0].closed
    recognizer.fails = False
    assert streamed.feed(sound(1), 1)[0].words == (Word("w0", 1, 2),)
    assert len(recognizer.opened) == 2


class Detecting(Counting):
    """Finds out the language with the second word."""

    def open(self, language: str) -> Counted:
        self.opened.append(Detected(self))
        return self.opened[-1]


class Detected(Counted):
    def feed(self, samples: FloatArray) -> list[Partial]:
        language = "hi" if self.seconds >= 1 else ""
        return [replace(partial, language=language) for partial in super().feed(samples)]


def test_a_language_that_is_detected_is_known_from_then_on() -> None:
    streamed = Streamed(Detecting(), "auto")
    known = []
    for second in range(3):
        streamed.feed(sound(1), second)
        known.append(streamed.language)
    assert known == ["auto", "hi", "hi"]


def test_nothing_is_opened_for_nothing() -> None:
    recognizer = Counting()
    streamed = Streamed(recognizer, "en")
    assert (streamed.pause(), streamed.finish()) == ([], [])
    streamed.close()
    assert not recognizer.opened
