"""An emotion reference is measured."""

from __future__ import annotations

import dataclasses
from typing import Any

from vocasync.errors import Cancelled, PipelineError
from vocasync.progress import Part, Progress
from voices import files
from voices.models import EmotionReference, Errand
from voices.neutral import neutral_of
from work.engines import engine_config

Status = EmotionReference.Status


def measure(errand: Errand, progress: Progress) -> dict[str, Any]:
    """Measure the tone of a clip, against what the person's library counts as neutral."""
    from vocasync.pipelines.library import measure_emotion

    emotion = EmotionReference.objects.select_related("owner").filter(pk=errand.subject).first()
    if emotion is None:
        raise Cancelled
    with files.kept_with(emotion, files.emotion_root(emotion.pk)):
        progress.report(0.0, "Listening to the tone")
        report = measure_emotion(
            files.emotion_original(emotion.pk),
            emotion.file_name,
            files.emotion_sound(emotion.pk),
            engine_config(),
            neutral_of(emotion.owner),
            Part(progress, 0.0, 1.0),
        )
        emotion.status = Status.REFUSED if report.status == "refused" else Status.READY
        emotion.problems = [dataclasses.asdict(problem) for problem in report.problems]
        emotion.seconds = report.seconds
        emotion.measures, emotion.relative = report.measures, report.relative
        emotion.regions = [[region.start, region.end] for region in report.regions]
        emotion.peaks = list(report.peaks)
        emotion.size = files.size_of(files.emotion_root(emotion.pk))
        emotion.save(
            update_fields=["status", "problems", "seconds", "measures", "relative", "regions", "peaks", "size"]
        )
    return {"emotion": str(emotion.pk), "status": emotion.status}


def failed(errand: Errand, error: PipelineError) -> None:
    """A clip that could not be measured is refused with the reason."""
    problem = {"code": error.code, "severity": "refuse", "text": str(error), "advice": ""}
    waiting = EmotionReference.objects.filter(pk=errand.subject, status=Status.MEASURING)
    waiting.update(status=Status.REFUSED, problems=[problem])
