"""What a person is told of the size of a recogniser's model: which one runs, what has to be fetched first, and which is
recommended. A light module, for it is asked while a form is filled in."""

from __future__ import annotations

from dataclasses import dataclass, replace

from vocasync.engines.asr import faster_whisper_weights, whisper_weights
from vocasync.engines.asr.whisper_weights import SIZES, model_name
from vocasync.engines.base import EngineConfig
from vocasync.languages import DETECT, language
from vocasync.weights.catalogue import model

INDIAN = frozenset({"hi", "te", "ta", "ur", "bn", "mr", "gu", "kn", "ml", "pa"})
"""Languages that smaller sizes write down badly."""

RECOMMENDED = "medium"
"""The smallest size that is recommended for them."""

_LABELS = {"whisper": "Whisper", "faster-whisper": "faster-whisper"}
_MEGA = 1_000_000


@dataclass(frozen=True, slots=True)
class Advice:
    """size: what will run. recommended: a better one for the language, "" where it is good enough. available: whether
    that one could run now. fetched_mb: what is fetched before ``size`` runs, in MB of 10^6 bytes; 0 for nothing. text:
    all of that, for the person."""

    size: str
    recommended: str
    available: bool
    fetched_mb: int
    text: str


def advice(recognizer: str, source: str, config: EngineConfig) -> Advice | None:
    """What to say of a recogniser and a source language (or ``auto``), with the size of ``config``; None for
    recognisers whose model comes in one size. Raises ``unknown_language``."""
    if recognizer not in _LABELS:
        return None
    wanted = whisper_weights if recognizer == "whisper" else faster_whisper_weights
    size = wanted.wanted_size(config)
    fetched = _megabytes(recognizer, size, config)
    recommended = "" if size not in SIZES or not _weak(size, source) else RECOMMENDED
    said = [
        f"{_LABELS[recognizer]} runs in its size “{size}”" + ("." if config.size else ", the best one that is here.")
        if not fetched
        else f"The weights of {_LABELS[recognizer]} {size} are not here yet: {_size(fetched)} are fetched first."
    ]
    available = False
    if recommended:
        missing = wanted.missing(replace(config, size=recommended))
        available = not missing
        more = _megabytes(recognizer, recommended, config)
        way = missing or (f"{_size(more)} are fetched first." if more else "")
        said.append(" ".join(f"For {language(source).name}, {recommended} or above is recommended. {way}".split()))
    return Advice(size, recommended, available, fetched, " ".join(said))


def _weak(size: str, source: str) -> bool:
    return source != DETECT and language(source).code in INDIAN and SIZES.index(size) < SIZES.index(RECOMMENDED)


def _megabytes(recognizer: str, size: str, config: EngineConfig) -> int:
    """What has to be fetched for a size."""
    if size not in SIZES:
        return 0
    there = (
        whisper_weights.on_disk(size, config) is not None
        if recognizer == "whisper"
        else not faster_whisper_weights.lacking(size, config)
    )
    return 0 if there else round(model(model_name(size, recognizer)).size / _MEGA)


def _size(megabytes: int) -> str:
    return f"{megabytes / 1000:.1f} GB" if megabytes >= 1000 else f"{megabytes} MB"
