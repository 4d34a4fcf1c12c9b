"""What a pipeline made, into rows. A person's corrections are never overwritten."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from django.db import transaction

from dubbing import events
from dubbing.models import Artifact, DubbingJob, Job, Segment, Take
from vocasync import types
from vocasync.artifacts import dumps
from vocasync.pipelines.base import DubResult


def plain(value: Any) -> Any:
    """Dataclasses, enums, paths and numbers as JSON columns take them."""
    return json.loads(dumps(value))


def transcript(job: Job, heard: types.Transcript) -> None:
    """Segments, language and confidence."""
    with transaction.atomic():
        old = {row.index: row for row in Segment.objects.filter(job=job)}
        rows = [_segment(job, segment, old.get(segment.index)) for segment in heard.segments]
        Segment.objects.bulk_create([row for row in rows if row.pk is None], batch_size=200)
        Segment.objects.bulk_update([row for row in rows if row.pk is not None], _SEGMENT_FIELDS, batch_size=100)
        gone = old.keys() - {segment.index for segment in heard.segments}
        Segment.objects.filter(job=job, index__in=gone).delete()
        DubbingJob.objects.filter(job=job).update(detected_language=heard.language, confidence=heard.confidence)
        events.record(job, "segments", {"count": len(rows)})


_SEGMENT_FIELDS = ("start", "end", "speaker", "text", "translation", "words", "confidence", "flags")


def _segment(job: Job, made: types.Segment, row: Segment | None) -> Segment:
    row = row or Segment(job=job, index=made.index)
    row.start, row.end, row.speaker = made.start, made.end, made.speaker
    row.words, row.confidence, row.flags = plain(made.words), made.confidence, list(made.flags)
    if not row.text_edited:
        row.text = made.text
    if not row.translation_edited:
        row.translation = made.translation
    return row


def takes(job: Job, spoken: Iterable[types.Take]) -> None:
    """Replace the takes by these."""
    with transaction.atomic():
        segments = dict(Segment.objects.filter(job=job).values_list("index", "pk"))
        Take.objects.filter(segment__job=job).delete()
        Take.objects.bulk_create(
            [_take(segments[take.index], take) for take in spoken if take.index in segments], batch_size=200
        )


def _take(segment_id: int, take: types.Take) -> Take:
    return Take(
        segment_id=segment_id,
        track=str(take.track),
        start=take.start,
        duration=take.duration,
        slot=take.slot,
        rate=take.rate,
        stretch=take.stretch,
        borrowed=take.borrowed,
        overflow=take.overflow,
        fit=str(take.fit),
        similarity=plain(take.similarity),
        problems=list(take.problems),
    )


def result(job: Job, made: DubResult) -> None:
    """Everything of a finished dub; nothing is stale after it."""
    with transaction.atomic():
        transcript(job, made.transcript)
        takes(job, made.takes)
        Artifact.objects.filter(job=job).delete()
        Artifact.objects.bulk_create([Artifact(job=job, **_fields(one)) for one in made.artifacts])
        DubbingJob.objects.filter(job=job).update(
            media=plain(made.media), engines=plain(made.engines), scores=plain(made.scores), notes=list(made.notes)
        )
        Job.objects.filter(pk=job.pk).update(result_bytes=sum(one.size for one in made.artifacts))
        Segment.objects.filter(job=job, stale=True).update(stale=False)
        for note in made.notes:
            events.record(job, "note", {"text": note})
        for artifact in made.artifacts:
            events.record(job, "artifact", {"name": artifact.name})


def _fields(artifact: types.Artifact) -> dict[str, Any]:
    fields: dict[str, Any] = plain(artifact)
    return fields
