"""Melody, energy, brightness and pace: measured, and moved from one voice to another."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.vocasync.engines.tts.speech import talk
from vocasync.engines.base import EngineConfig
from vocasync.engines.tts import espeak, world
from vocasync.engines.tts.espeak import EspeakVoice
from vocasync.engines.tts.profile import Profile
from vocasync.engines.tts.style import Style, between, carried, describe_style, measure
from vocasync.progress import Silent
from vocasync.types import Audio, SpeechRequest, VoiceReference

TEXT = "The weather was cold this morning, but the sun is shining now."


@pytest.fixture(scope="module")
def engine() -> EspeakVoice:
    return espeak.create(EngineConfig())


def _profile(engine: EspeakVoice, samples: np.ndarray, path: Path, *, emotion: bool) -> Profile:
    soundfile.write(path.with_suffix(".wav"), samples, 16_000)
    prepare = engine.prepare_emotion if emotion else engine.prepare
    prepare(VoiceReference(path.with_suffix(".wav")), path, Silent())
    return engine.load(path)


@pytest.fixture(scope="module")
def calm(engine: EspeakVoice, tmp_path_factory: pytest.TempPathFactory) -> Profile:
    """A low, even voice."""
    folder = tmp_path_factory.mktemp("calm")
    return _profile(engine, talk("en-us+m3", 5.0, 16_000, pitch=30), folder / "calm", emotion=False)


def _styles(engine: EspeakVoice, voice: Profile, emotion: Profile) -> list[Style]:
    said = [
        engine.synthesize(SpeechRequest(TEXT, "en", strength=strength), voice, emotion).audio
        for strength in (0.0, 0.5, 1.0)
    ]
    return [measure(world.analyse(audio, careful=True)) for audio in said]


def test_a_steady_tone_is_measured_as_what_it_is() -> None:
    time = np.arange(32_000) / 16_000
    buzz = sum(np.sin(2 * np.pi * 200 * n * time) / n for n in range(1, 20))
    style = measure(world.analyse(Audio((0.1 * buzz).astype(np.float32), 16_000), careful=True))
    assert np.exp(style.f0_mean) == pytest.approx(200, rel=0.01)
    assert style.f0_spread < 0.02


def test_a_style_is_told_in_units_that_people_know() -> None:
    octave = np.log(2)
    style = Style(np.log(150), octave / 2, (-1.0, -0.8, -0.5, 0.0, 0.5, 0.8, 1.0), -3.0, np.log(10), -np.log(2), 4.5)
    assert describe_style(style) == {"f0_median": 150.0, "f0_range": 12.0, "pace": 4.5, "energy": 10.0, "tilt": -3.01}


def test_the_median_of_a_lopsided_melody_is_not_its_mean() -> None:
    style = Style(np.log(200), 0.2, (-0.6, -0.6, -0.5, -0.5, 0.2, 1.5, 2.5), 0.0, 1.0, 0.0, 4.0)
    assert describe_style(style)["f0_median"] == pytest.approx(200 * np.exp(-0.1), abs=0.01)


def test_the_height_of_a_voice_is_found_quickly() -> None:
    low, high = (world.height(Audio(talk("en-us", 2.0, 16_000, pitch=pitch), 16_000)) for pitch in (20, 80))
    assert low is not None
    assert high is not None
    assert high > 1.3 * low
    assert world.height(Audio(np.zeros(32_000, np.float32), 16_000)) is None
    assert world.height(Audio(np.zeros(10, np.float32), 16_000)) is None


def test_a_style_between_two_and_one_carried_as_far_as_another_has_gone() -> None:
    calm = Style(4.8, 0.1, (0.0,) * 7, -3.0, 2.0, -0.5, 4.0)
    lively = Style(5.2, 0.2, (1.0,) * 7, -1.0, 3.0, 0.5, 6.0)
    middle = between(calm, lively, 0.5)
    assert middle.f0_mean == pytest.approx(5.0)
    assert middle.pace == pytest.approx(5.0)
    assert middle.shape == (0.5,) * 7
    assert between(calm, lively, 0.0) == calm
    own = replace(calm, f0_mean=5.5, f0_spread=0.3, pace=5.0)
    carried_off = carried(own, lively, calm)
    assert carried_off.f0_mean == pytest.approx(5.9)
    assert carried_off.f0_spread == pytest.approx(0.6)
    assert carried_off.pace == pytest.approx(7.5)
    assert carried_off.tilt == pytest.approx(0.5)
    assert describe_style(carried(own, calm, calm)) == describe_style(own)


def test_brightness_is_measured() -> None:
    speech = talk("en-us", 3.0, 16_000)
    brighter = np.append(speech[:1], speech[1:] - 0.9 * speech[:-1]).astype(np.float32)
    plain, bright = (measure(world.analyse(Audio(one, 16_000))) for one in (speech, brighter))
    assert bright.tilt > plain.tilt + 0.5


def test_an_excited_reference_raises_pitch_step_by_step(engine: EspeakVoice, calm: Profile, tmp_path: Path) -> None:
    excited = _profile(engine, talk("en-us+f5", 5.0, 16_000, pitch=70), tmp_path / "excited", emotion=True)
    assert excited.style.f0_mean > calm.style.f0_mean + 0.4
    none, half, full = _styles(engine, calm, excited)
    assert none.f0_mean + 0.1 < half.f0_mean < full.f0_mean - 0.1


def test_the_whole_strength_reaches_the_range_of_the_reference(
    engine: EspeakVoice, calm: Profile, tmp_path: Path
) -> None:
    samples = talk("en-us+m3", 5.0, 16_000, pitch=30)
    lively = _profile(engine, samples, tmp_path / "lively", emotion=True)
    lively = Profile(Style(**{**_fields(lively.style), "f0_spread": 2 * calm.style.f0_spread}), None)
    spreads = [style.f0_spread for style in _styles(engine, calm, lively)]
    assert spreads == sorted(spreads)
    assert spreads[2] == pytest.approx(2 * spreads[0], rel=0.25)


def test_no_strength_is_no_emotion(engine: EspeakVoice, calm: Profile, tmp_path: Path) -> None:
    excited = _profile(engine, talk("en-us+f5", 5.0, 16_000, pitch=70), tmp_path / "excited", emotion=True)
    without = engine.synthesize(SpeechRequest(TEXT, "en"), calm).audio
    unmoved = engine.synthesize(SpeechRequest(TEXT, "en", strength=0.0), calm, excited).audio
    assert np.array_equal(without.samples, unmoved.samples)


@pytest.mark.slow
@pytest.mark.parametrize(("clip", "higher"), [("Fc", True), ("Wa", True), ("Tc", False)])
def test_acted_emotions_move_the_melody_of_the_same_speaker(
    engine: EspeakVoice, shared_media: Path, tmp_path: Path, clip: str, higher: bool
) -> None:
    """Berlin EmoDB, speaker 03: happy and angry lie above neutral in level and range, sad below."""
    folder = shared_media / "speech-emotion-recognition"
    neutral = _profile(engine, soundfile.read(folder / "03a05Nd.wav")[0], tmp_path / "neutral", emotion=False)
    emotion = _profile(engine, soundfile.read(folder / f"03a05{clip}.wav")[0], tmp_path / "emotion", emotion=True)
    levels = [style.f0_mean for style in _styles(engine, neutral, emotion)]
    ranges = [np.exp(style.f0_mean) * style.f0_spread for style in _styles(engine, neutral, emotion)]  # in Hz
    assert levels == sorted(levels, reverse=not higher)
    assert ranges == sorted(ranges, reverse=not higher)
    assert abs(levels[2] - emotion.style.f0_mean) < 0.5 * abs(levels[0] - emotion.style.f0_mean)


def _fields(style: Style) -> dict[str, object]:
    return {name: getattr(style, name) for name in Style.__slots__}
