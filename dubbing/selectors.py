"""Reads. Whoever asks sees their own jobs and the results that are shared with them; others do not exist for them."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q, QuerySet, Sum

from accounts.models import User
from dubbing.files import output_root
from dubbing.models import Artifact, Batch, Job, JobEvent, JobShare, Segment, Speaker


def with_details(jobs: QuerySet[Job]) -> QuerySet[Job]:
    """The same with owner and the rows of every kind's details."""
    return jobs.select_related("owner", *sorted(set(Job.DETAILS.values())))


def jobs_of(user: User | AnonymousUser) -> QuerySet[Job]:
    """A person's own jobs, newest first, with their details. They alone may change them."""
    if not user.is_authenticated:
        return Job.objects.none()
    return with_details(Job.objects.filter(owner_id=user.pk))


def shared_jobs(user: User | AnonymousUser) -> QuerySet[Job]:
    """Other people's jobs that are shared with the person, newest first. What was taken down is not among them."""
    if not isinstance(user, User):
        return Job.objects.none()
    return with_details(Job.objects.filter(_shared_with(user)))


def visible_jobs(user: User | AnonymousUser) -> QuerySet[Job]:
    """The jobs that a person may look at: their own, and those that are shared with them."""
    if not isinstance(user, User):
        return Job.objects.none()
    return with_details(Job.objects.filter(Q(owner_id=user.pk) | _shared_with(user)))


def _shared_with(user: User) -> Q:
    shared = JobShare.objects.filter(user_id=user.pk).values("job_id")
    return Q(pk__in=shared, taken_down_at=None)


def job_of(user: User | AnonymousUser, job_id: uuid.UUID | str) -> Job:
    """The person's own job. Raises ``Job.DoesNotExist``, also for other people's and for no UUID at all."""
    return _get(jobs_of(user), job_id)


def visible_job(user: User | AnonymousUser, job_id: uuid.UUID | str) -> Job:
    """A job that the person may look at. Raises ``Job.DoesNotExist``."""
    return _get(visible_jobs(user), job_id)


def _get(jobs: QuerySet[Job], job_id: uuid.UUID | str) -> Job:
    try:
        wanted = job_id if isinstance(job_id, uuid.UUID) else uuid.UUID(job_id)
    except ValueError:
        raise Job.DoesNotExist from None
    return jobs.get(pk=wanted)


def people_of(job: Job) -> QuerySet[JobShare]:
    """Whom the job is shared with. For its owner."""
    return JobShare.objects.filter(job=job).select_related("user").order_by("user__username")


def speakers_of(job: Job) -> QuerySet[Speaker]:
    """Who speaks in the job, in order of appearance."""
    return Speaker.objects.filter(job=job).select_related("voice", "actor", "job__owner").order_by("number")


def visible_speakers(user: User | AnonymousUser) -> QuerySet[Speaker]:
    """Who speaks in the jobs that the person may look at: newest job first, in order of appearance."""
    return _speakers_in(visible_jobs(user))


def own_speakers(user: User | AnonymousUser) -> QuerySet[Speaker]:
    """Who speaks in the person's own jobs."""
    return _speakers_in(jobs_of(user))


def _speakers_in(jobs: QuerySet[Job]) -> QuerySet[Speaker]:
    rows = Speaker.objects.filter(job__in=jobs.values("pk")).select_related("voice", "actor", "job__owner")
    return rows.order_by("-job__created_at", "job_id", "number")


def unanswered_speakers(user: User | AnonymousUser) -> QuerySet[Speaker]:
    """Speakers of the person's jobs about whom they are asked: is it this actor? Newest job first."""
    asked = Speaker.ActorState.ASKED
    return own_speakers(user).filter(actor_state=asked, actor__isnull=False).exclude(job__status__in=Job.ACTIVE)


def unknown_speakers(user: User | AnonymousUser) -> QuerySet[Speaker]:
    """Speakers of finished dubs of the person's whom nothing and nobody has given a name."""
    unknown = own_speakers(user).filter(actor_state=Speaker.ActorState.NONE, actor=None, name="")
    return unknown.filter(job__status=Job.Status.SUCCEEDED, job__taken_down_at=None)


def storage_of(user: User) -> int:
    """Bytes that are kept for the person's jobs: uploads, results, and the room that unfinished ones will take."""
    coming = Q(status__in=Job.UNFINISHED, result_bytes=0)
    sums = Job.objects.filter(owner=user).aggregate(
        uploads=Sum("upload_bytes", default=0),
        results=Sum("result_bytes", default=0),
        coming=Sum("expected_bytes", filter=coming, default=0),
    )
    return int(sum(sums.values()))


def active_jobs_of(user: User, besides: Batch | None = None) -> int:
    """How many of the person's jobs are queued or running; those of a batch count as one. besides: a batch that is not
    counted."""
    active = Job.objects.filter(owner=user, status__in=Job.ACTIVE)
    batches = active.exclude(batch=None).values("batch").distinct()
    if besides is not None:
        batches = batches.exclude(batch=besides)
    return active.filter(batch=None).count() + batches.count()


def batch_of(user: User | AnonymousUser, batch_id: uuid.UUID) -> Batch:
    """The person's own batch. Raises ``Batch.DoesNotExist``."""
    return batches_of(user).get(pk=batch_id)


def batches_of(user: User | AnonymousUser) -> QuerySet[Batch]:
    """A person's batches, newest first."""
    return Batch.objects.filter(owner_id=user.pk) if user.is_authenticated else Batch.objects.none()


def jobs_in(batch: Batch) -> QuerySet[Job]:
    """The jobs of a batch in the order in which they came in."""
    return with_details(Job.objects.filter(batch=batch)).order_by("created_at", "pk")


def segments_of(job: Job) -> QuerySet[Segment]:
    """In order of time, with their takes."""
    return Segment.objects.filter(job=job).order_by("index").prefetch_related("takes")


def stale_count(job: Job) -> int:
    """How many segments were changed since they were last spoken."""
    return Segment.objects.filter(job=job, stale=True).count()


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
