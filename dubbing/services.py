"""What people do with jobs. What cannot be done raises PipelineError or ValidationError, and changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, Sum
from django.utils import timezone

from accounts.limits import Limits, check_storage, limits_for, require_active, take_audio
from accounts.models import User
from dubbing import casting, events, files, intake, lips, queue, states, submission, sync
from dubbing.files import Upload
from dubbing.intake import Looked
from dubbing.models import DubbingJob, Job, Segment, WorkUnit
from dubbing.submission import Draft
from engines import clones, spending
from vocasync.engines.auto import AUTO
from vocasync.errors import PipelineError
from vocasync.languages import DETECT
from vocasync.stages import ingest
from voices.actors import appearances_keep
from voices.models import EmotionReference, VoiceProfile
from web.names import clean_name
from web.problems import about
from web.uploads import FIELD_BYTES

Status = Job.Status
MAX_SEGMENT_TEXT = 5_000
FROM_THE_START: dict[str, Any] = {
    "stage": "",
    "stage_progress": 0.0,
    "progress": 0.0,
    "error_code": "",
    "error_params": {},
    "finished_at": None,
}
"""A new run walks the stages again (and finds most of them done)."""


def job_create_dubbing(
    *,
    owner: User,
    source: Upload,
    target_language: str,
    source_language: str = DETECT,
    emotion: Upload | None = None,
    subtitles: Upload | None = None,
    subtitles_are: str = "source",
    transcript: str = "",
    glossary: str = "",
    recognizer: str = AUTO,
    model_size: str = "",
    translator: str = AUTO,
    voice_engine: str = AUTO,
    match: str = "close",
    emotion_strength: float = 1.0,
    review: bool = False,
    title: str = "",
    submission_key: str = "",
    speaker_count: int | None = None,
    voice: VoiceProfile | None = None,
    emotion_reference: EmotionReference | None = None,
    lipsync: str = "",
    lip_options: Mapping[str, float] | None = None,
) -> Job:
    """Take a dub in: checked, laid down, queued. The same ``submission_key`` gives the same job (two clicks).

    glossary: as :func:`vocasync.stages.glossary.parse` reads it. emotion_strength: 0 to 1. speaker_count: how many
    people speak, None to find out. voice: of the library, for the main speaker, None for everybody's own.
    emotion_reference: the owner's, instead of a clip. lipsync: the engine that moves the lips of the video with the
    dub, ``auto``, or "" for none; lip_options: its settings, by name.
    Raises PipelineError (media, subtitles, glossary, languages, engines, limits, disk, a voice that may not be used)
    and ValidationError (fields, by name); then nothing of it is left on disk or in the database.
    """
    draft = Draft(
        owner=owner,
        source=source,
        target_language=target_language,
        source_language=source_language or DETECT,
        emotion=emotion,
        subtitles=subtitles,
        subtitles_are=subtitles_are,
        transcript=transcript,
        glossary=glossary,
        recognizer=recognizer or AUTO,
        model_size=model_size,
        translator=translator or AUTO,
        voice_engine=voice_engine or AUTO,
        match=match,
        emotion_strength=emotion_strength,
        review=review,
        title=title,
        submission_key=submission_key,
        speaker_count=speaker_count,
        voice=voice,
        emotion_reference=emotion_reference,
        lipsync=lipsync,
        lip_options=dict(lip_options or {}),
    )
    known = intake.submitted(owner, submission_key)
    if known is not None:
        return known
    submission.check_text(draft)
    with submission.with_library_clip(draft) as whole:
        return _create(whole)


def _create(draft: Draft) -> Job:
    limits = limits_for(draft.owner)
    _check(draft, limits)
    job, detail = submission.rows_of(draft)

    def look() -> Looked:
        info = submission.inspect(detail, submission.media_limits(limits))
        if detail.lipsync and info.video is None:
            raise ValidationError({"lipsync": "This recording has no picture in which lips could move."})
        size = ingest.result_size(info, submission.tracks_of(detail))
        return Looked(sync.plain(info), info.duration, size, submission.expected_cost(draft.owner, detail, info))

    return intake.job_take_in(job=job, detail=detail, uploads=submission.uploads_of(draft), look=look)


def _check(draft: Draft, limits: Limits) -> None:
    """Everything that can be refused without touching the disk."""
    require_active(draft.owner)
    submission.check_engines(draft)
    if draft.lipsync:
        lips.check(draft.owner, draft.lipsync, draft.lip_options)
    if draft.voice is not None:
        with about("voice"):
            casting.require_voice(draft.owner, draft.voice)
    intake.check_size(draft.source, limits.upload_bytes)
    if draft.emotion:
        with about("emotion"):
            intake.check_size(draft.emotion, submission.EMOTION_LIMITS.max_bytes)
    if draft.subtitles and draft.subtitles.size > FIELD_BYTES["subtitles"]:
        raise PipelineError("subtitles_unreadable", name=clean_name(draft.subtitles.name))
    intake.check_room(draft.owner, submission.uploads_of(draft))


def job_cancel(*, job: Job) -> None:
    """Stop it, wherever it is. Whoever works on it notices within about 2 s."""
    with transaction.atomic():
        _moved(job, (Status.QUEUED, Status.RUNNING, Status.WAITING), Status.CANCELLED)
        WorkUnit.objects.filter(job=job).delete()


def job_retry(*, job: Job) -> None:
    """Queue a failed or cancelled job again; what is done already is not done twice."""
    _queue_again(job, (Status.FAILED, Status.CANCELLED), **FROM_THE_START)


def job_approve(*, job: Job) -> None:
    """A person has seen the words: go on and speak them."""
    with transaction.atomic():
        _queue_again(job, (Status.WAITING,))
        DubbingJob.objects.filter(job=job).update(reviewed_at=timezone.now())


def job_rerun_stale(*, job: Job) -> None:
    """Speak again what was edited, which counts as audio. The old result stays served until the new one is there."""
    edited = Segment.objects.filter(job=job, stale=True)
    if not edited.exists():
        raise ValidationError("Nothing was edited since the last run.")
    with transaction.atomic():
        take_audio(job.owner, edited.aggregate(seconds=Sum(F("end") - F("start")))["seconds"])
        _queue_again(job, (Status.SUCCEEDED, Status.FAILED, Status.CANCELLED), **FROM_THE_START)
        DubbingJob.objects.filter(job=job).update(reviewed_at=timezone.now())


def job_delete(*, job: Job) -> None:
    """Delete it with everything that was made for it."""
    with transaction.atomic():
        Job.objects.filter(pk=job.pk).delete()
        appearances_keep(job_id=job.pk)
        clones.end(jobs=[job.pk])
        transaction.on_commit(partial(files.remove, job.pk))


def job_speak_anew(*, job: Job) -> None:
    """Find anew who speaks, and speak all of it again, which counts as audio."""
    with transaction.atomic():
        take_audio(job.owner, job.detail_rows.get().media.get("duration") or 0.0)
        _queue_again(job, (Status.WAITING, *Job.FINISHED), **FROM_THE_START)


def _queue_again(job: Job, old: Iterable[str], **fields: Any) -> None:
    require_active(job.owner)
    states.refuse_taken_down(job)
    casting.require_likenesses(job)
    spending.check_going_on(job.owner, job.pk)
    with transaction.atomic():
        intake.check_queue(job.owner, limits_for(job.owner), job.batch)
        if job.status in Job.FINISHED and not job.result_bytes:
            check_storage(job.owner, job.expected_bytes)
        _moved(job, old, Status.QUEUED, attempt=0, **fields)
        WorkUnit.objects.filter(job=job).delete()
        queue.hint_job(job.pk)


def _moved(job: Job, old: Iterable[str], new: str, **fields: Any) -> None:
    """Move, or raise ``not_now``; ``job`` is brought up to date."""
    if not states.move(job.pk, old, new, **fields):
        job.refresh_from_db()
        raise PipelineError("not_now", status=job.get_status_display().lower())
    job.refresh_from_db()


def segment_edit(*, segment: Segment, text: str | None = None, translation: str | None = None) -> Segment:
    """Correct what was said or what will be spoken; None leaves it. What depends on it becomes stale.

    Raises ``not_now`` while a worker has the job, ValidationError for a text beyond ``MAX_SEGMENT_TEXT`` characters.
    """
    changes = _edits(segment, text, translation)
    if not changes:
        return segment
    with transaction.atomic():
        job = states.at_rest(segment.job_id)
        Segment.objects.filter(pk=segment.pk).update(stale=True, **changes)
        segment.refresh_from_db()
        events.record(job, "segments", {"count": 1, "edited": [segment.index]})
    return segment


def _edits(segment: Segment, text: str | None, translation: str | None) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    for name, value in (("text", text), ("translation", translation)):
        if value is None or (cleaned := " ".join(value.split())) == getattr(segment, name):
            continue
        if len(cleaned) > MAX_SEGMENT_TEXT:
            raise ValidationError({name: f"A segment may have {MAX_SEGMENT_TEXT:,} characters at most."})
        changes |= {name: cleaned, f"{name}_edited": True}
    return changes
