"""Voices laid on other voices, tried with voices of eSpeak NG: what is moved, what is chosen, what stays as it is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.vocasync.engines.tts.speech import talk
from vocasync.engines.tts import recolour, style, world
from vocasync.engines.tts.matching import Colour, distance
from vocasync.engines.tts.neural import Arrays
from vocasync.engines.tts.profile import Profile
from vocasync.engines.tts.recolour import Palette
from vocasync.errors import PipelineError
from vocasync.types import Audio, Match, VoiceReference

RATE = 24_000
OWN = {"low": ("en-us+m3", 20), "middle": ("en-us+m6", 60), "high": ("en-us+f5", 70)}


def spoken(name: str, seconds: float = 6.0) -> Audio:
    voice, pitch = OWN[name]
    return Audio(talk(voice, seconds, RATE, pitch=pitch), RATE)


def told(folder: Path, voice: str, pitch: int) -> Arrays:
    path = folder / f"{voice}-{pitch}.wav"
    soundfile.write(path, talk(voice, 8.0, 16_000, pitch=pitch), 16_000)
    return recolour.arrays_of(VoiceReference(path))


def measured(audio: Audio) -> Profile:
    frames = world.analyse(audio, careful=True)
    return Profile(style.measure(frames), Colour.of(frames))


@pytest.fixture(scope="module")
def palette() -> Palette:
    return Palette(spoken)


@pytest.fixture(scope="module")
def wanted(tmp_path_factory: pytest.TempPathFactory) -> Arrays:
    return told(tmp_path_factory.mktemp("wanted"), "en-us+f2", 80)


def test_the_nearest_in_pitch_is_chosen(palette: Palette, wanted: Arrays, tmp_path: Path) -> None:
    assert palette.nearest(wanted, tuple(OWN)) == "high"
    assert palette.nearest(told(tmp_path, "en-us+m1", 15), tuple(OWN)) == "low"
    assert palette.nearest(wanted, ("low",)) == "low"


@pytest.mark.parametrize("match", list(Match))
def test_a_voice_is_moved_to_the_pitch_and_the_colour_of_another(
    palette: Palette, wanted: Arrays, match: Match
) -> None:
    before = spoken("low", 5.0)
    after = palette.lay(before, "low", wanted, match)
    assert after.rate == RATE
    assert len(after.samples) == len(before.samples)
    assert after.samples.dtype == np.float32
    target, old, new = Profile.of_arrays(wanted), measured(before), measured(after)
    assert abs(new.style.f0_mean - target.style.f0_mean) < 0.1 < abs(old.style.f0_mean - target.style.f0_mean)
    assert target.colour is not None
    assert old.colour is not None
    assert new.colour is not None
    assert distance(target.colour, new.colour) < 0.5 * distance(target.colour, old.colour)
    level = [float(np.sqrt(np.mean(audio.samples**2))) for audio in (before, after)]
    assert level[1] == pytest.approx(level[0], rel=0.1)


def test_a_tone_moves_it_further(palette: Palette, wanted: Arrays) -> None:
    sound, own = spoken("low", 4.0), Profile.of_arrays(recolour.arrays_of_audio(spoken("low")))
    tone = measured(spoken("low")).style
    heights = [
        measured(palette.lay_on(sound, own, wanted, Match.CLEAR, (tone, strength))).style.f0_mean
        for strength in (0.0, 0.5, 1.0)
    ]
    assert heights[0] > heights[1] > heights[2]


def test_what_cannot_be_moved_stays(palette: Palette, wanted: Arrays) -> None:
    for samples in (np.zeros(0, np.float32), np.zeros(RATE, np.float32), spoken("low").samples[:400]):
        audio = Audio(samples, RATE)
        assert palette.lay(audio, "low", wanted, Match.CLOSE) is audio
    brief = Palette(lambda name: Audio(spoken(name).samples[:3000], RATE))
    sound = spoken("low", 2.0)
    assert brief.lay(sound, "low", wanted, Match.CLOSE) is sound
    assert brief.nearest(wanted, tuple(OWN)) in OWN


def test_too_short_a_clip_is_refused(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", talk("en-us", 0.8, 16_000), 16_000)
    with pytest.raises(PipelineError) as caught:
        recolour.arrays_of(VoiceReference(tmp_path / "a.wav"))
    assert caught.value.code == "reference_too_short"
