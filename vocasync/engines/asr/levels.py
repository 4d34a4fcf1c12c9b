"""Loudness, as recognisers and voice activity detectors want it."""

from __future__ import annotations

import numpy as np

from vocasync.types import FloatArray

FRAME = 400
"""Samples a measure: 25 ms at 16 kHz."""

_SPEECH_DB = -23.0
_MAX_GAIN = 100.0


def frame_levels(samples: FloatArray) -> FloatArray:
    """Root mean square of each whole 25 ms frame of 16 kHz sound; shape (n // 400,)."""
    whole = len(samples) // FRAME * FRAME
    frames = samples[:whole].reshape(-1, FRAME)
    levels: FloatArray = np.sqrt(np.mean(frames**2, axis=1) + 1e-12, dtype=np.float32)
    return levels


def speech_gain(levels: FloatArray) -> float:
    """The factor that brings the speech-active frames to about -23 dBFS (40 dB at most).

    levels: frame RMS from :func:`frame_levels`. A frame is active within 14 dB of the 95th percentile.
    """
    if len(levels) == 0:
        return 1.0
    active = levels[levels > 0.2 * np.percentile(levels, 95)]
    level = float(np.sqrt(np.mean(np.square(active)))) if len(active) else 0.0
    return min(10 ** (_SPEECH_DB / 20) / max(level, 1e-5), _MAX_GAIN)
