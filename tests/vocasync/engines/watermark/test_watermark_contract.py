"""What every watermark promises, tried on each one that is ready here."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest

from tests.vocasync.engines.tts.speech import talk
from vocasync.engines import registry
from vocasync.engines.base import EngineConfig, Watermarker
from vocasync.media.audio import read, resample, write
from vocasync.types import Audio

CONFIG = EngineConfig(network=False)
READY = [spec.name for spec in registry.specs("watermark") if registry.readiness(spec, CONFIG).ready]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", params=READY)
def watermarker(request: pytest.FixtureRequest) -> Watermarker:
    loaded = registry.load("watermark", request.param, CONFIG)
    assert isinstance(loaded, Watermarker)
    return loaded


def test_one_is_ready_where_the_project_is_tested() -> None:
    assert "perth" in READY


@pytest.mark.parametrize("rate", [16_000, 22_050, 24_000, 48_000])
@pytest.mark.parametrize("seconds", [0.4, 1.0, 3.5])
def test_a_marked_take_is_known_and_an_unmarked_one_is_not(watermarker: Watermarker, seconds: float, rate: int) -> None:
    plain = Audio(talk("en-us", seconds, rate), rate)
    marked = watermarker.mark(plain)
    assert (marked.rate, marked.samples.shape, marked.samples.dtype) == (rate, plain.samples.shape, np.float32)
    assert watermarker.detect(marked) > 0.95
    assert watermarker.detect(plain) < 0.2


@pytest.mark.parametrize("samples", [0, 1, 300, 2_000])
def test_short_sound_keeps_its_length(watermarker: Watermarker, samples: int) -> None:
    plain = Audio(talk("en-us", 1.0, 22_050)[:samples], 22_050)
    assert watermarker.mark(plain).samples.shape == (samples,)
    assert 0 <= watermarker.detect(plain) <= 1


def test_silence_stays_silent(watermarker: Watermarker) -> None:
    silence = Audio(np.zeros(22_050, np.float32), 22_050)
    assert not watermarker.mark(silence).samples.any()
    assert watermarker.detect(silence) == 0


@pytest.mark.parametrize("level", [0.01, 1.0])
def test_the_peak_is_no_higher_and_the_input_untouched(watermarker: Watermarker, level: float) -> None:
    sound = talk("en-us+f5", 2.0, 22_050)
    sound *= level / np.abs(sound).max()
    before = sound.copy()
    marked = watermarker.mark(Audio(sound, 22_050))
    assert np.array_equal(sound, before)
    assert np.abs(marked.samples).max() <= level * 1.0001
    assert watermarker.detect(marked) > 0.95


def test_what_is_above_the_mark_stays(watermarker: Watermarker) -> None:
    """Nothing is lost of sound at a high rate on its way through the network's own."""
    rate = 48_000
    hiss = 0.1 * np.sin(2 * np.pi * 20_000 * np.arange(2 * rate) / rate)
    sound = (0.5 * talk("en-us", 2.0, rate) + hiss).astype(np.float32)
    marked = watermarker.mark(Audio(sound, rate)).samples
    spectra = [np.abs(np.fft.rfft(one))[2 * 20_000] for one in (sound, marked)]
    assert spectra[1] == pytest.approx(spectra[0], rel=0.1)


def test_the_same_sound_gets_the_same_mark(watermarker: Watermarker) -> None:
    sound = Audio(talk("en-us", 1.0, 22_050), 22_050)
    assert np.array_equal(watermarker.mark(sound).samples, watermarker.mark(sound).samples)


@pytest.mark.parametrize("arguments", [("-c:a", "aac", "-b:a", "128k", "x.m4a"), ("-b:a", "64k", "x.mp3")])
def test_a_conversion_keeps_it(watermarker: Watermarker, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    *options, name = arguments
    marked = watermarker.mark(Audio(talk("en-us", 3.0, 24_000), 24_000))
    write(tmp_path / "marked.wav", resample(marked, 48_000))
    for source, out, how in (("marked.wav", name, options), (name, "back.wav", [])):
        subprocess.run(["ffmpeg", "-v", "error", "-i", tmp_path / source, *how, tmp_path / out], check=True)
    assert watermarker.detect(read(tmp_path / "back.wav")) > 0.95


def test_nothing_is_printed(watermarker: Watermarker, capfd: pytest.CaptureFixture[str]) -> None:
    registry.dotted(registry.spec("watermark", watermarker.name).path)(CONFIG)
    assert capfd.readouterr() == ("", "")
