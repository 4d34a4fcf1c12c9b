"""Signs of music and of singing in a recording.

What each of them gives for real speech, songs and both together is in docs/voice-quality.md.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vocasync.stages.quality import power_spectra
from vocasync.types import ANALYSIS_RATE, FloatArray

Doubles = NDArray[np.float64]

_TONE_WINDOW, _TONE_HOP = 1024, 256  # samples at 16 kHz
_TONE_BINS = 257  # up to 4 kHz
_TONE_BLOCK = 100  # frames, 1.6 s
_AROUND_TONE = 21  # bins whose mean a partial must stand out of
_STANDS_OUT = 1.0  # dB
_PARTIALS = 5
_LEAST_HELD = 0.05  # share of a block


def tonality(samples: FloatArray) -> float:
    """How long the strongest partials are held, 0 to 5: speech glides, music stays on its tones.

    In blocks of 1.6 s the share of frames is counted in which a frequency stands out of its neighbours; the five
    highest peaks of that over frequency are added up, and the median of the blocks taken (continuous frequency
    activation: K. Seyerlehner et al., "Automatic music detection in television productions", DAFx 2007).
    samples: shape (n,), mono at 16 kHz.
    """
    from scipy.ndimage import uniform_filter1d

    if len(samples) < _TONE_WINDOW:
        return 0.0
    level = 10 * np.log10(power_spectra(_even(samples), _TONE_WINDOW, _TONE_HOP)[:, :_TONE_BINS] + 1e-8)
    stands_out = level - uniform_filter1d(level, _AROUND_TONE, axis=1) > _STANDS_OUT
    starts = range(0, max(1, len(stands_out) - _TONE_BLOCK + 1), _TONE_BLOCK // 2)
    return float(np.median([_held_tones(stands_out[start : start + _TONE_BLOCK].mean(axis=0)) for start in starts]))


def _held_tones(shares: Doubles) -> float:
    from scipy.signal import find_peaks

    _, found = find_peaks(shares, prominence=_LEAST_HELD)
    return float(np.sort(found["prominences"])[-_PARTIALS:].sum())


def _even(samples: FloatArray) -> FloatArray:
    """The same sound at -26 dBFS, so that absolute thresholds mean the same everywhere."""
    level = float(np.sqrt(np.mean(np.square(samples, dtype=np.float64))))
    return np.asarray(samples * (0.05 / max(level, 1e-9)), np.float32)


_MEL_WINDOW, _MEL_HOP, _MEL_BANDS = 512, 160, 20
_SYLLABLES = (2.5, 8.0)  # Hz
_LEAST_FRAMES = 60


def modulation(samples: FloatArray) -> float:
    """How strongly the level changes at the pace of syllables (2.5 to 8 Hz), relative to its mean.

    The amplitude in 20 mel bands, its spectrum, each band weighted by its power (4 Hz modulation energy: E. Scheirer,
    M. Slaney, "Construction and evaluation of a robust multifeature speech/music discriminator", ICASSP 1997).
    Speech 0.4 and more, music 0.3 and less. samples: shape (n,), mono at 16 kHz; too short ones give 1.
    """
    if len(samples) < _MEL_WINDOW + _LEAST_FRAMES * _MEL_HOP:
        return 1.0
    bands = np.sqrt(power_spectra(_even(samples), _MEL_WINDOW, _MEL_HOP) @ _mel_bands().T)
    mean = bands.mean(axis=0) + 1e-9
    count = len(bands)
    spectrum = np.square(np.abs(np.fft.rfft((bands - mean) / mean * np.hanning(count)[:, None], axis=0)))
    hertz = np.fft.rfftfreq(count, _MEL_HOP / ANALYSIS_RATE)
    inside = (hertz >= _SYLLABLES[0]) & (hertz <= _SYLLABLES[1])
    power = spectrum[inside].sum(axis=0) / (0.375 * count * count / 2)
    return float(np.average(power, weights=mean**2))


def _mel_bands() -> Doubles:
    """Bands of equal width on the mel scale that overlap by half, shape (20, 257)."""
    mel = 2595 * np.log10(1 + np.fft.rfftfreq(_MEL_WINDOW, 1 / ANALYSIS_RATE) / 700)
    edges = np.linspace(mel[3], mel[-1], _MEL_BANDS + 2)
    bands: Doubles = ((mel >= edges[:-2, None]) & (mel < edges[2:, None])).astype(np.float64)
    return bands


_F0_STEP = 0.01
_LOWEST_F0, _HIGHEST_F0 = 65.0, 900.0
_REACH = 8  # frames to each side: a stretch of 0.17 s
_STEADY = 0.6  # semitones
_LEAST_SAMPLES = 3200  # 0.2 s


@dataclass(frozen=True, slots=True)
class Melody:
    """Shares from 0 to 1. voiced: of all frames. sustained: of the voiced ones, inside voiced stretches of 0.17 s and
    more. held: of those, on a steady note (within 0.6 semitones). Speech has up to 0.7 sustained and 0.3 held."""

    voiced: float = 0.0
    sustained: float = 0.0
    held: float = 0.0


def melody(samples: FloatArray) -> Melody:
    """Signs of singing, and of whispering. samples: shape (n,), mono at 16 kHz."""
    import pyworld

    wide = np.ascontiguousarray(samples, np.float64)
    if len(wide) < _LEAST_SAMPLES:
        return Melody()
    f0, times = pyworld.dio(wide, ANALYSIS_RATE, f0_floor=_LOWEST_F0, f0_ceil=_HIGHEST_F0, frame_period=1000 * _F0_STEP)
    f0 = pyworld.stonemask(wide, f0, times, ANALYSIS_RATE)
    voiced = int(np.count_nonzero(f0))
    if not voiced or len(f0) <= 2 * _REACH:
        return Melody(voiced / len(f0))
    around = np.lib.stride_tricks.sliding_window_view(f0, 2 * _REACH + 1)
    inside = around[(around > 0).all(axis=1)]
    steady = 12 * np.log2(inside.max(axis=1) / inside.min(axis=1)) < _STEADY if len(inside) else np.zeros(1)
    return Melody(voiced / len(f0), len(inside) / voiced, float(np.mean(steady)))
