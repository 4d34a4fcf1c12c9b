"""Pieces of a recording in a file of their own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile

from tests import factory
from vocasync.media.excerpt import PAUSE_SECONDS, excerpt
from vocasync.progress import Silent
from vocasync.types import Region

RATE = 24_000


def pitch(samples: np.ndarray) -> float:
    """Hz of the strongest partial."""
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum) * RATE / len(samples))


def test_pieces_come_in_order_with_silence_after_each(tmp_path: Path) -> None:
    """A tone of another height each ten seconds: a piece within a block, one over two blocks, one past the end."""
    tones = np.concatenate([factory.tone_samples(10.0, 200.0 * (1 + n)) for n in range(4)])
    source = factory.write(tmp_path / "tones.wav", tones)
    pieces = [Region(2.0, 4.0), Region(19.0, 21.0), Region(24.0, 25.0), Region(39.5, 41.0)]
    excerpt(source, "tones.wav", pieces, tmp_path / "out.wav", RATE, Silent())
    samples, rate = soundfile.read(tmp_path / "out.wav")
    assert rate == RATE
    pause = round(PAUSE_SECONDS * RATE)
    assert len(samples) == round((2.0 + 2.0 + 1.0 + 0.5) * RATE) + 4 * pause
    at = 0
    for seconds, heights in ((2.0, (200, 200)), (2.0, (400, 600)), (1.0, (600, 600)), (0.5, (800, 800))):
        piece = samples[at : at + round(seconds * RATE)]
        middle = len(piece) // 2
        assert np.allclose([pitch(piece[:middle]), pitch(piece[middle:])], heights, atol=6)
        assert not samples[at + len(piece) : at + len(piece) + pause].any()
        at += len(piece) + pause


def test_one_piece_at_the_beginning_of_a_long_recording(tmp_path: Path) -> None:
    source = factory.tone(tmp_path / "tone.wav", 60.0)
    excerpt(source, "tone.wav", [Region(0.0, 1.0)], tmp_path / "out.wav", RATE, Silent())
    assert soundfile.info(tmp_path / "out.wav").frames == round((1.0 + PAUSE_SECONDS) * RATE)
