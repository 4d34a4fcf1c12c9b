"""Pieces of speech joined so that nobody hears where: no click, no step in level, pauses as the text has them."""

from __future__ import annotations

import numpy as np
import pytest

from tests.vocasync.engines.tts.speech import talk
from vocasync.engines.tts import seams
from vocasync.types import FloatArray

RATE = 16_000


def tone(seconds: float, level: float = 0.3, hertz: float = 150.0) -> FloatArray:
    """A tone that begins and ends at its full level, in silence."""
    time = np.arange(round(seconds * RATE)) / RATE
    quiet = np.zeros(round(0.3 * RATE), np.float32)
    sound = (level * np.cos(2 * np.pi * hertz * time)).astype(np.float32)
    return np.concatenate([quiet, sound, quiet])


def pauses(samples: FloatArray) -> list[float]:
    """Seconds of each stretch of digital silence."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], (samples == 0).astype(int), [0]])))
    return [(end - start) / RATE for start, end in edges.reshape(-1, 2) if end - start > 0.01 * RATE]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("One.", 0.22),
        ("One!", 0.22),
        ("एक।", 0.22),
        ("ایک۔", 0.22),
        ("One,", 0.12),
        ("One —", 0.12),
        ("一、", 0.12),
        ("one", 0.03),
    ],
)
def test_the_pause_is_that_of_the_text(text: str, seconds: float) -> None:
    joined = seams.join([text, "two"], [tone(0.5), tone(0.4)], RATE)
    assert pauses(joined.samples) == [pytest.approx(seconds, abs=0.002)]
    assert joined.duration == pytest.approx(0.9 + seconds, abs=0.01), "the silence around the pieces is gone"


@pytest.mark.parametrize("offset", [0.0, 0.2])
def test_nothing_clicks(offset: float) -> None:
    """A click is a step from one sample to the next that is steeper than the sound itself ever is."""
    sounds = [tone(0.5, hertz=hertz)[4800:-4800] + np.float32(offset) for hertz in (150.0, 130.0)]
    steepest = float(np.abs(np.diff(sounds[0])).max())
    joined = seams.join(["one", "two"], sounds, RATE).samples
    assert np.abs(np.diff(joined)).max() <= 1.5 * steepest
    assert abs(joined[0]) < 0.01
    assert abs(joined[-1]) < 0.01


def level(sound: FloatArray) -> float:
    return float(10 * np.log10(np.mean(np.square(sound))))


def test_no_piece_stands_out_by_its_level() -> None:
    levels = (0.2, 0.05, 0.22, 0.6, 0.2)
    joined = seams.join(["one."] * 5, [tone(0.5, one) for one in levels], RATE).samples
    found = [level(joined[start : start + 6000]) for start in (np.arange(5) * 0.72 * RATE + 1000).astype(int)]
    assert max(found) - min(found) < 4.5
    assert found[1] < found[0] < found[3], "softer is still softer"


def test_pieces_of_real_speech_keep_their_sound() -> None:
    speech = talk("en-us", 4.0, RATE)
    whole = seams.join(["all of it."], [speech], RATE)
    inner = slice(2000, len(whole.samples) - 2000)
    loud = int(np.flatnonzero(np.abs(speech) > 10 ** (-45 / 20) * np.abs(speech).max())[0])
    assert np.array_equal(whole.samples[inner], speech[loud:][inner]), "one piece is not changed but at its edges"


def test_no_piece_becomes_louder_than_there_is_room_for() -> None:
    spiky = tone(0.5, 0.01)
    spiky[8000] = 0.9
    joined = seams.join(["one."] * 3, [tone(0.5), spiky, tone(0.5)], RATE)
    assert np.abs(joined.samples).max() <= 0.98


def test_silence_between_pieces_is_left_out() -> None:
    nothing = np.zeros(RATE, np.float32)
    joined = seams.join(["one.", "…", "two"], [tone(0.5), nothing, tone(0.5)], RATE)
    assert joined.duration == pytest.approx(1.22, abs=0.01)


@pytest.mark.parametrize("sounds", [[], [np.zeros(0, np.float32)], [np.zeros(RATE, np.float32)]])
def test_nothing_is_a_moment_of_silence(sounds: list[FloatArray]) -> None:
    joined = seams.join(["x"] * len(sounds), sounds, RATE)
    assert joined.duration == pytest.approx(0.1)
    assert not joined.samples.any()
