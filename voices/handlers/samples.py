"""A sample is measured, and the voice's portrait made from what there is."""

from __future__ import annotations

import dataclasses
import uuid
from typing import TYPE_CHECKING, Any

from django.db import transaction

from vocasync.errors import Cancelled, PipelineError
from vocasync.progress import Part, Progress
from voices import files, portraits
from voices.models import Errand, VoiceProfile, VoiceSample
from work.engines import engine_config

if TYPE_CHECKING:
    from vocasync.pipelines.library import SampleReport

COPIED = (
    *("seconds", "speech_seconds", "snr", "clipping", "bandwidth", "loudness", "speakers", "agreement"),
    *("f0_low", "f0_median", "f0_high", "pace", "style", "embedding"),
)
"""What a report and a row call alike."""


def measure(errand: Errand, progress: Progress) -> dict[str, Any]:
    """Measure a sample, say what is wrong with it, and make the portrait of its voice anew."""
    sample = VoiceSample.objects.select_related("voice__owner").filter(pk=errand.subject).first()
    if sample is None:
        raise Cancelled
    with files.kept_with(sample, files.sample_root(sample)):
        progress.report(0.0, "Listening to the recording")
        others = portraits.others_of(sample)
        report = _written(sample, _report(sample, others, Part(progress, 0.0, 0.9)))
        progress.report(0.9, "Choosing what the voice is made from")
        portraits.portrait_refresh(sample.voice)
    return {"sample": str(sample.pk), "status": report.status}


def _report(sample: VoiceSample, others: dict[uuid.UUID, Any], progress: Progress) -> SampleReport:
    from vocasync.pipelines.library import measure_sample

    return measure_sample(
        files.sample_original(sample),
        sample.name,
        files.sample_sound(sample),
        engine_config(),
        language=sample.language or _only_language(sample.voice),
        others=list(others.values()),
        transcript=sample.transcript if sample.transcript or sample.transcript_edited else None,
        progress=progress,
    )


def _only_language(voice: VoiceProfile) -> str:
    """What is spoken where nobody said it: the language of the voice, if its owner declared but one."""
    declared = list(voice.language_rows.filter(declared=True).values_list("code", flat=True)[:2])
    return declared[0] if len(declared) == 1 else ""


def _written(sample: VoiceSample, report: SampleReport) -> SampleReport:
    """Write the report down, compared with the voice's other samples as they are by now."""
    from vocasync.pipelines.library import compare_sample

    with transaction.atomic():
        VoiceProfile.objects.select_for_update().filter(pk=sample.voice_id).first()
        row = VoiceSample.objects.filter(pk=sample.pk).first()
        if row is None:
            raise Cancelled
        report = compare_sample(report, list(portraits.others_of(row).values()))
        for name in COPIED:
            setattr(row, name, getattr(report, name))
        row.status = report.status
        row.problems = [dataclasses.asdict(problem) for problem in report.problems]
        row.regions = [[region.start, region.end] for region in report.regions]
        row.peaks = list(report.peaks)
        row.size = files.size_of(files.sample_root(row))
        row.language = row.language or report.language
        if not row.transcript_edited:  # the owner may have written it down meanwhile
            row.transcript = report.transcript
        row.save()
    return report


def portrait(errand: Errand, progress: Progress) -> dict[str, Any]:
    """Make the portrait of a voice anew: samples went, or were switched on or off."""
    voice = VoiceProfile.objects.filter(pk=errand.subject).first()
    if voice is None:
        raise Cancelled
    progress.report(0.0, "Choosing what the voice is made from")
    portraits.portrait_refresh(voice)
    return {"voice": str(voice.pk)}


def failed(errand: Errand, error: PipelineError) -> None:
    """A sample that could not be measured is refused with the reason, so that it is not waited for for ever."""
    if errand.kind != "sample":
        return
    problem = {"code": error.code, "severity": "refuse", "text": str(error), "advice": ""}
    waiting = VoiceSample.objects.filter(pk=errand.subject, status=VoiceSample.Status.MEASURING)
    waiting.update(status=VoiceSample.Status.REFUSED, problems=[problem])
