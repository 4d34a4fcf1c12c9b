"""Reads. Whoever asks sees their own jobs; another person's job does not exist for them."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q, QuerySet, Sum

from accounts.models import User
from dubbing.files import output_root
from dubbing.models import Artifact, Job, JobEvent, Segment


def jobs_of(user: User | AnonymousUser) -> QuerySet[Job]:
    """The jobs that a person may see, newest first, with their details."""
    if not user.is_authenticated:
        return Job.objects.none()
    return Job.objects.filter(owner_id=user.pk).select_related("dubbing")


def job_of(user: User | AnonymousUser, job_id: uuid.UUID | str) -> Job:
    """A job that the person may see. Raises ``Job.DoesNotExist``, also for other people's and for no UUID at all."""
    try:
        wanted = job_id if isinstance(job_id, uuid.UUID) else uuid.UUID(job_id)
    except ValueError:
        raise Job.DoesNotExist from None
    return jobs_of(user).get(pk=wanted)


def storage_of(user: User) -> int:
    """Bytes that are kept for the person's jobs: uploads, results, and the room that unfinished ones will take."""
    coming = Q(status__in=Job.UNFINISHED, result_bytes=0)
    sums = Job.objects.filter(owner=user).aggregate(
        uploads=Sum("upload_bytes", default=0),
        results=Sum("result_bytes", default=0),
        coming=Sum("expected_bytes", filter=coming, default=0),
    )
    return int(sum(sums.values()))


def active_jobs_of(user: User) -> int:
    """How many of the person's jobs are queued or running."""
    return Job.objects.filter(owner=user, status__in=Job.ACTIVE).count()


def segments_of(job: Job) -> QuerySet[Segment]:
    """In order of time, with their takes."""
    return Segment.objects.filter(job=job).order_by("index").prefetch_related("takes")


def artifacts_of(job: Job) -> QuerySet[Artifact]:
    """The files of the result."""
    return Artifact.objects.filter(job=job).order_by("name")


def artifact_of(job: Job, name: str) -> Artifact:
    """One file of the result, by its name. Raises ``Artifact.DoesNotExist``."""
    return Artifact.objects.get(job=job, name=name)


def artifact_path(artifact: Artifact) -> Path:
    """Where the file lies. Raises ``Artifact.DoesNotExist`` when it is gone, or lies outside the job's output."""
    root = output_root(artifact.job_id).resolve()
    path = (root / artifact.path).resolve()
    if not path.is_relative_to(root) or not path.is_file():
        raise Artifact.DoesNotExist
    return path


def events_after(job_id: uuid.UUID, seq: int, limit: int = 500) -> list[dict[str, Any]]:
    """The job's log after ``seq``, in order, as a follower gets it."""
    rows = JobEvent.objects.filter(job=job_id, seq__gt=seq).order_by("seq")[:limit]
    return [{"seq": row.seq, "kind": row.kind, "at": row.at.isoformat(), "payload": row.payload} for row in rows]


SUMMARY_FIELDS = ("status", "stage", "progress", "stage_progress", "eta_seconds")


def job_summary(job: Job) -> dict[str, Any]:
    """The state of a job in one small message, for dashboards."""
    return {"job": str(job.pk)} | {name: getattr(job, name) for name in SUMMARY_FIELDS}
