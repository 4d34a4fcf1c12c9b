"""A tone laid over speech: melody and pace move with the strength, the words and the level stay."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.vocasync.engines.tts.speech import talk
from vocasync.engines import registry
from vocasync.engines.base import EngineConfig
from vocasync.engines.tts import prosody, style, world
from vocasync.engines.tts.style import Style
from vocasync.media.audio import resample
from vocasync.media.ffmpeg import decode_blocks
from vocasync.progress import Silent
from vocasync.stages.drift import Listener
from vocasync.types import Audio

RATE = 22_050


def style_of(audio: Audio) -> Style:
    return style.measure(world.analyse(audio, careful=True))


@pytest.fixture(scope="module")
def plain() -> Audio:
    """A low, even voice."""
    return Audio(talk("en-us+m3", 5.0, RATE), RATE)


@pytest.fixture(scope="module")
def lively() -> Style:
    """The style of a high, lively one."""
    return style_of(Audio(talk("en-us+f5", 5.0, RATE, pitch=80), RATE))


def test_the_melody_moves_with_the_strength(plain: Audio, lively: Style) -> None:
    own = style_of(plain)
    heights = [style_of(prosody.lay(plain, lively, strength)).f0_mean for strength in (0.25, 0.5, 0.75, 1.0)]
    assert own.f0_mean < heights[0] < heights[1] < heights[2] < heights[3]
    wanted = min(lively.f0_mean - own.f0_mean, 0.6)  # ten semitones at most
    assert heights[3] - own.f0_mean == pytest.approx(wanted, abs=0.12)
    assert heights[1] - own.f0_mean == pytest.approx(wanted / 2, abs=0.12)


def test_its_level_stays_and_its_length_follows_the_pace(plain: Audio, lively: Style) -> None:
    laid = prosody.lay(plain, lively, 1.0)
    levels = [np.sqrt(np.mean(one.samples**2)) for one in (plain, laid)]
    assert levels[1] == pytest.approx(levels[0], rel=0.1)
    assert np.abs(laid.samples).max() <= 1.0
    own = style.measure(world.analyse(plain, aperiodicity=True))
    wanted = plain.duration * own.pace / style.blend(own, lively, 1.0).pace
    assert laid.duration == pytest.approx(wanted, rel=0.02)


def test_no_strength_changes_nothing(plain: Audio, lively: Style) -> None:
    assert prosody.lay(plain, lively, 0.0) is plain


@pytest.mark.parametrize("seconds", [0.0, 0.02, 0.3])
def test_what_has_no_melody_comes_back_as_it_is(lively: Style, seconds: float) -> None:
    silence = Audio(np.zeros(round(seconds * RATE), np.float32), RATE)
    assert prosody.lay(silence, lively, 1.0) is silence


def test_noise_does_no_harm(lively: Style) -> None:
    noise = Audio(np.random.default_rng(0).normal(0, 0.1, RATE).astype(np.float32), RATE)
    laid = prosody.lay(noise, lively, 1.0)
    assert np.isfinite(laid.samples).all()
    assert 0.5 < laid.duration < 2.0


@pytest.mark.slow
def test_the_words_of_real_speech_stay(shared_media: Path, lively: Style) -> None:
    """A reading that a recogniser hears rightly is heard rightly with any tone laid over it."""
    text = "produced the block books, which were the immediate predecessors of the true printed book,"
    blocks = decode_blocks(shared_media / "TTS" / "LJ001-0004.flac", RATE, name="a reading", progress=Silent())
    speech = Audio(np.concatenate(list(blocks)), RATE)
    listener = Listener(registry.load("asr", "pocketsphinx", EngineConfig(network=False)), "en", 0.75)
    strengths = (0.0, 0.5, 1.0)
    laid = [resample(prosody.lay(speech, lively, strength), 16_000) for strength in strengths]
    drifts = listener.drifts([text] * 3, laid, Silent())
    print(dict(zip(strengths, np.round(drifts, 2), strict=True)))
    assert drifts[0] < 0.15
    assert max(drifts) < 0.45
    heights = [style_of(one).f0_mean for one in laid]
    assert heights[0] < heights[1] < heights[2]
