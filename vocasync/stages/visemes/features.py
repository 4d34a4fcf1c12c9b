"""What is measured in speech a hundred times a second, and what that says: pauses, loudness.

Sound goes by in blocks, whatever its rate, so that only the measures of all of it are in memory (0.7 MB a minute with
cepstra, 0.14 without).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import soxr
from numpy.typing import NDArray

from vocasync.types import ANALYSIS_RATE, Audio, FloatArray, Region

Doubles = NDArray[np.float64]
Mask = NDArray[np.bool_]

STEP = 0.01
"""Seconds from one frame to the next; frame ``i`` is of the time around ``(i + 0.5) * STEP``."""

_HOP = round(STEP * ANALYSIS_RATE)
_WINDOW = 512
_BEFORE = (_WINDOW - _HOP) // 2  # of a window lies before its frame's own samples
_BLOCK_SECONDS = 20
_EMPHASIS = 0.95
_FLOOR = 1e-10

_MELS, _CEPSTRA = 32, 13
_MEL_BAND = (100.0, 6500.0)
_BANDS = {  # Hz
    "whole": (80.0, 8000.0),
    "speech": (250.0, 3500.0),
    "hiss": (4000.0, 8000.0),
    "close": (180.0, 420.0),  # F1 of a mouth that is nearly shut
    "open": (480.0, 1000.0),  # and of one that is open
    "back": (600.0, 1300.0),  # F2 of rounded lips
    "front": (1600.0, 3000.0),  # and of spread ones
}


def middles(count: int, rate: float) -> Doubles:
    """The times in the middle of frames, ``rate`` a second; shape (count,)."""
    times: Doubles = (np.arange(count, dtype=np.float64) + 0.5) / rate
    return times


def eased(share: Doubles) -> Doubles:
    """0 to 1 with a soft start and a soft end."""
    clipped = np.clip(share, 0.0, 1.0)
    soft: Doubles = clipped * clipped * (3 - 2 * clipped)
    return soft


@dataclass(frozen=True, slots=True)
class Features:
    """Measures of n frames. bands: dB in each of ``_BANDS``, shape (n, 7). cepstra: mel-frequency cepstral
    coefficients and their slopes, shape (n, 26), or (n, 0) where they were not asked for."""

    bands: FloatArray
    cepstra: FloatArray

    def __len__(self) -> int:
        return len(self.bands)

    def band(self, name: str) -> Doubles:
        """The level in a band, dB, shape (n,)."""
        return self.bands[:, list(_BANDS).index(name)].astype(np.float64)


def measure(speech: Audio, *, cepstra: bool = False) -> Features:
    """The features of mono speech of any length and rate, about ``ceil(duration / STEP)`` frames."""
    if speech.samples.ndim != 1:
        raise ValueError(f"speech must be mono, of shape (n,), not {speech.samples.shape}")
    bands = [np.zeros((0, len(_BANDS)), np.float32)]
    coefficients = [np.zeros((0, _CEPSTRA if cepstra else 0), np.float32)]
    for windows, emphasised in _windows(speech):
        power = _power(windows)
        bands.append(_decibels(power @ _band_weights()))
        if cepstra:
            coefficients.append(_cepstra(_power(emphasised)))
    found = np.concatenate(coefficients)
    return Features(np.concatenate(bands), _with_slopes(found) if cepstra else found)


def _windows(speech: Audio) -> Iterator[tuple[FloatArray, FloatArray]]:
    """Windows of the sound, shape (frames, 512), and the same with the high frequencies raised."""
    seen = np.zeros(_BEFORE + 1, np.float32)  # one sample more, for the emphasis
    for block, last in _blocks(speech):
        tail = -len(block) % _HOP + _WINDOW - _HOP - _BEFORE if last else 0
        seen = np.concatenate([seen, block, np.zeros(tail, np.float32)])
        frames = max(0, (len(seen) - 1 - _WINDOW) // _HOP + 1)
        if frames:
            cut = seen[1 : 1 + (frames - 1) * _HOP + _WINDOW]
            raised = cut - _EMPHASIS * seen[: len(cut)]
            yield _framed(cut), _framed(raised)
            seen = seen[frames * _HOP :]


def _framed(samples: FloatArray) -> FloatArray:
    return np.lib.stride_tricks.sliding_window_view(samples, _WINDOW)[::_HOP]


def _blocks(speech: Audio) -> Iterator[tuple[FloatArray, bool]]:
    """The sound at ``ANALYSIS_RATE``, block by block, and whether it was the last."""
    size = _BLOCK_SECONDS * speech.rate
    stream = soxr.ResampleStream(speech.rate, ANALYSIS_RATE, 1, dtype="float32", quality="HQ")
    for first in range(0, len(speech.samples), size):
        block = speech.samples[first : first + size]
        last = first + size >= len(speech.samples)
        yield (block if speech.rate == ANALYSIS_RATE else stream.resample_chunk(block, last=last)), last


def _power(windows: FloatArray) -> FloatArray:
    """Power spectra, shape (frames, 257)."""
    spectra = np.fft.rfft(windows * _hann(), axis=1)
    power: FloatArray = (spectra.real**2 + spectra.imag**2).astype(np.float32)
    return power


def _decibels(power: FloatArray) -> FloatArray:
    level: FloatArray = (10 * np.log10(power + _FLOOR)).astype(np.float32)
    return level


def _cepstra(power: FloatArray) -> FloatArray:
    from scipy.fft import dct

    levels = _decibels(power @ _mel_weights())
    coefficients: FloatArray = dct(levels, type=2, norm="ortho", axis=1)[:, :_CEPSTRA]
    return coefficients


def _with_slopes(cepstra: FloatArray) -> FloatArray:
    """The coefficients, and their slopes over five frames beside them."""
    padded = np.pad(cepstra, ((2, 2), (0, 0)), mode="edge") if len(cepstra) else np.zeros((4, _CEPSTRA), np.float32)
    slopes = (2 * (padded[4:] - padded[:-4]) + padded[3:-1] - padded[1:-3]) / 10
    return np.concatenate([cepstra, slopes], axis=1)


@lru_cache(maxsize=1)
def _hann() -> FloatArray:
    window: FloatArray = (np.hanning(_WINDOW) / np.hanning(_WINDOW).sum()).astype(np.float32)
    return window


def _hertz() -> Doubles:
    return np.arange(_WINDOW // 2 + 1) * np.float64(ANALYSIS_RATE / _WINDOW)


@lru_cache(maxsize=1)
def _band_weights() -> FloatArray:
    """From the bins of a spectrum to the bands, shape (257, 7)."""
    inside = [(_hertz() >= low) & (_hertz() <= high) for low, high in _BANDS.values()]
    return np.stack(inside, axis=1).astype(np.float32)


@lru_cache(maxsize=1)
def _mel_weights() -> FloatArray:
    """Triangular filters, evenly spaced in mel, of equal area; shape (257, 32)."""
    low, high = (1127 * np.log1p(edge / 700) for edge in _MEL_BAND)
    edges = 700 * np.expm1(np.linspace(low, high, _MELS + 2) / 1127)
    rising = (_hertz()[:, None] - edges[None, :-2]) / np.diff(edges)[None, :-1]
    falling = (edges[None, 2:] - _hertz()[:, None]) / np.diff(edges)[None, 1:]
    triangles = np.maximum(0.0, np.minimum(rising, falling)) * 2 / (edges[2:] - edges[:-2])
    weights: FloatArray = triangles.astype(np.float32)
    return weights


# --- pauses -----------------------------------------------------------------------------------------------------------
_INAUDIBLE = -75.0  # dB of full scale: digital silence, or as good as that
_RANGE = 40.0  # dB below the loudest in which the level of speech is looked for
_SHORTEST_PAUSE = 0.14
_SHORTEST_SOUND = 0.04  # what is shorter is a click


@dataclass(frozen=True, slots=True)
class Activity:
    """When something is said. speaking: of each frame. pauses: in order, seconds. level: dB of each frame. loud: the
    level of stressed vowels."""

    speaking: Mask
    pauses: tuple[Region, ...]
    level: Doubles
    loud: float


def activity(features: Features) -> Activity:
    """Tell speech from pauses: 0.14 s or longer, or at an end, and 22 to 38 dB below loud speech."""
    level = features.band("whole")
    audible = level[level > max(_INAUDIBLE, level.max(initial=-np.inf) - _RANGE)]
    if not len(audible):
        whole = (Region(0.0, len(level) * STEP),) if len(level) else ()
        return Activity(np.zeros(len(level), bool), whole, level, 0.0)
    loud = float(np.percentile(audible, 92))
    quiet = float(np.percentile(level[level > _INAUDIBLE], 4))
    speaking = level > min(loud - 22, max(quiet + 0.30 * (loud - quiet), loud - 38))
    speaking = _without_short(speaking, False, _SHORTEST_PAUSE)
    speaking = _without_short(speaking, True, _SHORTEST_SOUND)
    pauses = tuple(Region(first * STEP, last * STEP) for first, last in runs(~speaking))
    return Activity(speaking, pauses, level, float(np.percentile(level[speaking], 85)) if speaking.any() else loud)


def runs(mask: Mask) -> list[tuple[int, int]]:
    """Where a mask is true: first, and last but one."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
    return [(int(first), int(last)) for first, last in edges.reshape(-1, 2)]


def _without_short(mask: Mask, value: bool, seconds: float) -> Mask:
    """The mask with its stretches of ``value`` that are shorter turned over; silence at an end stays, however short."""
    changed = mask.copy()
    for first, last in runs(mask == value):
        inside = value or (first > 0 and last < len(mask))
        if inside and (last - first) * STEP < seconds - STEP / 2:
            changed[first:last] = not value
    return changed
