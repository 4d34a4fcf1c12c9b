"""What engines may be used for, in words: of a price, and of what a result must not be used for."""

from __future__ import annotations

from collections.abc import Mapping

from vocasync.engines.base import Price, Stage
from vocasync.engines.registry import spec
from vocasync.errors import PipelineError

STEPS: dict[str, Stage] = {
    "recognition": "asr",
    "alignment": "align",
    "speakers": "speaker",
    "translation": "translate",
    "voice": "tts",
    "conversion": "convert",
    "similarity": "speaker",
    "face": "face",
    "lipsync": "lipsync",
    "watermark": "watermark",
}
"""The steps that a result names its engines by, and the stage of each."""


def non_commercial(used: Mapping[str, str]) -> dict[str, str]:
    """Of the engines that a result was made with, those whose licence forbids commercial use: step to licence.

    used: step to name, with a version or a size after it or not ("xtts 0.28-1a2b3c4d").
    """
    found = {step: forbids(stage, used[step].partition(" ")[0]) for step, stage in STEPS.items() if used.get(step)}
    return {step: licence for step, licence in found.items() if licence}


def forbids(stage: Stage, name: str) -> str:
    """The licence of an engine that forbids commercial use; "" where it allows that, and for what is no engine."""
    try:
        row = spec(stage, name)
    except PipelineError:
        return ""
    return "" if row.commercial else row.licence


def priced(price: Price | None) -> str:
    """A price in a few words; "" for none."""
    if price is None:
        return ""
    if price.per == 1:
        return f"{price.usd:g} USD a {price.unit.removesuffix('s')}"
    return f"{price.usd:g} USD for {price.per:,} {price.unit}"
