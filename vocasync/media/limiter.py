"""A look-ahead limiter for true peaks (ITU-R BS.1770-4, annex 2) without memory: it can be run block by block.

The gain at a sample depends on nothing further away than :func:`reach` samples, so a block that is given with that
much of its neighbours comes out as it would from the whole.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import minimum_filter1d
from scipy.signal import resample_poly

from vocasync.types import FloatArray

OVERSAMPLING = 4
_LOOK_SECONDS = 0.005
_FILTER_REACH = 16
"""Samples that the interpolating filter of ``resample_poly`` reaches to each side, rounded up."""


def reach(rate: int) -> int:
    """How many samples on each side a sample's gain depends on."""
    return 2 * _look(rate) + _FILTER_REACH


def limit(samples: FloatArray, rate: int, ceiling: float) -> tuple[FloatArray, float]:
    """Turn down what exceeds ``ceiling`` (linear, of the true peak), smoothly: shape (n,) in and out.

    Returns the samples and the smallest gain that was used (1 when nothing had to be done).
    """
    # Between samples a wave can rise above its neighbours by about 6 dB at worst in practice.
    if np.abs(samples).max(initial=0.0) <= ceiling / 2:
        return samples, 1.0
    wanted = np.minimum(1.0, ceiling / np.maximum(true_peaks(samples), 1e-9))
    if wanted.min() >= 1.0:
        return samples, 1.0
    look = _look(rate)
    held = minimum_filter1d(wanted, 2 * look + 1, mode="nearest")
    window = np.hanning(2 * look + 3)[1:-1]
    padded = np.pad(held, look, mode="edge")
    smooth = np.convolve(padded, window / window.sum(), mode="valid")
    return (samples * smooth).astype(np.float32), float(smooth.min())


def true_peaks(samples: FloatArray) -> FloatArray:
    """Largest absolute value around each sample, between the samples too: shape (n,), linear."""
    fine = np.abs(resample_poly(samples, OVERSAMPLING, 1)).reshape(-1, OVERSAMPLING).max(axis=1)
    before = np.concatenate([fine[:1], fine[:-1]])  # the interval that ends at a sample matters as the one it begins
    return np.asarray(np.maximum(fine, before), dtype=np.float32)


def _look(rate: int) -> int:
    return round(_LOOK_SECONDS * rate)
