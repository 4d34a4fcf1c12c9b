"""The quick way from a spectrogram back to sound (D. Griffin and J. Lim, "Signal estimation from modified short-time
Fourier transform", 1984)."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.signal import lfilter
from torch import Tensor

from vocasync.engines.mel import EMPHASIS, FAINTEST, FLOOR_DB, HOP, LOUDEST, REFERENCE_DB, WINDOW, filters, transformed
from vocasync.engines.tts.sv2tts.chance import Chance
from vocasync.types import FloatArray

_POWER = 1.5  # what the magnitudes are raised to, so that what is faint is not heard
_ROUNDS = 60


def griffin_lim(spectrogram: Tensor, chance: Chance) -> FloatArray:
    """Sound of a spectrogram, shape (frames, MELS): phases are found that its magnitudes can have."""
    if len(spectrogram) < 2:  # one frame has no length
        return np.zeros(0, np.float32)
    magnitudes = torch.from_numpy(_magnitudes(spectrogram.numpy()))
    phases = torch.exp(2j * torch.pi * chance.uniform(*magnitudes.shape))
    for _ in range(_ROUNDS):
        guessed = transformed(_sounding(magnitudes * phases))
        phases = guessed / guessed.abs().clamp_min(FAINTEST)
    return deemphasised(_sounding(magnitudes * phases).numpy())


def deemphasised(samples: NDArray[np.floating]) -> FloatArray:
    """What was lifted of the high frequencies put down again, the peak at 0.9 where it would be above."""
    flat = lfilter([1.0], [1.0, -EMPHASIS], samples)
    peak = float(np.abs(flat).max(initial=0.0))
    found: FloatArray = (flat * min(1.0, 0.9 / max(peak, FAINTEST))).astype(np.float32)
    return found


def _magnitudes(spectrogram: FloatArray) -> FloatArray:
    decibels = (np.clip(spectrogram.T, -LOUDEST, LOUDEST) + LOUDEST) * -FLOOR_DB / (2.0 * LOUDEST) + FLOOR_DB
    linear = np.maximum(1e-10, _inverse() @ 10.0 ** ((decibels + REFERENCE_DB) / 20.0)) ** _POWER
    found: FloatArray = linear.astype(np.float32)
    return found


def _sounding(spectrum: Tensor) -> Tensor:
    return torch.istft(spectrum, WINDOW, HOP, window=torch.hann_window(WINDOW))


@lru_cache(maxsize=1)
def _inverse() -> NDArray[np.float64]:
    return np.linalg.pinv(filters()).astype(np.float64)
