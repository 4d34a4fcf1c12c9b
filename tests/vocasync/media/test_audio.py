from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests import factory
from vocasync.media import audio
from vocasync.types import Audio


def test_a_slice_is_exact_and_stays_inside(tmp_path: Path) -> None:
    ramp = np.linspace(-1, 1, 16_000, dtype=np.float32)
    path = factory.write(tmp_path / "ramp.wav", ramp)
    assert np.allclose(audio.read_slice(path, 0.25, 0.5).samples, ramp[4000:8000], atol=1e-4)
    assert len(audio.read_slice(path, -1, 0.1).samples) == 1600
    assert len(audio.read_slice(path, 0.9, 5).samples) == 1600
    assert len(audio.read_slice(path, 2, 3).samples) == 0


def test_two_channels_become_one(tmp_path: Path) -> None:
    left = factory.tone_samples(0.5)
    path = factory.write(tmp_path / "two.wav", np.stack([left, left / 2], axis=1))
    assert np.allclose(audio.read(path).samples, left * 0.75, atol=1e-4)


@pytest.mark.parametrize("rate", [8_000, 22_050, 48_000])
def test_another_rate_keeps_time_and_pitch(rate: int) -> None:
    tone = Audio(factory.tone_samples(1.0, 500), 16_000)
    other = audio.resample(tone, rate)
    assert other.rate == rate
    assert other.duration == pytest.approx(1.0, abs=2 / rate)
    expected = factory.tone_samples(1.0, 500, rate)
    middle = slice(rate // 10, rate // 2)
    assert np.allclose(other.samples[middle], expected[middle], atol=5e-3)


def test_nothing_stays_nothing_at_another_rate() -> None:
    assert len(audio.resample(Audio(np.zeros(0, np.float32), 16_000), 48_000).samples) == 0


def test_fades_touch_the_edges_only() -> None:
    flat = Audio(np.ones(16_000, np.float32), 16_000)
    faded = audio.faded(flat, 0.01).samples
    assert faded[0] < 0.001
    assert faded[-1] < 0.001
    assert np.all(faded[160:-160] == 1)
    assert np.all(flat.samples == 1)
    assert len(audio.faded(Audio(np.ones(5, np.float32), 16_000), 0.01).samples) == 5


@pytest.mark.parametrize("length", [0, 3, 1800, 50_000, 700_001])
def test_peaks_are_those_of_every_stretch(length: int, tmp_path: Path) -> None:
    sound = np.random.default_rng(1).uniform(-0.9, 0.9, length).astype(np.float32)
    path = factory.write(tmp_path / "noise.wav", sound)
    points = min(1800, length)
    found = np.array(audio.peaks(path)).reshape(points, 2)
    edges = np.linspace(0, length, points + 1).astype(int)
    for number in range(0, points, 97):
        stretch = sound[edges[number] : edges[number + 1]]
        assert found[number] == pytest.approx([min(0, stretch.min()), max(0, stretch.max())], abs=2e-4)


def test_samples_as_16_bits_are_rounded_and_clipped() -> None:
    sound = np.array([0.0, 1.0, -1.0, 7.0, -7.0, 0.6 / 32767, -0.4 / 32767], dtype=np.float32)
    assert np.frombuffer(audio.pcm(sound), "<i2").tolist() == [0, 32767, -32767, 32767, -32767, 1, 0]
