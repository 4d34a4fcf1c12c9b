"""What every recogniser keeps to."""

from __future__ import annotations

import json

import numpy as np
import pytest

from tests.vocasync.recordings import said, silence
from vocasync.artifacts import dumps
from vocasync.engines import registry
from vocasync.engines.base import Recognizer
from vocasync.errors import Cancelled, PipelineError
from vocasync.progress import Silent
from vocasync.types import ANALYSIS_RATE, Audio, Region

TEXTS = ("We went to the market.", "The house was old.")


@pytest.fixture(scope="module")
def speech() -> tuple[Audio, list[Region]]:
    sound, spans = said(TEXTS)
    return Audio(sound, ANALYSIS_RATE), [Region(*span) for span in spans]


def test_it_is_a_recognizer(recognizer: Recognizer) -> None:
    assert isinstance(recognizer, Recognizer)
    assert registry.spec("asr", recognizer.name).name == recognizer.name
    assert 1 <= recognizer.region_seconds <= 30


def test_words_lie_in_their_regions(recognizer: Recognizer, speech: tuple[Audio, list[Region]]) -> None:
    audio, regions = speech
    found = recognizer.recognize(audio, regions, "en", Silent())
    assert found.language == "en"
    assert len(found.segments) == len(regions)
    assert [segment.index for segment in found.segments] == [0, 1]
    for segment, region in zip(found.segments, regions, strict=True):
        assert segment.words
        assert segment.text.split() == [word.text for word in segment.words]
        for word in segment.words:
            assert region.start - 0.11 <= word.start <= word.end <= region.end + 0.11
            assert word.confidence is not None
            assert 0 <= word.confidence <= 1
        assert segment.confidence is not None
        assert 0 <= segment.confidence <= 1


def test_results_are_plain_values(recognizer: Recognizer, speech: tuple[Audio, list[Region]]) -> None:
    found = recognizer.recognize(speech[0], speech[1][:1], "en", Silent())
    assert json.loads(dumps(found))["segments"][0]["text"] == found.segments[0].text


def test_a_region_gives_the_same_words_whatever_came_before(
    recognizer: Recognizer, speech: tuple[Audio, list[Region]]
) -> None:
    audio, regions = speech
    alone = recognizer.recognize(audio, regions[1:], "en", Silent()).segments[0]
    after = recognizer.recognize(audio, regions, "en", Silent()).segments[1]
    noise = Audio(np.random.default_rng(0).normal(0, 0.1, 32_000).astype(np.float32), ANALYSIS_RATE)
    recognizer.recognize(noise, [Region(0, 2)], "en", Silent())
    again = recognizer.recognize(audio, regions[1:], "en", Silent()).segments[0]
    assert alone.words == after.words == again.words


def test_no_regions_no_words(recognizer: Recognizer, speech: tuple[Audio, list[Region]]) -> None:
    assert recognizer.recognize(speech[0], [], "en", Silent()).segments == ()


def test_a_sliver_of_sound_is_no_failure(recognizer: Recognizer) -> None:
    audio = Audio(silence(0.05), ANALYSIS_RATE)
    assert recognizer.recognize(audio, [Region(0.0, 0.05)], "en", Silent()).segments == ()


def test_regions_that_hold_nothing_are_passed_over(recognizer: Recognizer, speech: tuple[Audio, list[Region]]) -> None:
    audio, regions = speech
    empty = [Region(0.5, 0.5), Region(2.0, 1.0), Region(9_000.0, 9_010.0)]
    found = recognizer.recognize(audio, [*empty, regions[0], *empty], "en", Silent())
    assert found == recognizer.recognize(audio, regions[:1], "en", Silent())


@pytest.mark.parametrize("language", ["eo", "xx", "", "en; drop"])
def test_a_language_that_it_does_not_know_is_refused(
    language: str, recognizer: Recognizer, speech: tuple[Audio, list[Region]]
) -> None:
    if recognizer.name == "pocketsphinx":
        pytest.skip("takes everything for English: the registry says that it knows no other language")
    with pytest.raises(PipelineError) as caught:
        recognizer.recognize(*speech, language, Silent())
    assert caught.value.code in ("recognition_unsupported", "unknown_language")


def test_several_at_once_say_what_they_say_alone(recognizer: Recognizer) -> None:
    sound, spans = said(TEXTS * 4)
    audio, regions = Audio(sound, ANALYSIS_RATE), [Region(*span) for span in spans]
    together = recognizer.recognize(audio, regions, "en", Silent()).segments
    alone = [recognizer.recognize(audio, [region], "en", Silent()).segments[0].words for region in regions]
    assert [segment.words for segment in together] == alone
    assert recognizer.together >= 1


class Impatient:
    def report(self, fraction: float, note: str = "") -> None:
        return None

    def check(self) -> None:
        raise Cancelled


def test_it_can_be_cancelled(recognizer: Recognizer, speech: tuple[Audio, list[Region]]) -> None:
    with pytest.raises(Cancelled):
        recognizer.recognize(*speech, "en", Impatient())
