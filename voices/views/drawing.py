"""Measures as pages draw them: places on scales in per cent of the width, and words."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from django.conf import settings

from vocasync.types import FloatArray
from voices.models import VoiceProfile

LOWEST, HIGHEST = 60.0, 500.0
"""Hz at the ends of the scale of pitch, which is logarithmic, as hearing is."""

PITCH_MARKS = (60, 100, 160, 250, 400)
PITCH_WORDS = ((120.0, "low"), (165.0, "rather low"), (210.0, "rather high"), (math.inf, "high"))
"""Up to which median, in Hz, a speaking voice is called what."""

SLOWEST, FASTEST = 2.0, 7.0
"""Syllables a second at the ends of the scale of pace."""

PACE_WORDS = ((3.2, "slow"), (4.2, "calm"), (5.2, "brisk"), (math.inf, "fast"))


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch on a scale. x, width, mark: per cent of the drawn width; words: what it comes to."""

    x: float
    width: float
    mark: float
    words: str


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark of a scale. x: per cent."""

    x: float
    text: str


def pitch_span(voice: VoiceProfile) -> Span | None:
    """Where the voice lies between low and high; None until it was measured."""
    if voice.f0_low is None or voice.f0_median is None or voice.f0_high is None:
        return None
    left, mark, right = (_pitch_place(hertz) for hertz in (voice.f0_low, voice.f0_median, voice.f0_high))
    return Span(left, round(max(1.0, right - left), 1), mark, _word(voice.f0_median, PITCH_WORDS))


def pitch_ticks() -> list[Tick]:
    """The marks of the scale of pitch, in Hz."""
    return [Tick(_pitch_place(hertz), str(hertz)) for hertz in PITCH_MARKS]


def _pitch_place(hertz: float) -> float:
    inside = min(HIGHEST, max(LOWEST, hertz))
    return round(100 * math.log(inside / LOWEST) / math.log(HIGHEST / LOWEST), 1)


def pace_span(voice: VoiceProfile) -> Span | None:
    """Where the voice lies between slow and fast; None until it was measured."""
    if voice.pace is None:
        return None
    mark = round(100 * min(1.0, max(0.0, (voice.pace - SLOWEST) / (FASTEST - SLOWEST))), 1)
    return Span(0.0, mark, mark, _word(voice.pace, PACE_WORDS))


def _word(value: float, words: tuple[tuple[float, str], ...]) -> str:
    return next(word for limit, word in words if value < limit)


def voiceprint(embedding: FloatArray | None) -> str:
    """An embedding as a page draws it: two hexadecimal digits a number, the largest ``ff``; "" without one."""
    if embedding is None:
        return ""
    shown = np.clip(embedding, 0.0, None)  # the encoder ends in a rectifier: nothing is below zero but rounding
    top = float(shown.max())
    return "" if top == 0 else np.round(255 * np.sqrt(shown / top)).astype(np.uint8).tobytes().hex()


# --- how alike two voices sound ---------------------------------------------------------------------------------------
FAR, NEAR = 0.4, 1.0
"""Cosines at the ends of the scale: below the first, two voices have nothing in common."""

ANOTHER = 0.6
"""Cosine below which two recordings are hardly ever of one person (docs/similarity.md)."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike two voices sound. value: cosine; x: its place on the scale, per cent."""

    value: float
    x: float
    words: str


def likeness(cosine: float) -> Likeness:
    """A cosine of two voices' embeddings, in words and on the scale."""
    inside = min(NEAR, max(FAR, cosine))
    words = (
        (ANOTHER, "Another voice"),
        (settings.ACTOR_ASK, "A similar colour"),
        (settings.ACTOR_SIMILARITY, "Very alike"),
        (math.inf, "Probably the same person"),
    )
    return Likeness(cosine, round(100 * (inside - FAR) / (NEAR - FAR), 1), _word(cosine, words))
