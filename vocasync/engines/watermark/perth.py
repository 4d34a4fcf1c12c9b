"""Resemble AI's Perth: one network hides a mark below 2 kHz, where the sound itself covers it; another hears it.

The mark says "made by a machine" and nothing more: it is the same on every site that uses Perth.
"""

from __future__ import annotations

import contextlib
import io
import warnings
from typing import Any

import numpy as np

from vocasync.engines.base import EngineConfig
from vocasync.media.audio import resample
from vocasync.types import Audio, FloatArray

_SHORTEST = 0.2  # seconds: shorter sound is given silence after it, for the network's windows
_SILENCE = 1e-4  # peak below which there is nothing to hide a mark in


class Perth:
    """The watermark of Perth's published network."""

    name = "perth"
    version = "1"

    def __init__(self, watermarker: Any) -> None:
        self._inner = watermarker
        self._rate: int = watermarker.perth_net.hp.sample_rate
        self._hop: int = watermarker.perth_net.hp.hop_size

    def mark(self, audio: Audio) -> Audio:
        """The same sound with the mark: what the mark changes is added, so that nothing else changes. Its peak is no
        higher than it was; silence stays as it is."""
        import torch

        peak = _peak(audio.samples)
        if peak < _SILENCE:
            return audio
        sound = self._framed(audio)
        with torch.inference_mode():
            marked = self._inner.apply_watermark(sound, sample_rate=self._rate)
        change = resample(Audio(np.asarray(marked, np.float32) - sound[: len(marked)], self._rate), audio.rate).samples
        samples = audio.samples.copy()
        length = min(len(samples), len(change))
        samples[:length] += change[:length]
        return Audio(samples * np.float32(min(1.0, peak / max(_peak(samples), _SILENCE))), audio.rate)

    def detect(self, audio: Audio) -> float:
        """How sure the network is that the mark is there, 0 to 1; of silence 0."""
        import torch

        if _peak(audio.samples) < _SILENCE:
            return 0.0
        with torch.inference_mode():
            score = self._inner.get_watermark(self._framed(audio), sample_rate=self._rate, round=False)
        return float(np.nan_to_num(score))

    def _framed(self, audio: Audio) -> FloatArray:
        """At the network's rate, and of whole frames: it drops what is over."""
        samples = resample(audio, self._rate).samples
        length = max(len(samples), round(_SHORTEST * self._rate))
        return np.pad(samples, (0, -(-length // self._hop) * self._hop - len(samples)))


def create(config: EngineConfig) -> Perth:
    """The networks on the CPU: they take a fortieth of the sound's length on one thread there."""
    import torch

    torch.set_num_threads(1)  # as many processes as cores are at work; threads would only get in each other's way
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")  # the package finds its weights by way of pkg_resources, and says that it did
        from perth.perth_net.perth_net_implicit.perth_watermarker import PerthImplicitWatermarker

        watermarker = PerthImplicitWatermarker()
    watermarker.perth_net.eval()
    return Perth(watermarker)


def _peak(samples: FloatArray) -> float:
    return float(np.abs(samples).max(initial=0.0))
