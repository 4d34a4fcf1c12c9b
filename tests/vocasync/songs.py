"""Music to test with, made up here."""

from __future__ import annotations

import numpy as np

from vocasync.types import FloatArray

_ROOTS = (220.0, 196.0, 174.6, 196.0)  # Hz, one a second
_CHORD = (1.0, 1.26, 1.5, 2.0)
_NOTES = (220.0, 247.0, 262.0, 294.0, 330.0, 294.0, 262.0, 247.0)  # Hz, 0.6 s each
_FORMANTS = ((700.0, 120.0, 1.0), (1200.0, 150.0, 0.6), (2600.0, 250.0, 0.3))  # of an "ah": Hz, width, strength


def chords(seconds: float, rate: int) -> FloatArray:
    """Four chords over and over, as an organ plays them; peak 0.3."""
    time = np.arange(round(seconds * rate)) / rate
    root = np.array(_ROOTS)[time.astype(int) % len(_ROOTS)]
    phase = 2 * np.pi * np.cumsum(root) / rate
    return _levelled(sum(np.sin(step * harmonic * phase) / harmonic for step in _CHORD for harmonic in range(1, 7)))


def singing(seconds: float, rate: int) -> FloatArray:
    """A voice alone that sings a tune on one vowel, with vibrato; peak 0.3."""
    time = np.arange(round(seconds * rate)) / rate
    note = np.array(_NOTES)[(time / 0.6).astype(int) % len(_NOTES)] * (1 + 0.006 * np.sin(2 * np.pi * 5.5 * time))
    phase = 2 * np.pi * np.cumsum(note) / rate
    return _levelled(sum(_vowel(number * note) * np.sin(number * phase) for number in range(1, 25)))


def _vowel(frequency: np.ndarray) -> np.ndarray:
    peaks = [strength * np.exp(-(((frequency - hertz) / width) ** 2)) for hertz, width, strength in _FORMANTS]
    return np.asarray(0.02 + sum(peaks))


def _levelled(samples: np.ndarray) -> FloatArray:
    return np.asarray(0.3 * samples / np.abs(samples).max(), np.float32)
