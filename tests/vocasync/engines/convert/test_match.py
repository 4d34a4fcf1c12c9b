"""Voice matching of recordings, on voices that eSpeak NG speaks with."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.signal import medfilt

from tests import factory
from vocasync.engines.base import VoiceConverter
from vocasync.engines.convert.match import MatchConverter
from vocasync.engines.tts import world
from vocasync.engines.tts.profile import Profile
from vocasync.errors import Cancelled, PipelineError
from vocasync.media.loudness import loudness
from vocasync.progress import Silent
from vocasync.types import Audio, Match, VoiceReference

RATE = 22_050
TEXT = "The children are playing in the garden. Should we join them?"
LEAST_ALIKE = 0.9
"""Correlation of the melody before and after."""


@pytest.fixture(scope="module")
def converter() -> MatchConverter:
    return MatchConverter()


def known(converter: MatchConverter, voice: str, folder: Path) -> Profile:
    """A voice that speaks the factory's sentences, as the converter knows it."""
    path = folder / "voice.npz"
    converter.prepare(VoiceReference(factory.speech(factory.ENGLISH, folder / "said.wav", voice)), path, Silent())
    return converter.load(path)


@pytest.fixture(scope="module")
def low(converter: MatchConverter, tmp_path_factory: pytest.TempPathFactory) -> Profile:
    return known(converter, "en", tmp_path_factory.mktemp("low"))


@pytest.fixture(scope="module")
def high(converter: MatchConverter, tmp_path_factory: pytest.TempPathFactory) -> Profile:
    return known(converter, "en+f4", tmp_path_factory.mktemp("high"))


@pytest.fixture(scope="module")
def talk() -> Audio:
    """The low voice in a room that is not silent."""
    said = factory.speech_samples(TEXT, rate=RATE)
    around = np.zeros(RATE // 2, np.float32)
    room = np.random.default_rng(0).normal(0, 3e-4, len(said) + RATE).astype(np.float32)
    return Audio(np.concatenate([around, said, around]) + room, RATE)


def melody(audio: Audio) -> tuple[np.ndarray, np.ndarray]:
    """ln F0 by frame, without the jitter of single pulses, and where there is one."""
    f0 = world.analyse(audio, careful=True).f0
    return medfilt(np.log(np.maximum(f0, 1.0)), 9), f0 > 0


def sane(melody: np.ndarray) -> np.ndarray:
    """Where the tracker did not err by an octave."""
    found: np.ndarray = np.abs(melody - np.median(melody)) < np.log(2) / 2
    return found


def test_the_height_changes_and_the_melody_and_the_loudness_stay(
    converter: MatchConverter, low: Profile, high: Profile, talk: Audio
) -> None:
    assert isinstance(converter, VoiceConverter)
    made = converter.convert(talk, low, high, Silent())
    assert made.rate == converter.sample_rate
    assert made.duration == pytest.approx(talk.duration, abs=1e-3)
    (before, voiced), (after, still) = melody(talk), melody(made)
    both = np.flatnonzero(voiced[: len(after)] & still[: len(before)])
    both = both[sane(before[both]) & sane(after[both])]
    assert len(both) > 0.85 * voiced.sum()
    assert np.corrcoef(before[both], after[both])[0, 1] > LEAST_ALIKE
    assert np.median(after[both]) == pytest.approx(high.style.f0_mean, abs=0.1)
    was, now = loudness(talk), loudness(made)
    assert was is not None
    assert now == pytest.approx(was, abs=1.5)


@pytest.mark.parametrize("match", list(Match))
def test_the_colour_goes_over_to_the_voice(
    converter: MatchConverter, low: Profile, high: Profile, talk: Audio, match: Match
) -> None:
    def colour(audio: Audio) -> np.ndarray:
        frames = world.analyse(audio)
        found: np.ndarray = frames.envelope[frames.active & frames.voiced].mean(axis=0)
        return found

    assert high.colour is not None
    wanted = high.colour.envelope[high.colour.voiced].mean(axis=0)
    before, after = colour(talk), colour(converter.convert(talk, low, high, Silent(), match))
    assert np.abs(after - wanted).mean() < 0.5 * np.abs(before - wanted).mean()


def test_the_room_stays_as_it_was(converter: MatchConverter, low: Profile, high: Profile, talk: Audio) -> None:
    made = converter.convert(talk, low, high, Silent())
    before, after = talk.samples[: RATE // 4], made.samples[: made.rate // 4]
    assert np.std(after) == pytest.approx(np.std(before), rel=0.6)
    assert not world.analyse(Audio(after, made.rate)).active.all() or np.abs(after).max() < 0.01


@pytest.mark.parametrize("seconds", [0.0, 0.02, 1.0])
def test_silence_and_moments_come_back(converter: MatchConverter, low: Profile, high: Profile, seconds: float) -> None:
    made = converter.convert(Audio(np.zeros(int(seconds * RATE), np.float32), RATE), low, high, Silent())
    assert made.duration == pytest.approx(seconds, abs=1e-3)
    assert not made.samples.any()


def test_too_little_of_a_voice_is_said(converter: MatchConverter, tmp_path: Path) -> None:
    path = factory.speech("Yes.", tmp_path / "yes.wav")
    with pytest.raises(PipelineError) as told:
        converter.prepare(VoiceReference(path), tmp_path / "voice.npz", Silent())
    assert told.value.code == "reference_too_short"


def test_it_can_be_called_off(converter: MatchConverter, low: Profile, high: Profile, talk: Audio) -> None:
    class Unwanted(Silent):
        def check(self) -> None:
            raise Cancelled

    with pytest.raises(Cancelled):
        converter.convert(talk, low, high, Unwanted())
