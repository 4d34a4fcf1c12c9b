"""How something is said: statistics of melody, energy, pace and brightness, and their transfer between voices.

The melody is described by the logarithm of F0: its mean, its spread, and the shape of its distribution (the quantiles
of the standardised values: where a voice that mostly lies low with a few high peaks differs from an even one).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from vocasync.engines.tts.world import BANDS, FRAME_SECONDS, Doubles, Frames, centres

QUANTILES = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
_MEDIAN = QUANTILES.index(0.5)

_OCTAVE_ERROR = np.log(1.9)
_LARGEST_F0_SHIFT = 0.6  # natural log: about ten semitones, beyond which a matched voice sounds like another person's
_LARGEST_SPREAD_RATIO = 2.5
_TILT_BAND = (300.0, 5000.0)
_PEAK_PROMINENCE = 3 * np.log(10) / 10  # 3 dB in log power
_PEAK_DISTANCE = round(0.1 / FRAME_SECONDS)
_DECIBELS = 10 / np.log(10)  # of one in natural log of power
_SEMITONES = 12 / np.log(2)  # of one in natural log of frequency


@dataclass(frozen=True, slots=True)
class Style:
    """Statistics of someone speaking.

    f0_mean, f0_spread: mean and standard deviation of ln(F0 in Hz). shape: quantiles of the standardised ln F0 at
    ``QUANTILES``. energy_spread: standard deviation of the log power of active frames.
    energy_mean: their mean. tilt: slope of the mean voiced
    envelope in log power per octave, 300 Hz to 5 kHz (higher is brighter). pace: energy peaks (about syllables) per
    second of active speech.
    """

    f0_mean: float
    f0_spread: float
    shape: tuple[float, ...]
    energy_mean: float
    energy_spread: float
    tilt: float
    pace: float


def measure(frames: Frames) -> Style:
    """The style of frames, of which at least some must be voiced."""
    melody = _log_f0(frames.f0)
    spread = float(max(melody.std(), 1e-3))
    active = frames.active
    energy = frames.energy[active]
    return Style(
        f0_mean=float(melody.mean()),
        f0_spread=spread,
        shape=tuple(float(q) for q in np.quantile((melody - melody.mean()) / spread, QUANTILES)),
        energy_mean=float(energy.mean()),
        energy_spread=float(max(energy.std(), 1e-3)),
        tilt=_tilt(frames.envelope[active & frames.voiced]),
        pace=_pace(frames),
    )


def describe_style(style: Style) -> dict[str, float]:
    """A style in the units that people are shown and that rows hold.

    ``f0_median``: Hz. ``f0_range``: semitones between the 5th and the 95th percentile. ``pace``: energy peaks (about
    syllables) a second of active speech. ``energy``: standard deviation of the level of active frames, dB. ``tilt``:
    dB an octave, 300 Hz to 5 kHz.
    """
    low, median, high = f0_levels(style)
    return {
        "f0_median": round(median, 2),
        "f0_range": round(float(np.log(high / low) * _SEMITONES), 2),
        "pace": round(style.pace, 2),
        "energy": round(float(style.energy_spread * _DECIBELS), 2),
        "tilt": round(float(style.tilt * _DECIBELS), 2),
    }


def f0_levels(style: Style) -> tuple[float, float, float]:
    """The 5th, 50th and 95th percentile of F0, Hz."""
    low, median, high = (style.f0_mean + style.f0_spread * style.shape[place] for place in (0, _MEDIAN, -1))
    return float(np.exp(low)), float(np.exp(median)), float(np.exp(high))


def compare_styles(measures: Mapping[str, float], neutral: Mapping[str, float]) -> dict[str, float]:
    """What :func:`describe_style` told of one, against another: ``f0_median`` in semitones above it, ``pace`` as a
    ratio, the others as differences in their own units."""
    return {
        "f0_median": round(float(np.log(measures["f0_median"] / neutral["f0_median"]) * _SEMITONES), 2),
        "pace": round(measures["pace"] / max(neutral["pace"], 0.1), 3),
        **{name: round(measures[name] - neutral[name], 2) for name in ("f0_range", "energy", "tilt")},
    }


def blend(speaker: Style, emotion: Style, strength: float) -> Style:
    """The speaker's style moved towards the emotion's, as far as a voice can go and stay the same person's.

    strength: 0 (the speaker's own style) to 1.
    """
    shift = np.clip(emotion.f0_mean - speaker.f0_mean, -_LARGEST_F0_SHIFT, _LARGEST_F0_SHIFT)
    spread = _ratio(emotion.f0_spread, speaker.f0_spread, 0.5, 2.2)
    dynamics = _ratio(emotion.energy_spread, speaker.energy_spread, 0.7, 1.5)
    shape = (1 - strength) * np.array(speaker.shape) + strength * np.array(emotion.shape)
    return Style(
        f0_mean=float(speaker.f0_mean + strength * shift),
        f0_spread=speaker.f0_spread * spread**strength,
        shape=tuple(float(value) for value in shape),
        energy_mean=speaker.energy_mean,
        energy_spread=speaker.energy_spread * dynamics**strength,
        tilt=float(speaker.tilt + strength * np.clip(emotion.tilt - speaker.tilt, -1.5, 1.5)),
        pace=speaker.pace * _ratio(emotion.pace, speaker.pace, 0.8, 1.25) ** strength,
    )


def between(one: Style, other: Style, weight: float) -> Style:
    """The style between two: 0 the one, 1 the other."""

    def mixed(name: str) -> Any:
        return np.asarray(getattr(one, name)) * (1 - weight) + np.asarray(getattr(other, name)) * weight

    values = {field.name: mixed(field.name).tolist() for field in fields(Style)}
    return Style(**values | {"shape": tuple(values["shape"])})


def carried(own: Style, heard: Style, neutral: Style) -> Style:
    """``own`` moved as far as what was ``heard`` of somebody else is from how they mostly speak."""
    return Style(
        f0_mean=own.f0_mean + heard.f0_mean - neutral.f0_mean,
        f0_spread=own.f0_spread * heard.f0_spread / neutral.f0_spread,
        shape=own.shape,
        energy_mean=own.energy_mean,
        energy_spread=own.energy_spread * heard.energy_spread / neutral.energy_spread,
        tilt=own.tilt + heard.tilt - neutral.tilt,
        pace=own.pace * heard.pace / neutral.pace,
    )


def map_f0(f0: Doubles, source: Style, target: Style) -> Doubles:
    """F0 with the target's level, range and shape; unvoiced frames stay 0. shape (t,), Hz."""
    mapped = np.zeros_like(f0)
    voiced = f0 > 0
    standard = (np.log(f0[voiced]) - source.f0_mean) / source.f0_spread
    spread = min(target.f0_spread, _LARGEST_SPREAD_RATIO * source.f0_spread)
    mapped[voiced] = np.clip(np.exp(target.f0_mean + spread * _reshape(standard, source, target)), 55.0, 600.0)
    return mapped


def map_energy(energy: Doubles, source: Style, target: Style) -> Doubles:
    """Log power with the target's dynamics around the source's mean, shape (t,)."""
    ratio = _ratio(target.energy_spread, source.energy_spread, 0.7, 1.6)
    mapped: Doubles = (energy - source.energy_mean) * ratio + source.energy_mean
    return mapped


def add_tilt(envelope: Doubles, difference: float) -> Doubles:
    """Envelopes made brighter by ``difference`` (log power per octave) around 1 kHz, shape (t, 80)."""
    octaves = np.log2(np.maximum(centres(), 100.0) / 1000.0)
    tilted: Doubles = envelope + difference * octaves[None]
    return tilted


def _ratio(value: float, base: float, low: float, high: float) -> float:
    return float(np.clip(value / max(base, 1e-6), low, high))


def _reshape(standard: Doubles, source: Style, target: Style) -> Doubles:
    """Standardised values moved from the source's quantiles to the target's; beyond the last ones by the same step."""
    here, there = np.maximum.accumulate(source.shape), np.array(target.shape)
    step = np.interp(standard, here, there - here)
    moved: Doubles = standard + step
    return moved


def _log_f0(f0: Doubles) -> Doubles:
    """ln F0 of the voiced frames without octave errors."""
    melody = np.log(f0[f0 > 0])
    if not len(melody):
        return np.full(1, np.log(150.0))
    kept: Doubles = melody[np.abs(melody - np.median(melody)) < _OCTAVE_ERROR]
    return kept


def _tilt(envelope: Doubles) -> float:
    if not len(envelope):
        return 0.0
    inside = (centres() >= _TILT_BAND[0]) & (centres() <= _TILT_BAND[1])
    return float(np.polyfit(np.log2(centres()[inside]), envelope.mean(axis=0).reshape(BANDS)[inside], 1)[0])


def _pace(frames: Frames) -> float:
    from scipy.ndimage import gaussian_filter1d
    from scipy.signal import find_peaks

    smooth = gaussian_filter1d(frames.energy, 0.03 / FRAME_SECONDS)
    peaks, _ = find_peaks(smooth, prominence=_PEAK_PROMINENCE, distance=_PEAK_DISTANCE)
    seconds = frames.active.sum() * FRAME_SECONDS
    return float(max(1, frames.active[peaks].sum()) / max(seconds, 0.1))
