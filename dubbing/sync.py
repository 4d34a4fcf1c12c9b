"""What a pipeline made, into rows. A person's corrections are never overwritten."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.db.models import Q

from dubbing import casting, events, provenance
from dubbing.models import Artifact, DubbingJob, Job, Segment, Take
from vocasync import types
from vocasync.artifacts import dumps
from vocasync.pipelines.base import Outcome


def plain(value: Any) -> Any:
    """Dataclasses, enums, paths and numbers as JSON columns take them."""
    return json.loads(dumps(value))


SAME_SENTENCE = 0.8
"""Share of the time of two stretches that both cover, from which a correction of one is meant for the other."""


def speakers(job: Job, heard: types.Transcript, infos: Iterable[types.SpeakerInfo]) -> None:
    """Who speaks, and the segments as they are cut by that."""
    with transaction.atomic():
        anew = DubbingJob.objects.filter(job=job, recount=True).exists()
        kept = _corrections(job, heard) if anew else None
        transcript(job, heard, kept)
        casting.speakers_found(job, infos, anew=anew)
        DubbingJob.objects.filter(job=job, recount=True).update(recount=False)


def _corrections(job: Job, heard: types.Transcript) -> dict[int, Segment]:
    """Rows for the newly cut segments with a person's corrections of the old ones, which go.

    A correction follows its sentence by time; one whose sentence was cut in two fits neither part, and is said lost.
    """
    edited = Segment.objects.filter(Q(text_edited=True) | Q(translation_edited=True), job=job)
    kept: dict[int, Segment] = {}
    lost = 0
    for row in edited.order_by("index"):
        place = max(heard.segments, key=lambda segment: _shared(row, segment), default=None)
        if place is None or _shared(row, place) < SAME_SENTENCE:
            lost += 1
            continue
        fields = {name: getattr(row, name) for name in ("text", "translation", "text_edited", "translation_edited")}
        kept[place.index] = Segment(job=job, index=place.index, stale=row.stale, **fields)
    Segment.objects.filter(job=job).delete()
    if lost:
        text = f"{lost} of your corrections were of sentences that are cut differently now, and are lost."
        events.record(job, "note", {"text": text})
    return kept


def _shared(row: Segment, segment: types.Segment) -> float:
    both = min(row.end, segment.end) - max(row.start, segment.start)
    return both / (max(row.end, segment.end) - min(row.start, segment.start))


def transcript(job: Job, heard: types.Transcript, rows_before: dict[int, Segment] | None = None) -> None:
    """Segments, language and confidence. rows_before: with what a person corrected, where not the job's own rows."""
    with transaction.atomic():
        old = rows_before
        if old is None:
            old = {row.index: row for row in Segment.objects.filter(job=job)}
        rows = [_segment(job, segment, old.get(segment.index)) for segment in heard.segments]
        Segment.objects.bulk_create([row for row in rows if row.pk is None], batch_size=200)
        Segment.objects.bulk_update([row for row in rows if row.pk is not None], _SEGMENT_FIELDS, batch_size=100)
        gone = old.keys() - {segment.index for segment in heard.segments}
        Segment.objects.filter(job=job, index__in=gone).delete()
        job.detail_rows.update(detected_language=heard.language, confidence=heard.confidence)
        events.record(job, "segments", {"count": len(rows)})


_SEGMENT_FIELDS = (
    "start",
    "end",
    "speaker",
    "speaker_found",
    "text",
    "translation",
    "words",
    "confidence",
    "flags",
)


def _segment(job: Job, made: types.Segment, row: Segment | None) -> Segment:
    row = row or Segment(job=job, index=made.index)
    row.start, row.end = made.start, made.end
    if not row.speaker_edited:
        row.speaker = row.speaker_found = made.speaker
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


def result(job: Job, made: Outcome) -> None:
    """Everything of a finished job; nothing is stale after it."""
    with transaction.atomic():
        transcript(job, made.transcript)
        takes(job, made.takes)
        Artifact.objects.filter(job=job).delete()
        Artifact.objects.bulk_create([Artifact(job=job, **_fields(one)) for one in made.artifacts])
        job.detail_rows.update(
            media=plain(made.media), engines=plain(made.engines), scores=plain(made.scores), notes=list(made.notes)
        )
        Job.objects.filter(pk=job.pk).update(result_bytes=sum(one.size for one in made.artifacts))
        Segment.objects.filter(job=job, stale=True).update(stale=False)
        casting.voices_used(job)
        casting.appearances(job)
        provenance.remember(job)
        for note in made.notes:
            events.record(job, "note", {"text": note})
        for artifact in made.artifacts:
            events.record(job, "artifact", {"name": artifact.name})


def _fields(artifact: types.Artifact) -> dict[str, Any]:
    fields: dict[str, Any] = plain(artifact)
    return fields
