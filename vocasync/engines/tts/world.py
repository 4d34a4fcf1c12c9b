"""Speech as F0, spectral envelope and aperiodicity, and back: the WORLD vocoder, with envelopes on a mel scale.

M. Morise, F. Yokomori, K. Ozawa, "WORLD: a vocoder-based high-quality speech synthesis system for real-time
applications", IEICE Trans. 2016; F0 by DIO and StoneMask, or Harvest where care matters more than time.
Frames are 5 ms apart. Envelopes are log power at 80 mel-spaced frequencies up to 8 kHz, so that speech at 16 kHz and
at 22.05 kHz is described alike; what lies above 8 kHz is carried along as it is.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.fft import dct, idct

from vocasync.types import Audio, FloatArray

Doubles = NDArray[np.float64]

FRAME_SECONDS = 0.005
BANDS = 80
TOP = 8000.0
"""Hz; the highest of the mel-spaced frequencies."""

_FFT = 1024
_LEVEL = 10 ** (-26 / 20)  # RMS that sound is brought to first, so that absolute thresholds mean the same everywhere
_FLOOR = 1e-12
_LOWEST_F0, _HIGHEST_F0 = 65.0, 500.0
_CHEAPTRICK_FLOOR = 71.0
_SHORTEST, _LEAST_VOICED = 0.1, 20  # seconds, and frames, in which a height can be heard
_JOIN = 6500.0  # Hz; above it the envelope's level decides how loud the part above 8 kHz is


@dataclass(frozen=True, slots=True)
class Frames:
    """Speech in frames; t of them.

    f0: Hz, 0 where unvoiced, shape (t,). envelope: log power less ``energy``, shape (t, 80). energy: log mean power up
    to 8 kHz, shape (t,). aperiodicity: log of the noise share, shape (t, 80), or (t, 0) when it was not asked for.
    upper: log power above 8 kHz relative to that just below, shape (t, bins); no bins at 16 kHz. rate: Hz.
    """

    f0: Doubles
    envelope: Doubles
    energy: Doubles
    aperiodicity: Doubles
    upper: Doubles
    rate: int

    @property
    def voiced(self) -> NDArray[np.bool_]:
        """Whether each frame is voiced, shape (t,)."""
        return self.f0 > 0

    @property
    def active(self) -> NDArray[np.bool_]:
        """Whether each frame is within 35 dB of the loudest ones, shape (t,)."""
        loud = np.percentile(self.energy, 97) if len(self.energy) else 0.0
        active: NDArray[np.bool_] = self.energy > loud - 35 * np.log(10) / 10
        return active

    def with_envelope(self, envelope: Doubles, aperiodicity: Doubles) -> Frames:
        """The same frames in another colour."""
        return replace(self, envelope=envelope, aperiodicity=aperiodicity)


def analyse(audio: Audio, *, careful: bool = False, aperiodicity: bool = False) -> Frames:
    """Frames of speech. audio: at 16 kHz or above, at least 20 ms.

    careful: Harvest for F0, some twenty times slower than DIO and better on real recordings.
    """
    import pyworld

    samples = np.ascontiguousarray(audio.samples, np.float64)
    samples = samples * (_LEVEL / (np.sqrt(np.mean(samples**2)) + 1e-9))
    find = pyworld.harvest if careful else pyworld.dio
    f0, times = find(samples, audio.rate, f0_floor=_LOWEST_F0, f0_ceil=_HIGHEST_F0, frame_period=FRAME_SECONDS * 1000)
    f0 = pyworld.stonemask(samples, f0, times, audio.rate)
    power = pyworld.cheaptrick(samples, f0, times, audio.rate, f0_floor=_CHEAPTRICK_FLOOR, fft_size=_FFT)
    noise = np.zeros((len(f0), 0))
    if aperiodicity:
        noise = np.log(pyworld.d4c(samples, f0, times, audio.rate, fft_size=_FFT) + 1e-4) @ _down(audio.rate).T
    log_power = np.log(power + _FLOOR)
    low = _bins_below_top(audio.rate)
    energy = np.log(power[:, :low].mean(axis=1) + _FLOOR)
    upper = log_power[:, low:] - log_power[:, _join_bins(audio.rate)].mean(axis=1, keepdims=True)
    return Frames(f0, log_power @ _down(audio.rate).T - energy[:, None], energy, noise, upper, audio.rate)


def analyse_all(audios: Iterable[Audio], *, careful: bool = False, aperiodicity: bool = False) -> Iterator[Frames]:
    """:func:`analyse` for several, side by side (WORLD works without the interpreter's lock), in their order."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        yield from pool.map(lambda audio: analyse(audio, careful=careful, aperiodicity=aperiodicity), audios)


def height(audio: Audio) -> float | None:
    """Median F0 in Hz of some speech, found quickly; None where hardly anything is voiced."""
    import pyworld

    if audio.duration < _SHORTEST:
        return None
    samples = np.ascontiguousarray(audio.samples, np.float64)
    f0, _ = pyworld.dio(
        samples, audio.rate, f0_floor=_LOWEST_F0, f0_ceil=_HIGHEST_F0, frame_period=FRAME_SECONDS * 1000
    )
    voiced = f0[f0 > 0]
    return float(np.median(voiced)) if len(voiced) >= _LEAST_VOICED else None


def resynthesise(frames: Frames) -> FloatArray:
    """The sound of frames that have an aperiodicity: float32 at their rate, RMS about -26 dBFS."""
    import pyworld

    log_power = frames.envelope @ _up(frames.rate).T
    log_power += (frames.energy - np.log(np.exp(log_power).mean(axis=1) + _FLOOR))[:, None]
    upper = frames.upper + log_power[:, _join_bins(frames.rate)].mean(axis=1, keepdims=True)
    noise = np.clip(np.exp(frames.aperiodicity @ _up(frames.rate).T), 1e-3, 1.0)
    noise[~frames.voiced] = 1.0
    noise = np.concatenate([noise, np.ones_like(upper)], axis=1)
    power = np.exp(np.concatenate([log_power, upper], axis=1)) + _FLOOR
    sound = pyworld.synthesize(
        np.ascontiguousarray(frames.f0), power, np.ascontiguousarray(noise), frames.rate, FRAME_SECONDS * 1000
    )
    sound *= _LEVEL / (np.sqrt(np.mean(sound**2)) + 1e-9)
    samples: FloatArray = sound.astype(np.float32)
    return samples


def cepstra(envelope: Doubles, count: int) -> Doubles:
    """The first ``count`` cepstral coefficients of envelopes, shape (t, count)."""
    coefficients: Doubles = dct(envelope, type=2, norm="ortho", axis=1)[:, :count]
    return coefficients


def from_cepstra(coefficients: Doubles) -> Doubles:
    """The (smoother) envelopes of cepstra, shape (t, 80)."""
    whole = np.zeros((len(coefficients), BANDS))
    whole[:, : coefficients.shape[1]] = coefficients
    envelope: Doubles = idct(whole, type=2, norm="ortho", axis=1)
    return envelope


def _mel(hertz: Doubles | float) -> Doubles:
    mel: Doubles = 1127 * np.log1p(np.asarray(hertz) / 700)
    return mel


@lru_cache(maxsize=4)
def centres() -> Doubles:
    """The mel-spaced frequencies in Hz, shape (80,)."""
    hertz: Doubles = 700 * np.expm1(np.linspace(0, _mel(TOP), BANDS) / 1127)
    return hertz


def _hertz(rate: int) -> Doubles:
    return np.arange(_FFT // 2 + 1, dtype=np.float64) * np.float64(rate / _FFT)


@lru_cache(maxsize=8)
def _bins_below_top(rate: int) -> int:
    return int(np.searchsorted(_hertz(rate), TOP, side="right"))


@lru_cache(maxsize=8)
def _join_bins(rate: int) -> slice:
    return slice(int(np.searchsorted(_hertz(rate), _JOIN)), _bins_below_top(rate))


@lru_cache(maxsize=8)
def _down(rate: int) -> Doubles:
    """Triangular weights from FFT bins to the mel-spaced frequencies, shape (80, bins)."""
    hertz, centre, step = _hertz(rate), centres(), rate / _FFT
    below = np.diff(centre, prepend=0.0)
    above = np.diff(centre, append=TOP)
    distance = hertz[None] - centre[:, None]
    width = np.maximum(np.where(distance < 0, below[:, None], above[:, None]), step)
    weights = np.maximum(0.0, 1 - np.abs(distance) / width)
    weights[:, hertz > TOP] = 0.0
    shares: Doubles = weights / weights.sum(axis=1, keepdims=True)
    return shares


@lru_cache(maxsize=8)
def _up(rate: int) -> Doubles:
    """Linear interpolation on the mel scale from the mel-spaced frequencies to FFT bins up to 8 kHz."""
    place = _mel(_hertz(rate)[: _bins_below_top(rate)]) / _mel(TOP) * (BANDS - 1)
    first = np.clip(np.floor(place).astype(int), 0, BANDS - 2)
    weights = np.zeros((len(place), BANDS))
    rows = np.arange(len(place))
    weights[rows, first] = 1 - (place - first)
    weights[rows, first + 1] = place - first
    return weights
