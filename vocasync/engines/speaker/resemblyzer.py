"""Resemblyzer's speaker encoder: a GE2E LSTM (L. Wan et al., "Generalized end-to-end loss for speaker verification",
ICASSP 2018), with the weights that its package ships.

The front end (level, pauses, mel power) is the package's own, step for step, written on numpy and WebRTC's voice
activity detection: the package's runs through librosa, which takes many seconds to start.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import soxr
from numpy.typing import NDArray

from vocasync.engines.base import EngineConfig
from vocasync.errors import PipelineError
from vocasync.media.audio import resample
from vocasync.types import ANALYSIS_RATE, Audio, FloatArray

_WINDOW, _HOP, _MELS = 400, 160, 40  # samples, samples, bands
_PARTIAL = 160  # frames, 1.6 s
_STEP = 77  # frames between partials: 1.3 a second
_LEAST_COVERAGE = 0.75
_LEVEL = 10 ** (-30 / 20)
_VAD_WINDOW = 480  # samples, 30 ms
_VAD_SMOOTH, _VAD_REACH = 8, 7  # windows
_LONGEST = 30.0  # seconds of speech that are worth embedding
_PIECES = 6  # windows that a longer recording is heard in
_SHORTEST = 0.25  # seconds
_BATCH = 64  # partials at once, so that memory stays bounded
_STRETCH = 3000  # frames that windows are cut from at once, likewise
_WINDOW_POWER = 10 ** (-24 / 10)  # of each window: speakers of a meeting are easier told apart than at -30 dBFS
_FAINTEST = 10 ** (-70 / 10)  # power below which a window is taken for silence and raised no further


class Resemblyzer:
    """A voice as 256 numbers, all of them 0 or above."""

    name = "resemblyzer"
    dimensions = 256

    def __init__(self, model: Any) -> None:
        self._model = model

    def embed(self, audio: Audio) -> FloatArray:
        """L2-normalised embedding, shape (256,); of a long recording, from six windows of 5 s.

        Raises ``no_speech`` for audio without sound."""
        return self.embed_many([audio])[0]

    def embed_many(self, audios: Sequence[Audio]) -> list[FloatArray]:
        """Embeddings of several recordings, computed together: faster than one by one.

        Raises ``no_speech`` when one of them is without sound."""
        partials = [_partials(_prepared(audio)) for audio in audios]
        vectors = self._forward(np.concatenate(partials))
        ends = np.cumsum([len(one) for one in partials])
        return [_unit(part.mean(axis=0)) for part in np.split(vectors, ends[:-1])]

    def windows(self, audio: Audio, per_second: float) -> tuple[FloatArray, FloatArray]:
        """Who is heard when: embeddings of overlapping stretches of 1.6 s, with nothing cut out of the sound.

        Every stretch is brought to one level by itself, so that a piece of a recording gives what the whole does.
        Returns the stretches' middles in seconds, shape (n,), and L2-normalised embeddings, shape (n, 256). What is
        shorter than a stretch gives one of what there is; no samples give none."""
        sound = resample(audio, ANALYSIS_RATE).samples
        step = max(1, round(ANALYSIS_RATE / _HOP / per_second))
        count = 1 + max(0, len(sound) // _HOP - _PARTIAL) // step if len(sound) else 0
        missing = max(0, _PARTIAL * _HOP - len(sound))
        sound = np.pad(sound, (_WINDOW // 2, missing + _WINDOW // 2))
        size = max(1, min(_BATCH, _STRETCH // step))
        found = [
            self._forward(_stretches(sound, first * step, step, min(size, count - first)))
            for first in range(0, count, size)
        ]
        middle = min(audio.duration, _PARTIAL * _HOP / ANALYSIS_RATE) / 2
        times = middle + np.arange(count) * (step * _HOP / ANALYSIS_RATE)
        vectors = np.concatenate(found) if found else np.zeros((0, self.dimensions))
        return times.astype(np.float32), vectors.astype(np.float32)

    def _forward(self, mels: FloatArray) -> FloatArray:
        """Embeddings of partials, shape (n, 160, 40) to (n, 256)."""
        import torch

        with torch.inference_mode():
            found = [
                self._model(torch.from_numpy(mels[first : first + _BATCH])).numpy()
                for first in range(0, len(mels), _BATCH)
            ]
        return np.concatenate(found)


def create(config: EngineConfig) -> Resemblyzer:
    """The encoder on the CPU: it takes milliseconds there."""
    import torch

    torch.set_num_threads(1)  # as many processes as cores are at work; threads would only get in each other's way
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the package imports from places that SciPy and setuptools gave up
        from resemblyzer.voice_encoder import VoiceEncoder
    return Resemblyzer(VoiceEncoder("cpu", verbose=False).eval())


def _prepared(audio: Audio) -> FloatArray:
    """Mono speech at 16 kHz, quiet sound raised to -30 dBFS, long pauses cut out."""
    samples = np.asarray(_bounded(audio), np.float32)
    if audio.rate != ANALYSIS_RATE:
        samples = soxr.resample(samples, audio.rate, ANALYSIS_RATE)
    level = float(np.sqrt(np.mean(np.square(samples, dtype=np.float64)))) if len(samples) else 0.0
    if level < 1e-5 or len(samples) < _SHORTEST * ANALYSIS_RATE:
        raise PipelineError("no_speech", name="")
    samples = samples * np.float32(max(1.0, _LEVEL / level))
    speech = samples[_speech(samples)]
    return speech if len(speech) >= _SHORTEST * ANALYSIS_RATE else samples


def _bounded(audio: Audio) -> FloatArray:
    """The recording, or evenly spread windows of it that come to 30 s."""
    if audio.duration <= _LONGEST:
        return audio.samples
    length = round(_LONGEST / _PIECES * audio.rate)
    starts = np.linspace(0, len(audio.samples) - length, _PIECES).astype(int)
    return np.concatenate([audio.samples[start : start + length] for start in starts])


def _speech(samples: FloatArray) -> NDArray[np.bool_]:
    """Whether each sample is speech or in a short pause."""
    import webrtcvad
    from scipy.ndimage import binary_dilation

    detector = webrtcvad.Vad(3)
    count = len(samples) // _VAD_WINDOW
    pcm = np.round(np.clip(samples, -1, 1) * 32767).astype(np.int16)
    windows = [pcm[i * _VAD_WINDOW : (i + 1) * _VAD_WINDOW].tobytes() for i in range(count)]
    flags = np.array([detector.is_speech(window, ANALYSIS_RATE) for window in windows], dtype=float)
    padded = np.pad(flags, ((_VAD_SMOOTH - 1) // 2, _VAD_SMOOTH // 2))
    smooth = np.convolve(padded, np.ones(_VAD_SMOOTH) / _VAD_SMOOTH, "valid")
    kept = binary_dilation(np.round(smooth).astype(bool), np.ones(_VAD_REACH))
    mask = np.zeros(len(samples), dtype=bool)
    mask[: count * _VAD_WINDOW] = np.repeat(kept, _VAD_WINDOW)
    return mask


def _partials(samples: FloatArray) -> FloatArray:
    """Mel power of overlapping stretches of 1.6 s, shape (n, 160, 40)."""
    frames = -(-(len(samples) + 1) // _HOP)
    starts = list(range(0, max(1, frames - _PARTIAL + _STEP + 1), _STEP))
    covered = (len(samples) / _HOP - starts[-1]) / _PARTIAL
    if covered < _LEAST_COVERAGE and len(starts) > 1:
        starts.pop()
    wanted = (starts[-1] + _PARTIAL) * _HOP
    mel = _mel_power(np.pad(samples, (0, max(0, wanted - len(samples)))))
    return np.stack([mel[start : start + _PARTIAL] for start in starts])


def _stretches(padded: FloatArray, first: int, step: int, count: int) -> FloatArray:
    """Mel power of ``count`` stretches of 1.6 s, each at one level, from frame ``first`` on, shape (count, 160, 40).

    padded: sound with half a frame before and after it, as frames are centred."""
    begin, length = first * _HOP, ((count - 1) * step + _PARTIAL) * _HOP
    sound = padded[begin : begin + length + _WINDOW]
    mel, inside = _mel_frames(sound), np.square(sound[_WINDOW // 2 :], dtype=np.float64)
    starts = range(0, count * step, step)
    power = np.array([inside[start * _HOP : (start + _PARTIAL) * _HOP].mean() for start in starts])
    gain = (_WINDOW_POWER / np.maximum(power, _FAINTEST)).astype(np.float32)
    levelled: FloatArray = np.stack([mel[start : start + _PARTIAL] for start in starts]) * gain[:, None, None]
    return levelled


def _mel_power(samples: FloatArray) -> FloatArray:
    """Mel power every 10 ms, frames centred and the edges padded with silence, shape (frames, 40)."""
    return _mel_frames(np.pad(samples, _WINDOW // 2))


def _mel_frames(padded: FloatArray) -> FloatArray:
    """Mel power of every whole frame of 25 ms, 10 ms apart, shape (frames, 40)."""
    frames = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::_HOP]
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(_WINDOW) / _WINDOW)
    power = np.square(np.abs(np.fft.rfft(frames * window, axis=1)))
    mel: FloatArray = (power @ _filters().T).astype(np.float32)
    return mel


@lru_cache(maxsize=1)
def _filters() -> NDArray[np.float64]:
    return slaney_filters(ANALYSIS_RATE, _WINDOW, _MELS, 0.0, ANALYSIS_RATE / 2)


def slaney_filters(rate: int, window: int, bands: int, low: float, high: float) -> NDArray[np.float64]:
    """Triangular filters of unit area on Slaney's mel scale (linear to 1 kHz, then logarithmic) between two frequencies
    in Hz, shape (bands, window // 2 + 1): what a spectrum's magnitudes, or powers, are multiplied by."""
    hertz = np.arange(window // 2 + 1) * (rate / window)
    edges = _from_slaney(np.linspace(_to_slaney(low), _to_slaney(high), bands + 2))
    rise = (hertz[None] - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    fall = (edges[2:, None] - hertz[None]) / (edges[2:] - edges[1:-1])[:, None]
    filters: NDArray[np.float64] = np.maximum(0, np.minimum(rise, fall)) * (2 / (edges[2:] - edges[:-2]))[:, None]
    return filters


_LINEAR = 200 / 3  # Hz a mel below 1 kHz
_LOG_STEP = np.log(6.4) / 27


def _to_slaney(hertz: float) -> float:
    return 15 + float(np.log(hertz / 1000)) / _LOG_STEP if hertz >= 1000 else hertz / _LINEAR


def _from_slaney(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(mel >= 15, 1000 * np.exp(_LOG_STEP * (mel - 15)), mel * _LINEAR)


def _unit(vector: FloatArray) -> FloatArray:
    unit: FloatArray = vector / np.linalg.norm(vector)
    return unit
