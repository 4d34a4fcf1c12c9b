"""Measures of recordings whose noise, clipping and bandwidth are known because they were put in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr

from tests import factory
from tests.vocasync.engines.tts.speech import talk
from vocasync.stages.quality import (
    ClipMeter,
    bandwidth,
    evenly,
    frame_powers,
    integrated_loudness,
    noise_ratio,
    outline,
    read_regions,
    spread,
    unity,
)
from vocasync.types import FloatArray, Region

RATE = 24_000
PAUSE = 0.8
SPEECH = Region(PAUSE, PAUSE + 5.0)


@pytest.fixture(scope="module")
def speech() -> FloatArray:
    """Five seconds of speech between pauses."""
    pause = np.zeros(round(PAUSE * RATE), np.float32)
    return np.concatenate([pause, talk("en-us", 5.0, RATE), pause])


def _noise(like: FloatArray, decibels: float, seed: int = 1) -> FloatArray:
    """White noise ``decibels`` below the speech of the fixture."""
    spoken = like[round(SPEECH.start * RATE) : round(SPEECH.end * RATE)]
    level = np.sqrt(np.mean(spoken**2)) * 10 ** (-decibels / 20)
    return (np.random.default_rng(seed).normal(size=len(like)) * level).astype(np.float32)


# --- noise ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("decibels", [25.0, 15.0, 5.0])
def test_noise_is_measured_in_the_pauses(speech: FloatArray, tmp_path: Path, decibels: float) -> None:
    path = factory.write(tmp_path / "noisy.wav", speech + _noise(speech, decibels), RATE)
    assert noise_ratio(frame_powers(path), [SPEECH]) == pytest.approx(decibels, abs=1.0)


def test_a_knock_in_a_pause_is_not_noise(speech: FloatArray, tmp_path: Path) -> None:
    noisy = speech + _noise(speech, 25.0)
    noisy[2000:4000] += 0.3
    path = factory.write(tmp_path / "knock.wav", noisy, RATE)
    assert noise_ratio(frame_powers(path), [SPEECH]) == pytest.approx(25.0, abs=1.5)


def test_words_that_were_missed_are_not_noise(speech: FloatArray, tmp_path: Path) -> None:
    path = factory.write(tmp_path / "noisy.wav", speech + _noise(speech, 20.0), RATE)
    missed = [Region(SPEECH.start, SPEECH.start + 2.0)]
    assert noise_ratio(frame_powers(path), missed) == pytest.approx(20.0, abs=3.0)


def test_speech_without_pauses_has_its_quietest_moments(speech: FloatArray, tmp_path: Path) -> None:
    noisy = (speech + _noise(speech, 15.0))[round(SPEECH.start * RATE) : round(SPEECH.end * RATE)]
    path = factory.write(tmp_path / "dense.wav", noisy, RATE)
    assert noise_ratio(frame_powers(path), [Region(0.0, 5.0)]) == pytest.approx(15.0, abs=2.0)


def test_a_constant_is_not_noise(speech: FloatArray, tmp_path: Path) -> None:
    noisy = speech + _noise(speech, 25.0)
    plain, shifted = (
        noise_ratio(frame_powers(factory.write(tmp_path / f"{name}.wav", samples, RATE)), [SPEECH])
        for name, samples in (("plain", noisy), ("shifted", noisy + 0.2))
    )
    assert shifted == pytest.approx(plain, abs=0.5)


def test_muted_pauses_say_nothing(speech: FloatArray, tmp_path: Path) -> None:
    gated = speech + _noise(speech, 15.0)
    gated[: round(PAUSE * RATE)] = 0.0
    gated[round(SPEECH.end * RATE) :] = 0.0
    path = factory.write(tmp_path / "gated.wav", gated, RATE)
    assert noise_ratio(frame_powers(path), [SPEECH]) == pytest.approx(15.0, abs=2.0)


def test_too_little_speech_has_no_ratio(speech: FloatArray, tmp_path: Path) -> None:
    path = factory.write(tmp_path / "speech.wav", speech, RATE)
    assert noise_ratio(frame_powers(path), []) is None


# --- clipping ---------------------------------------------------------------------------------------------------------
def _share(samples: FloatArray, rate: int = RATE) -> float:
    meter = ClipMeter()
    for start in range(0, len(samples), 10 * rate):
        meter.add(samples[start : start + 10 * rate])
    return meter.share


def _clipped(samples: FloatArray, share: float) -> FloatArray:
    ceiling = np.quantile(np.abs(samples), 1 - share)
    return np.clip(samples, -ceiling, ceiling)


def test_speech_that_is_not_clipped_has_none(speech: FloatArray) -> None:
    assert _share(speech) == 0.0


@pytest.mark.parametrize("share", [0.003, 0.01, 0.05])
@pytest.mark.parametrize(
    "after", [lambda x: x, lambda x: 0.1 * x, lambda x: x + np.float32(0.1)], ids=["plain", "turned down", "shifted"]
)
def test_clipping_is_found_at_any_level(
    speech: FloatArray, share: float, after: Callable[[FloatArray], FloatArray]
) -> None:
    assert _share(after(_clipped(speech, share))) == pytest.approx(share, rel=0.35)


def test_clipping_of_one_side_is_found(speech: FloatArray) -> None:
    ceiling = float(np.quantile(speech, 0.99))
    assert _share(np.minimum(speech, ceiling)) == pytest.approx(0.01, rel=0.35)


def test_soft_tops_are_found_where_they_are_flat(speech: FloatArray) -> None:
    knee = np.quantile(np.abs(speech), 0.7)
    assert _share(np.tanh(speech / knee).astype(np.float32) * 0.4) > 0.03


def test_clipping_is_found_after_another_rate_and_a_lossy_codec(speech: FloatArray, tmp_path: Path) -> None:
    clipped = _clipped(speech, 0.03)
    assert _share(soxr.resample(clipped, RATE, 16_000), 16_000) > 0.01
    source = factory.write(tmp_path / "clipped.wav", clipped, RATE)
    factory.ffmpeg("-i", str(source), "-b:a", "64k", str(tmp_path / "clipped.mp3"))
    lossy, rate = soundfile.read(tmp_path / "clipped.mp3", dtype="float32")
    assert _share(lossy, rate) > 0.005


def test_the_worse_channel_counts(speech: FloatArray) -> None:
    meter = ClipMeter()
    meter.add(np.stack([0.2 * speech, _clipped(speech, 0.02)], axis=1))
    assert meter.share == pytest.approx(0.02, rel=0.35)


def test_silence_and_nothing_are_not_clipped() -> None:
    assert _share(np.zeros(RATE, np.float32)) == 0.0
    assert ClipMeter().share == 0.0


# --- bandwidth --------------------------------------------------------------------------------------------------------
def _cut(samples: FloatArray, hertz: float) -> FloatArray:
    spectrum = np.fft.rfft(samples)
    spectrum[np.fft.rfftfreq(len(samples), 1 / RATE) > hertz] = 0
    return np.fft.irfft(spectrum, len(samples)).astype(np.float32)


@pytest.mark.parametrize("hertz", [3400.0, 5000.0, 8000.0])
@pytest.mark.parametrize("noise", [None, 35.0])
def test_bandwidth_ends_where_the_speech_does(
    speech: FloatArray, tmp_path: Path, hertz: float, noise: float | None
) -> None:
    samples = _cut(speech, hertz)
    samples = samples if noise is None else samples + _noise(speech, noise)
    path = factory.write(tmp_path / "cut.wav", samples, RATE)
    assert bandwidth(path, [SPEECH], RATE / 2) == pytest.approx(hertz, rel=0.06)


def test_bandwidth_is_not_more_than_the_source_could_hold(speech: FloatArray, tmp_path: Path) -> None:
    path = factory.write(tmp_path / "speech.wav", speech, RATE)
    assert bandwidth(path, [SPEECH], 4000.0) == 4000.0
    assert bandwidth(path, [], 4000.0) is None


# --- the rest ---------------------------------------------------------------------------------------------------------
def test_loudness_is_that_of_the_whole(speech: FloatArray, tmp_path: Path) -> None:
    loud, soft = (
        integrated_loudness(factory.write(tmp_path / f"{gain}.wav", gain * speech, RATE)) for gain in (1.0, 0.1)
    )
    assert loud is not None
    assert soft == pytest.approx(loud - 20.0, abs=0.1)
    assert integrated_loudness(factory.silence(tmp_path / "silence.wav", 2.0)) is None


def test_the_outline_has_as_many_points_as_asked(tmp_path: Path) -> None:
    path = factory.write(tmp_path / "step.wav", np.repeat(np.float32([0.1, -0.5]), RATE), RATE)
    assert outline(path, 4) == [0.1, 0.1, 0.5, 0.5]


def test_long_recordings_are_looked_at_all_over() -> None:
    regions = [Region(float(start), start + 5.0) for start in range(0, 600, 10)]
    chosen = spread(regions, 30.0)
    assert sum(region.duration for region in chosen) == pytest.approx(30.0, abs=5.0)
    assert chosen[0].start < 60
    assert chosen[-1].end > 540
    assert spread(regions[:3], 30.0) == tuple(regions[:3])
    assert sum(region.duration for region in evenly(600.0)) == pytest.approx(60.0)
    assert evenly(42.0) == (Region(0.0, 42.0),)


def test_one_long_stretch_is_cut() -> None:
    assert spread([Region(2.0, 302.0)], 30.0) == (Region(2.0, 32.0),)


def test_regions_are_read_one_after_the_other(tmp_path: Path) -> None:
    path = factory.write(tmp_path / "steps.wav", np.repeat(np.float32([0.1, 0.2, 0.3]), RATE), RATE)
    sound = read_regions(path, [Region(0.5, 1.0), Region(2.0, 2.25)])
    assert sound.duration == pytest.approx(0.75)
    assert np.allclose(sound.samples[: RATE // 2], 0.1, atol=1e-3)
    assert np.allclose(sound.samples[RATE // 2 :], 0.3, atol=1e-3)


def test_unity_tells_one_cluster_from_two() -> None:
    rng = np.random.default_rng(2)

    def around(middle: FloatArray) -> FloatArray:
        found = middle + 0.1 * rng.normal(size=(20, 64))
        return (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float32)

    one, other = np.eye(64, dtype=np.float32)[:2]
    single, both = unity(around(one)), unity(np.concatenate([around(one), around(other)]))
    assert single is not None
    assert both is not None
    assert both < 0.3 < single
    assert unity(around(one)[:3]) is None
