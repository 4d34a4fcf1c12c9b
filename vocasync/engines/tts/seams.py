"""Pieces of speech put together so that nobody hears where."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vocasync.media.audio import faded
from vocasync.types import Audio, FloatArray

_QUIET = 10 ** (-45 / 20)  # relative to a piece's peak
_FADE = 0.008  # seconds
_PAUSES = ((".!?…।॥؟。！？", 0.22), (",;:،؛、，；：–—", 0.12))
_PAUSE = 0.03  # seconds, between words


def join(texts: Sequence[str], sounds: Sequence[FloatArray], rate: int) -> Audio:
    """The pieces one after the other: without the silence around each, faded at its ends, with the pause between two
    that the first one's last sign asks for. As many sounds as texts; none gives silence of a tenth of a second."""
    parts: list[FloatArray] = []
    for text, sound in zip(texts, sounds, strict=True):
        spoken = faded(Audio(_spoken(sound), rate), _FADE).samples
        if not len(spoken):
            continue
        parts += [spoken, silence(pause(text), rate).samples]
    if not parts:
        return silence(0.1, rate)
    return Audio(np.concatenate(parts[:-1]), rate)


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
