"""The mel spectrogram that SV2TTS speaks by, and that Wav2Lip and Diff2Lip listen by."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.signal import lfilter
from torch import Tensor

from vocasync.engines.speaker.resemblyzer import slaney_filters
from vocasync.types import Audio, FloatArray

RATE, HOP, MELS, WINDOW = 16_000, 200, 80, 800
"""Hz; samples a frame; bands; samples that a frame looks at."""

LOUDEST = 4.0
"""A band's value goes from -LOUDEST to this."""

EMPHASIS = 0.97
FLOOR_DB, REFERENCE_DB = -100.0, 20.0
FAINTEST = 1e-5

_LOW, _HIGH = 55.0, 7600.0  # Hz


def mel(audio: Audio) -> FloatArray:
    """The spectrogram of sound at ``RATE``, shape (frames, MELS), from -LOUDEST to LOUDEST."""
    emphasised = torch.from_numpy(lfilter([1.0, -EMPHASIS], [1.0], audio.samples).astype(np.float32))
    magnitudes = transformed(emphasised).abs().numpy()
    decibels = 20.0 * np.log10(np.maximum(FAINTEST, filters() @ magnitudes)) - REFERENCE_DB
    scaled = 2.0 * LOUDEST * (decibels - FLOOR_DB) / -FLOOR_DB - LOUDEST
    found: FloatArray = np.clip(scaled, -LOUDEST, LOUDEST).T.astype(np.float32)
    return found


def transformed(samples: Tensor) -> Tensor:
    """The spectrum of samples, shape (n,), a column every ``HOP``: complex, shape (WINDOW // 2 + 1, 1 + n // HOP)."""
    return torch.stft(samples, WINDOW, HOP, window=torch.hann_window(WINDOW), pad_mode="constant", return_complex=True)


@lru_cache(maxsize=1)
def filters() -> NDArray[np.float64]:
    """What a spectrum's magnitudes are multiplied by, shape (MELS, WINDOW // 2 + 1)."""
    return slaney_filters(RATE, WINDOW, MELS, _LOW, _HIGH)
