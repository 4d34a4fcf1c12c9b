from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from vocasync.engines.asr.whisperlike import Heard, code, recognize
from vocasync.errors import Cancelled, PipelineError
from vocasync.progress import Silent
from vocasync.types import ANALYSIS_RATE, Audio, FloatArray, Region, Word

GOOD = Heard(" Yes.", (Word("Yes.", 0.1, 0.4, 0.9),), logprob=-0.2, silence=0.1, compression=1.2)


def test_loops_and_doubts_are_left_out() -> None:
    assert GOOD.plausible
    assert not replace(GOOD, compression=9.0).plausible
    assert not replace(GOOD, silence=0.9, logprob=-1.5).plausible
    assert not replace(GOOD, text=" ").plausible
    assert [one.doubted for one in (GOOD, replace(GOOD, compression=9.0), replace(GOOD, logprob=-1.5))] == [
        False,
        True,
        True,
    ]


def test_languages_are_those_of_the_model() -> None:
    assert code("auto", ["en"]) is None
    assert code("hi", ["en", "hi"]) == "hi"
    with pytest.raises(PipelineError, match="Esperanto"):
        code("eo", ["en", "hi"])


class Ear:
    """Hears the level of each sound as a word."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, str | None]] = []

    def __call__(self, sounds: Sequence[FloatArray], language: str | None) -> list[tuple[list[Heard], str]]:
        self.asked.append((len(sounds), language))
        return [([replace(GOOD, text=f"{sound.mean():.1f}")], language or "fr") for sound in sounds]


def steps(count: int) -> tuple[Audio, list[Region]]:
    """A second of each level, and a region a second."""
    sound = np.repeat(np.arange(count, dtype=np.float32) / 10, ANALYSIS_RATE)
    return Audio(sound, ANALYSIS_RATE), [Region(float(second), second + 1.0) for second in range(count)]


def test_several_at_a_time_keep_their_places() -> None:
    ear = Ear()
    found = recognize(ear, *steps(8), None, Silent(), together=3)
    assert [segment.text for segment in found.segments] == [f"{level / 10:.1f}" for level in range(8)]
    assert [segment.start for segment in found.segments] == [level + 0.1 for level in range(8)]
    assert ear.asked == [(1, None), (3, "fr"), (3, "fr"), (1, "fr")]  # the language is heard once
    assert found.language == "fr"


def test_regions_without_sound_are_passed_over() -> None:
    audio, _ = steps(2)
    regions = [Region(0.0, 0.0), Region(0.5, 0.55), Region(9.0, 12.0), Region(1.95, 3.0)]
    ear = Ear()
    assert recognize(ear, audio, regions, None, Silent(), together=4).segments == ()
    assert ear.asked == []


class Leaving:
    """Wants the work until half of it is done."""

    def __init__(self) -> None:
        self.done = 0.0

    def report(self, fraction: float, note: str = "") -> None:
        self.done = fraction

    def check(self) -> None:
        if self.done >= 0.5:
            raise Cancelled


def test_it_stops_in_the_middle_of_an_hour() -> None:
    ear = Ear()
    audio, _ = steps(4)
    hour = [Region(index % 4, index % 4 + 1.0) for index in range(3600)]
    with pytest.raises(Cancelled):
        recognize(ear, audio, hour, "en", Leaving(), together=8)
    assert sum(count for count, _ in ear.asked) == 1800
