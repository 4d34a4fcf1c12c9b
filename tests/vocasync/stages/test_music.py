"""Signs of music: songs that are made up here have them, speech has not."""

from __future__ import annotations

import numpy as np
import pytest

from tests.vocasync.engines.tts.speech import talk
from tests.vocasync.songs import chords, singing
from vocasync.stages.music import Melody, melody, modulation, tonality
from vocasync.types import ANALYSIS_RATE, FloatArray


@pytest.fixture(scope="module")
def speech() -> FloatArray:
    return talk("en-us", 6.0, ANALYSIS_RATE)


def test_held_chords_are_tonal_and_speech_is_not(speech: FloatArray) -> None:
    assert tonality(chords(6.0, ANALYSIS_RATE)) > 4.0
    assert tonality(speech) < 3.5


def test_the_louder_the_music_the_more_tonal(speech: FloatArray) -> None:
    music = chords(6.0, ANALYSIS_RATE)
    music *= np.sqrt(np.mean(speech**2) / np.mean(music**2))
    found = [tonality(speech + gain * music) for gain in (0.0, 0.3, 1.0, 3.0)]
    assert found == sorted(found)


def test_syllables_modulate_speech_and_not_music(speech: FloatArray) -> None:
    assert modulation(speech) > 0.4
    assert modulation(chords(6.0, ANALYSIS_RATE)) < 0.1
    assert modulation(np.random.default_rng(1).normal(size=6 * ANALYSIS_RATE).astype(np.float32)) < 0.05


def test_level_does_not_matter(speech: FloatArray) -> None:
    assert tonality(0.01 * speech) == pytest.approx(tonality(speech), rel=0.01)
    assert modulation(0.01 * speech) == pytest.approx(modulation(speech), rel=0.01)


def test_singers_hold_their_notes(speech: FloatArray) -> None:
    sung, spoken = melody(singing(6.0, ANALYSIS_RATE)), melody(speech)
    assert sung.held > 0.3 > spoken.held
    assert sung.sustained > 0.7 > spoken.sustained


def test_noise_has_no_voice() -> None:
    noise = np.random.default_rng(1).normal(size=3 * ANALYSIS_RATE).astype(np.float32)
    assert melody(0.1 * noise).voiced < 0.02


def test_next_to_nothing_gives_no_sign() -> None:
    short = np.zeros(100, np.float32)
    assert (tonality(short), modulation(short), melody(short)) == (0.0, 1.0, Melody())
    assert melody(np.zeros(ANALYSIS_RATE, np.float32)) == Melody()
