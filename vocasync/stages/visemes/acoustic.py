"""Mouths from sound alone: what is loud is open, what hisses shows teeth, and the resonances tell lips that are spread
from lips that are rounded. And, beside it, the phones that a recogniser hears.

F1 rises as the jaw drops, F2 falls as lips are rounded and tongues drawn back; the levels in bands around them say as
much without tracking formants. No language is assumed.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from vocasync.engines.asr import allphone
from vocasync.media.audio import resample
from vocasync.stages.visemes.features import Activity, Features
from vocasync.stages.visemes.inventory import Phone, of_arpabet, spread
from vocasync.types import ANALYSIS_RATE, Audio, Region

Doubles = NDArray[np.float64]

_SMOOTHING = 2.2  # frames
_SLOW = 6.0
_FEW_FRAMES = 10
_SILENT = -75.0  # dB


def estimate(features: Features, active: Activity) -> Doubles:
    """A mouth for each frame of the features, shape (n, 8)."""
    from scipy.ndimage import gaussian_filter1d

    if not active.speaking.any():
        return np.zeros((len(features), 8))
    speech, hiss = features.band("speech"), features.band("hiss")
    loudness, threshold, loudest = _loudness(speech, active)
    openness = _standard(features.band("open") - features.band("close"), loudness)
    frontness = _standard(features.band("front") - features.band("back"), loudness)
    quiet_hiss = np.percentile(hiss[hiss > _SILENT], 30) if (hiss > _SILENT).any() else 0.0
    fricative = np.clip((hiss - speech + 3) / 12, 0, 1) * (hiss > quiet_hiss + 8)
    closure = np.clip((gaussian_filter1d(speech, _SLOW) - speech - 5) / 8, 0, 1) * (fricative < 0.3)

    jaw = loudness**0.9 * np.clip(0.52 + 0.26 * openness, 0.12, 0.95) * (1 - 0.8 * fricative) * (1 - 0.75 * closure)
    rounded = loudness * np.clip(-0.55 * frontness - 0.10, 0, 1) * (1 - fricative)
    wide = loudness * np.clip(0.45 * frontness, 0, 0.7) * (1 - 0.3 * fricative)
    upper = np.maximum(0.28 * fricative, 0.12 * wide)
    lower = np.maximum(0.5 * fricative, 0.18 * loudness + 0.25 * wide)
    press = 0.6 * closure * (speech < threshold + 0.4 * (loudest - threshold))
    tongue = 0.3 * loudness * (1 - fricative) * (jaw < 0.3)
    mouths = np.stack([jaw, wide, rounded, upper, lower, np.zeros_like(jaw), press, tongue], axis=1)
    smooth: Doubles = gaussian_filter1d(np.clip(mouths, 0, 1), _SMOOTHING, axis=0)
    return smooth


def _loudness(speech: Doubles, active: Activity) -> tuple[Doubles, float, float]:
    """0 where it is quiet to about 1, and the levels in dB at which it is 0 and 1."""
    audible = speech[speech > _SILENT]
    floor, loudest = float(np.percentile(audible, 8)), float(np.percentile(audible, 93))
    threshold = max(floor + 0.22 * max(18.0, loudest - floor), loudest - 34)
    loudness: Doubles = np.clip((speech - threshold) / (loudest - threshold + 1e-6), 0, 1.15)
    return loudness, threshold, loudest


def _standard(measure: Doubles, loudness: Doubles) -> Doubles:
    """A measure against its spread in this voice, -1.5 to 1.5."""
    voice = measure[loudness > 0.25]
    if len(voice) < _FEW_FRAMES:
        return np.zeros_like(measure)
    standard: Doubles = np.clip((measure - np.median(voice)) / (1.2 * voice.std() + 1e-6), -1.5, 1.5)
    return standard


_AROUND = 0.1  # seconds of sound around a stretch that the recogniser hears as well


def phones(speech: Audio, stretches: Sequence[Region]) -> list[Phone]:
    """The phones heard in stretches of speech, each up to a minute; [] without the recogniser."""
    if not allphone.available():
        return []
    found: list[Phone] = []
    for region in stretches:
        first, last = (round(max(0.0, time) * speech.rate) for time in (region.start - _AROUND, region.end + _AROUND))
        piece = resample(Audio(speech.samples[first:last], speech.rate), ANALYSIS_RATE)
        offset = first / speech.rate
        for mark in allphone.heard(piece):
            start, end = max(mark.start + offset, region.start), min(mark.end + offset, region.end)
            if end > start:
                found += spread(start, end, of_arpabet(mark.text))
    return found
