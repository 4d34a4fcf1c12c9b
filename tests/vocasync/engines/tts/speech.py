"""Speech to test with: texts in the required languages, and made-up recordings of a given voice and length."""

from __future__ import annotations

import numpy as np
import soxr

from vocasync.engines.tts.espeakng import shared
from vocasync.types import FloatArray

TEXTS = {
    "en": "Hello world, this is a test.",
    "es": "Buenos días, mi nombre es Jordi.",
    "fr": "Bonjour, je m'appelle Marie.",
    "de": "Guten Tag, wie geht es Ihnen?",
    "hi": "नमस्ते दुनिया",
    "te": "రాజురాజు బిడ్డరా నేటి విద్యార్థి",
    "ta": "கம்மி காசுக்கே அந்தப் புது",
    "ur": "مزدور طبقے کے علاوہ",
}

_SENTENCES = (
    "Nobody knows where the money went or who took it from the bank.",
    "My brother bought a new car and drove it across the country.",
    "There is a small river on the other side of the mountain.",
)

WORDS = " ".join(_SENTENCES[:2])
"""About what is said in five seconds of :func:`talk`."""


def talk(voice: str, seconds: float, rate: int, pitch: int = 50) -> FloatArray:
    """``seconds`` of a synthetic voice reading, float32 at ``rate`` Hz."""
    parts: list[FloatArray] = []
    while sum(map(len, parts)) < seconds * 22_050:
        parts.append(shared().synthesize(_SENTENCES[len(parts) % len(_SENTENCES)], voice, pitch=pitch).audio.samples)
    sound = soxr.resample(np.concatenate(parts), 22_050, rate)
    return np.asarray(sound[: round(seconds * rate)], np.float32)
