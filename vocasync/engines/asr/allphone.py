"""The phones that are heard in speech, without any text: PocketSphinx's allphone search with its English model.

Measured on clear English recordings it says when the mouth opens, spreads and rounds about as well as a known text
does; in other languages what it hears is a likeness.
"""

from __future__ import annotations

import re
import threading
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from vocasync.engines.asr.pocketsphinx import PADDING, decode
from vocasync.types import Audio, SpeechMark

_FRAME_RATE = 100.0
_SETTINGS = {"lw": 2.0, "beam": 1e-20, "pbeam": 1e-20}
_PHONE = re.compile(r"[A-Z]{1,2}")

_lock = threading.Lock()


def available() -> bool:
    """Whether the package is installed."""
    return find_spec("pocketsphinx") is not None


@lru_cache(maxsize=1)
def _decoder() -> Any:
    import pocketsphinx

    pocketsphinx.set_loglevel("FATAL")
    models = Path(pocketsphinx.get_model_path()) / "en-us"
    phones = str(models / "en-us-phone.lm.bin")
    return pocketsphinx.Decoder(hmm=str(models / "en-us"), allphone=phones, dict=None, lm=None, **_SETTINGS)


def heard(audio: Audio) -> tuple[SpeechMark, ...]:
    """The phones of an utterance, ARPAbet without stress, in order; silences and noises are left out.

    audio: mono at ``ANALYSIS_RATE``, up to a minute."""
    with _lock:
        found = decode(_decoder(), audio.samples)
        spans = [(segment.word, segment.start_frame, segment.end_frame + 1) for segment in found]
    marks = (
        SpeechMark("phoneme", name, first / _FRAME_RATE - PADDING, last / _FRAME_RATE - PADDING)
        for name, first, last in spans
        if _PHONE.fullmatch(name)
    )
    return tuple(mark for mark in marks if mark.end > 0 and mark.start < audio.duration)
