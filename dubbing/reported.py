"""Jobs as :mod:`voices.moderation.jobs` asks for them: what is reported, and what moderators listen to."""

from __future__ import annotations

import uuid
from collections.abc import Collection

from django.db.models import Prefetch
from django.urls import reverse

from accounts.models import User
from dubbing import selectors
from dubbing.models import Artifact, Job
from voices.moderation.jobs import JobSubject, Sound

HEARD = ("original.mp3", "voice.mp3", "emotion.mp3")
"""Tracks of a result that a moderator compares, small enough to be listened to in a page."""

LABELS = {"original.mp3": "Original sound", "voice.mp3": "Dubbed voice", "emotion.mp3": "Emotion track"}


def seen_by(user: User, job_id: uuid.UUID) -> JobSubject | None:
    """A job that the person may see; None for any other."""
    job = selectors.visible_jobs(user).filter(pk=job_id).first()
    return _subject(job, []) if job else None


def many(job_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, JobSubject]:
    """Those that are (still) there, whoever they belong to."""
    tracks = Prefetch("artifacts", Artifact.objects.filter(path__in=HEARD), to_attr="tracks")
    rows = Job.objects.filter(pk__in=job_ids).select_related("owner").prefetch_related(tracks)
    return {job.pk: _subject(job, job.tracks) for job in rows}


def _subject(job: Job, tracks: list[Artifact]) -> JobSubject:
    there = {track.path for track in tracks}
    return JobSubject(
        pk=job.pk,
        title=job.title,
        owner=job.owner,
        page=reverse("dubbing:job", args=[job.pk]),
        is_taken_down=job.taken_down_at is not None,
        sounds=tuple(_sound(job, path) for path in HEARD if path in there),
    )


def _sound(job: Job, path: str) -> Sound:
    return Sound(LABELS[path], reverse("admin:dubbing_job_sound", args=[job.pk, path]))
