from __future__ import annotations

import warnings

import numpy as np
import pytest

from tests import factory
from vocasync.media.limiter import limit, reach, true_peaks
from vocasync.media.loudness import block_powers, gain, integrated, loudness
from vocasync.types import Audio


def independent(samples: np.ndarray, rate: int) -> float:
    import pyloudnorm

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return float(pyloudnorm.Meter(rate).integrated_loudness(samples.astype(float)))


@pytest.mark.parametrize("rate", [16_000, 22_050, 48_000])
@pytest.mark.parametrize("level", [1.0, 0.05])
def test_loudness_agrees_with_another_meter(rate: int, level: float) -> None:
    speech = factory.speech_samples(rate=rate) * np.float32(level)
    padded = np.concatenate([speech, np.zeros(rate * 3, np.float32), speech])
    assert loudness(Audio(padded, rate)) == pytest.approx(
        independent(padded, rate), abs=0.15
    )  # filters differ a little


def test_the_reference_tone_of_the_standard() -> None:
    # EBU Tech 3341, case 1: a stereo 1 kHz sine at -23 dBFS reads -23 LUFS; one channel of it 3 LU less
    sine = Audio(factory.tone_samples(10, 1000, 48_000, gain(-23)), 48_000)
    assert loudness(sine) == pytest.approx(-26.0, abs=0.1)


def test_blocks_of_two_recordings_are_measured_as_one() -> None:
    first = Audio(factory.speech_samples(), 16_000)
    second = Audio(factory.speech_samples("Another voice, and other words.", "en+f2"), 16_000)
    joined = np.concatenate([block_powers(first), block_powers(second)])
    both = np.concatenate([first.samples, second.samples])
    assert integrated(joined) == pytest.approx(independent(both, 16_000), abs=0.2)


def test_short_sounds_and_silence() -> None:
    short = Audio(factory.tone_samples(0.1, 1000, 48_000), 48_000)
    long = Audio(factory.tone_samples(3, 1000, 48_000), 48_000)
    assert loudness(short) == pytest.approx(loudness(long), abs=0.3)
    assert loudness(Audio(np.zeros(48_000, np.float32), 48_000)) is None
    assert loudness(Audio(np.zeros(0, np.float32), 48_000)) is None


def test_true_peaks_see_between_the_samples() -> None:
    # a sine at a quarter of the rate, sampled 45 degrees off its crests: samples reach 0.707 of the peak only
    phase = np.pi / 2 * np.arange(4_800) + np.pi / 4
    sine = (0.9 * np.sin(phase)).astype(np.float32)
    assert np.abs(sine).max() == pytest.approx(0.636, abs=0.01)
    assert true_peaks(sine)[100:-100].max() == pytest.approx(0.9, abs=0.02)


def test_the_limiter_holds_the_ceiling_and_leaves_the_rest() -> None:
    rate = 48_000
    sound = factory.tone_samples(3, 200, rate, 0.4)
    sound[rate : rate + 4_800] *= 3
    limited, lowest = limit(sound, rate, 0.8)
    assert true_peaks(limited).max() <= 0.801
    assert lowest == pytest.approx(0.8 / 1.2, abs=0.02)
    untouched = slice(0, rate - reach(rate))
    assert np.array_equal(limited[untouched], sound[untouched])
    assert np.abs(np.diff(limited)).max() < 1.2 * 2 * np.pi * 200 / rate  # no steps of its own


def test_what_is_quiet_is_not_touched() -> None:
    sound = factory.tone_samples(1, 200, 48_000, 0.7)
    limited, lowest = limit(sound, 48_000, 0.8)
    assert limited is sound
    assert lowest == 1.0
