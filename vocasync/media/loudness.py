"""Loudness after ITU-R BS.1770-4, in pieces: block powers can be gathered while a long recording streams by.

Values are LUFS of one channel. Where :func:`pyloudnorm.Meter.integrated_loudness` needs the whole signal, here the
K-weighted power of each 400 ms block is kept, and gated afterwards.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from vocasync.types import Audio

BLOCK_SECONDS = 0.4
HOP_SECONDS = 0.1
SILENCE = -70.0
"""Absolute gate in LUFS; what lies below is not speech."""

Powers = NDArray[np.float64]


def block_powers(audio: Audio) -> Powers:
    """Mean K-weighted power of each block of 400 ms, every 100 ms: shape (blocks,), at least one for any sound.

    Sound shorter than a block counts as one block of its own length; its power is then that of what there is.
    """
    from scipy.signal import sosfilt  # takes a second to import, which who measures no loudness need not wait for

    if not len(audio.samples):
        return np.zeros(0)
    weighted = sosfilt(_k_weighting(audio.rate), audio.samples.astype(np.float64))
    size, hop = round(BLOCK_SECONDS * audio.rate), round(HOP_SECONDS * audio.rate)
    if len(weighted) <= size:
        return np.array([np.mean(weighted**2)])
    totals = np.concatenate([[0.0], np.cumsum(weighted**2)])
    starts = np.arange(0, len(weighted) - size + 1, hop)
    return np.asarray((totals[starts + size] - totals[starts]) / size)


def integrated(powers: Powers) -> float | None:
    """Gated loudness in LUFS of blocks from :func:`block_powers`; None when all of it is below the absolute gate."""
    loud = powers[powers > _power(SILENCE)]
    if not len(loud):
        return None
    gated = loud[loud > loud.mean() * 10 ** (-10 / 10)]  # relative gate: 10 LU below the ungated loudness
    return float(-0.691 + 10 * np.log10(gated.mean()))


def loudness(audio: Audio) -> float | None:
    """Integrated loudness in LUFS; None for silence."""
    return integrated(block_powers(audio))


def gain(decibels: float) -> float:
    """The factor that a level in dB stands for."""
    return float(10 ** (decibels / 20))


def _power(lufs: float) -> float:
    return float(10 ** ((lufs + 0.691) / 10))


@lru_cache(maxsize=8)
def _k_weighting(rate: int) -> NDArray[np.float64]:
    """Second-order sections of the K filter at any rate: the analogue prototype of BS.1770's table for 48 kHz.

    Parameters as re-derived by De Man, "Evaluation of Implementations of the EBU R128 Loudness Measurement", 2018.
    """
    return np.array([_high_shelf(rate, 1681.974450955533, 3.999843853973347, 0.7071752369554196),
                     _high_pass(rate, 38.13547087602444, 0.5003270373238773)])  # fmt: skip


def _high_shelf(rate: int, frequency: float, decibels: float, quality: float) -> list[float]:
    k = np.tan(np.pi * frequency / rate)
    high = 10 ** (decibels / 20)
    band = high**0.4996667741545416
    scale = 1 + k / quality + k * k
    b = [(high + band * k / quality + k * k) / scale, 2 * (k * k - high) / scale]
    b.append((high - band * k / quality + k * k) / scale)
    return [*b, 1.0, 2 * (k * k - 1) / scale, (1 - k / quality + k * k) / scale]


def _high_pass(rate: int, frequency: float, quality: float) -> list[float]:
    k = np.tan(np.pi * frequency / rate)
    scale = 1 + k / quality + k * k
    return [1.0, -2.0, 1.0, 1.0, 2 * (k * k - 1) / scale, (1 - k / quality + k * k) / scale]
