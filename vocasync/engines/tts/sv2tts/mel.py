"""The spectrogram between the synthesizer and a vocoder, and the quick way from it back to sound (D. Griffin and
J. Lim, "Signal estimation from modified short-time Fourier transform", 1984)."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.signal import lfilter
from torch import Tensor

from vocasync.engines.speaker.resemblyzer import slaney_filters
from vocasync.engines.tts.sv2tts.chance import Chance
from vocasync.types import Audio, FloatArray

RATE, HOP, MELS = 16_000, 200, 80
"""Hz; samples a frame; bands."""

LOUDEST = 4.0
"""A band's value goes from -LOUDEST to this."""

_WINDOW, _LOW, _HIGH = 800, 55.0, 7600.0  # samples, Hz, Hz
_EMPHASIS = 0.97
_FLOOR_DB, _REFERENCE_DB = -100.0, 20.0
_FAINTEST = 1e-5
_POWER = 1.5  # what the magnitudes are raised to, so that what is faint is not heard
_ROUNDS = 60


def mel(audio: Audio) -> FloatArray:
    """The spectrogram of sound at ``RATE``, shape (frames, MELS), from -LOUDEST to LOUDEST."""
    emphasised = torch.from_numpy(lfilter([1.0, -_EMPHASIS], [1.0], audio.samples).astype(np.float32))
    magnitudes = _transformed(emphasised).abs().numpy()
    decibels = 20.0 * np.log10(np.maximum(_FAINTEST, _filters() @ magnitudes)) - _REFERENCE_DB
    scaled = 2.0 * LOUDEST * (decibels - _FLOOR_DB) / -_FLOOR_DB - LOUDEST
    found: FloatArray = np.clip(scaled, -LOUDEST, LOUDEST).T.astype(np.float32)
    return found


def griffin_lim(spectrogram: Tensor, chance: Chance) -> FloatArray:
    """Sound of a spectrogram, shape (frames, MELS): phases are found that its magnitudes can have."""
    if len(spectrogram) < 2:  # one frame has no length
        return np.zeros(0, np.float32)
    magnitudes = torch.from_numpy(_magnitudes(spectrogram.numpy()))
    phases = torch.exp(2j * torch.pi * chance.uniform(*magnitudes.shape))
    for _ in range(_ROUNDS):
        guessed = _transformed(_sounding(magnitudes * phases))
        phases = guessed / guessed.abs().clamp_min(_FAINTEST)
    return deemphasised(_sounding(magnitudes * phases).numpy())


def deemphasised(samples: NDArray[np.floating]) -> FloatArray:
    """What was lifted of the high frequencies put down again, the peak at 0.9 where it would be above."""
    flat = lfilter([1.0], [1.0, -_EMPHASIS], samples)
    peak = float(np.abs(flat).max(initial=0.0))
    found: FloatArray = (flat * min(1.0, 0.9 / max(peak, _FAINTEST))).astype(np.float32)
    return found


def _magnitudes(spectrogram: FloatArray) -> FloatArray:
    decibels = (np.clip(spectrogram.T, -LOUDEST, LOUDEST) + LOUDEST) * -_FLOOR_DB / (2.0 * LOUDEST) + _FLOOR_DB
    linear = np.maximum(1e-10, _inverse() @ 10.0 ** ((decibels + _REFERENCE_DB) / 20.0)) ** _POWER
    found: FloatArray = linear.astype(np.float32)
    return found


def _transformed(samples: Tensor) -> Tensor:
    return torch.stft(
        samples, _WINDOW, HOP, window=torch.hann_window(_WINDOW), pad_mode="constant", return_complex=True
    )


def _sounding(spectrum: Tensor) -> Tensor:
    return torch.istft(spectrum, _WINDOW, HOP, window=torch.hann_window(_WINDOW))


@lru_cache(maxsize=1)
def _filters() -> NDArray[np.float64]:
    return slaney_filters(RATE, _WINDOW, MELS, _LOW, _HIGH)


@lru_cache(maxsize=1)
def _inverse() -> NDArray[np.float64]:
    return np.linalg.pinv(_filters()).astype(np.float64)
