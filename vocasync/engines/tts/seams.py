"""Pieces of speech put together so that nobody hears where."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vocasync.media.audio import faded
from vocasync.types import Audio, FloatArray

_QUIET = 10 ** (-45 / 20)  # relative to a piece's peak
_FADE = 0.008  # seconds
_PAUSES = ((".!?…।॥؟۔。！？", 0.22), (",;:،؛、，；：–—", 0.12))
_PAUSE = 0.03  # seconds, between words
_STEADY = 2.0  # dB by which a piece may be louder or softer than the others, as sentences are
_MOST_GAIN = 12.0  # dB
_FULL = 0.98


def join(texts: Sequence[str], sounds: Sequence[FloatArray], rate: int) -> Audio:
    """The pieces one after the other: without the silence around each, about as loud as each other, faded at their
    ends, with the pause between two that the first one's last sign asks for. As many sounds as texts; none gives
    silence of a tenth of a second."""
    spoken = [(text, found) for text, sound in zip(texts, sounds, strict=True) if len(found := _spoken(sound))]
    parts: list[FloatArray] = []
    for (text, _), sound in zip(spoken, _levelled([sound for _, sound in spoken]), strict=True):
        parts += [faded(Audio(sound, rate), _FADE).samples, silence(pause(text), rate).samples]
    if not parts:
        return silence(0.1, rate)
    return Audio(np.concatenate(parts[:-1]), rate)


def _levelled(sounds: Sequence[FloatArray]) -> list[FloatArray]:
    """A model may say one line of a text much louder than the next: those that stand out are brought nearer."""
    levels = np.array([10 * np.log10(float(np.mean(np.square(sound))) + 1e-12) for sound in sounds])
    apart = levels - np.median(levels) if len(levels) else levels
    gains = np.clip(np.clip(apart, -_STEADY, _STEADY) - apart, -_MOST_GAIN, _MOST_GAIN)
    return [_louder(sound, float(gain)) for sound, gain in zip(sounds, gains, strict=True)]


def _louder(sound: FloatArray, gain: float) -> FloatArray:
    """By so many dB, as far as there is room."""
    factor = 10 ** (gain / 20)
    peak = float(np.abs(sound).max())
    room = max(1.0, _FULL / peak)
    found: FloatArray = sound * np.float32(min(factor, room))
    return found


def _spoken(sound: FloatArray) -> FloatArray:
    level = np.abs(sound)
    loud = np.flatnonzero(level > max(_QUIET * float(level.max(initial=0.0)), 1e-4))
    return sound[loud[0] : loud[-1] + 1] if len(loud) else sound[:0]


def silence(seconds: float, rate: int) -> Audio:
    """Nothing, for a while."""
    return Audio(np.zeros(round(seconds * rate), np.float32), rate)


def pause(text: str) -> float:
    """Seconds of silence that the last sign of a text asks for."""
    last = text.rstrip()[-1:]
    return next((seconds for signs, seconds in _PAUSES if last and last in signs), _PAUSE)
