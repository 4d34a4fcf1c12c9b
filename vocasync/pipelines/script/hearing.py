"""What is said in a recording that was brought instead of a text: for its subtitles, and for the mouth that says it."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from vocasync.engines.base import EngineConfig, EngineSpec, Recognizer
from vocasync.pipelines.library import intake
from vocasync.progress import Part, Progress
from vocasync.stages import segment, transcribe
from vocasync.stages.manuscript import LINE_CHARS
from vocasync.types import Transcript


def recogniser_for(language: str, config: EngineConfig) -> EngineSpec | None:
    """The best recogniser of a language that is here and costs nothing, or None."""
    return intake.recogniser_row(language, dataclasses.replace(config, network=False))


def hear(sound: Path, recogniser: Recognizer, language: str, progress: Progress) -> Transcript:
    """What is said in a sound (WAV), in its time."""
    with intake.analysed(sound, Part(progress, 0.0, 0.1)) as clip:
        regions = segment.merge_regions(clip.regions, recogniser.region_seconds)
        found = transcribe.recognize(clip.analysis, regions, recogniser, language, Part(progress, 0.1, 1.0))
    return transcribe.assemble(
        [found],
        engine=recogniser.name,
        punctuates=recogniser.punctuates,
        max_chars=LINE_CHARS,
        language=language,
    )
