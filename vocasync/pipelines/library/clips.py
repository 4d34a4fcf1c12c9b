"""A clip that was brought on the spot, for one use: no voice of the library comes of it."""

from __future__ import annotations

import math
import tempfile
from dataclasses import replace
from pathlib import Path

from vocasync.engines.base import EngineConfig
from vocasync.errors import PipelineError
from vocasync.pipelines.library.references import build_reference, placed_words
from vocasync.pipelines.library.samples import SampleReport, measure_sample
from vocasync.progress import Progress
from vocasync.stages.grade import ENOUGH_SECONDS, SHORTEST_SPEECH, Severity
from vocasync.types import VoiceReference


def clip_reference(
    clip: Path,
    name: str,
    out: Path,
    config: EngineConfig,
    progress: Progress,
    *,
    transcript: str = "",
    language: str = "",
) -> VoiceReference:
    """The speech of a clip, measured as samples of a voice are, written to ``out`` (WAV, 24 kHz, 16 bit).

    name: how the person calls it. transcript: what is said in it, and its language, where somebody knows.
    Raises ``reference_too_short``, ``reference_unusable``, and what
    :func:`vocasync.pipelines.library.measure_sample` raises for what is no recording.
    """
    with tempfile.TemporaryDirectory() as folder:
        sound = Path(folder) / "sound.wav"
        report = measure_sample(
            clip, name, sound, config, language="", others=(), transcript=transcript, progress=progress
        )
        _check(report, name)
        words = placed_words(sound, transcript, language, config)
        found = build_reference([(sound, report.regions)], out, [words])
    # Where nothing here places the words, they are those of the whole clip, as far as all of it is in there.
    whole = transcript if report.speech_seconds <= ENOUGH_SECONDS else ""
    return replace(found, transcript=found.transcript or whole)


def _check(report: SampleReport, name: str) -> None:
    if report.speech_seconds < SHORTEST_SPEECH:
        limit = math.ceil(SHORTEST_SPEECH)
        raise PipelineError("reference_too_short", seconds=report.speech_seconds, limit=limit, field="reference")
    for problem in report.problems:
        if problem.severity is Severity.REFUSE:
            reason = f"{problem.text} {problem.advice}"
            raise PipelineError("reference_unusable", name=name, reason=reason, field="reference")
