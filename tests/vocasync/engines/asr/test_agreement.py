from __future__ import annotations

import threading
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest

from tests.vocasync.engines.asr.google_speech_server import hear
from tests.vocasync.engines.asr.test_google_speech import tones
from tests.vocasync.engines.asr.test_streaming_contract import final_words, pieces
from tests.vocasync.recordings import silence
from vocasync.engines.asr.agreement import Agreement
from vocasync.engines.asr.faster_whisper import FasterWhisper
from vocasync.engines.asr.whisper import Whisper
from vocasync.engines.base import Partial, Recognition
from vocasync.errors import PipelineError
from vocasync.progress import Progress
from vocasync.types import ANALYSIS_RATE, Audio, Region, Segment, Word

STOP = 20
"""The number of a tone at which a sentence ends."""


class Ear:
    """A recogniser of tones, which takes the last one for another where it may have been cut off. costs: seconds that
    each pass takes, by the clock that it moves."""

    name = "ear"
    region_seconds = 28.0
    together = 1
    punctuates = True

    def __init__(self, costs: float = 0.0) -> None:
        self.asked: list[tuple[float, str]] = []
        self.now = 0.0
        self._costs = costs

    def recognize(self, audio: Audio, regions: Sequence[Region], language: str, progress: Progress) -> Recognition:
        self.asked.append((audio.duration, language))
        self.now += self._costs
        segments = [self._segment(index, audio, region) for index, region in enumerate(regions)]
        return Recognition(tuple(one for one in segments if one.words), "hi" if language == "auto" else language)

    def clock(self) -> float:
        return self.now

    def _segment(self, index: int, audio: Audio, region: Region) -> Segment:
        first, last = (round(time * audio.rate) for time in (region.start, region.end))
        words = [
            Word(_spelt(one.text), region.start + one.start, region.start + one.end, 0.5)
            for one in hear(audio.samples[first:last])
        ]
        if words and words[-1].end > audio.duration - 0.05:
            words[-1] = Word(f"cut{len(self.asked)}", words[-1].start, words[-1].end, 0.5)
        return Segment(index, region.start, region.end, " ".join(word.text for word in words), tuple(words), 0.5)


def _spelt(text: str) -> str:
    return f"{text}." if text == f"w{STOP}" else text


def stream(ear: Ear, *numbers: int, language: str = "en") -> tuple[list[Partial], Agreement]:
    session = Agreement(ear, language, ear.clock)
    return [one for piece in pieces(tones(*numbers, every=0.5), 64) for one in session.feed(piece)], session


def texts(found: list[Partial]) -> list[str]:
    return [word.text for word in final_words(found)]


def test_everything_is_said_once() -> None:
    numbers = [8 + at % 10 for at in range(20)]
    found, session = stream(Ear(), *numbers)
    assert texts(found + session.finish()) == [f"w{number}" for number in numbers]


def test_what_two_results_have_in_common_stays() -> None:
    found, _ = stream(Ear(), *range(8, 16))
    heard = [[word.text for word in one.segment.words] for one in found]
    assert len(heard) >= 3
    for earlier, later in pairwise(heard):
        assert later[: len(earlier) - 1] == earlier[:-1]


def test_a_sentence_becomes_final_before_the_pause_and_its_sound_is_forgotten() -> None:
    ear = Ear()
    numbers = [*range(8, 13), STOP, *range(8, 13), STOP, *range(8, 13)]
    found, session = stream(ear, *numbers)
    finals = [one for one in found if one.final]
    assert [one.segment.text for one in finals] == ["w8 w9 w10 w11 w12 w20."] * 2
    assert finals[0].segment.words[-1].end == pytest.approx(2.8, abs=0.02)
    assert finals[1].segment.start == pytest.approx(3.0, abs=0.02)
    assert max(seconds for seconds, _ in ear.asked) < 6.0
    assert texts(found + session.finish()) == [f"w{number}" + "." * (number == STOP) for number in numbers]


def test_speech_without_sentences_does_not_pile_up() -> None:
    ear = Ear()
    numbers = [8 + at % 7 for at in range(160)]
    found, session = stream(ear, *numbers)
    assert max(seconds for seconds, _ in ear.asked) < 30.0
    words = final_words(found + session.finish())
    assert [word.text for word in words] == [f"w{number}" for number in numbers]
    assert [word.start for word in words] == pytest.approx([at / 2 for at in range(160)], abs=0.03)


def test_sound_without_words_does_not_pile_up() -> None:
    ear = Ear()
    session = Agreement(ear, "en", ear.clock)
    for piece in pieces(silence(120.0), 100):
        assert session.feed(piece) == []
    assert max(seconds for seconds, _ in ear.asked) <= 49.0
    session.feed(tones(9))
    (last,) = session.pause()
    assert last.segment.start == pytest.approx(120.0, abs=0.03)


def test_the_language_is_detected_once() -> None:
    ear = Ear()
    _, session = stream(ear, *range(8, 14), language="auto")
    (last,) = session.finish()
    assert last.language == "hi"
    assert {language for _, language in ear.asked[1:]} == {"hi"}
    assert ear.asked[0][1] == "auto"


def test_it_works_no_more_often_than_it_can_keep_up_with() -> None:
    slow, quick = Ear(costs=3.0), Ear()
    stream(slow, *range(8, 32))
    stream(quick, *range(8, 32))
    assert len(quick.asked) >= 10
    assert len(slow.asked) <= 12.0 / 3.0


def test_a_pause_makes_all_of_it_final() -> None:
    ear = Ear()
    session = Agreement(ear, "en", ear.clock)
    session.feed(tones(8, 9, every=0.4))
    (said,) = session.pause()
    assert said.final
    assert said.segment.text == "w8 w9"
    assert session.pause() == []
    session.feed(tones(9))
    (said,) = session.pause()
    assert said.segment.start == pytest.approx(0.8, abs=0.02)


def test_closing_waits_for_nothing() -> None:
    entered, leave = threading.Event(), threading.Event()

    class Stuck(Ear):
        def recognize(self, audio: Audio, regions: Sequence[Region], language: str, progress: Progress) -> Recognition:
            entered.set()
            assert leave.wait(20)
            return super().recognize(audio, regions, language, progress)

    session = Agreement(Stuck(), "en")
    found: list[Partial] = []
    feeding = threading.Thread(target=lambda: found.extend(session.feed(tones(8, 9, 10))))
    feeding.start()
    assert entered.wait(20)
    session.close()
    leave.set()
    feeding.join()
    assert found == session.feed(tones(9)) == session.pause() == []


def test_what_is_no_number_is_silence() -> None:
    ear = Ear()
    session = Agreement(ear, "en", ear.clock)
    session.feed(np.array([np.nan, np.inf] * ANALYSIS_RATE, dtype=np.float32))
    assert all(np.isfinite(one.segment.end) for one in session.finish())


def test_a_language_that_the_model_does_not_know_opens_no_stream(scripted: Whisper, faster: FasterWhisper) -> None:
    for engine in (scripted, faster):
        with pytest.raises(PipelineError) as caught:
            engine.open("eo")
        assert caught.value.code == "recognition_unsupported"
