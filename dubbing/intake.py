"""How a job comes in: its files laid down and looked at, its owner's limits asked, its rows written and queued.

Whatever stands in the way, nothing of it is left, on disk or in the database."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import IntegrityError, transaction

from accounts.limits import Limits, check_storage, hold, limits_for, take_audio
from accounts.models import User
from dubbing import files, queue, selectors, states
from dubbing.files import Upload
from dubbing.models import Batch, Job, JobDetail
from engines import spending
from vocasync.engines.costs import Estimate
from vocasync.errors import PipelineError
from vocasync.types import JSON
from web.names import clean_name


@dataclass(frozen=True, slots=True)
class Looked:
    """What was found of a submission's files. media: what is shown of them. seconds: of sound, as its owner's limit
    counts it. result_bytes: what the result will take, about. cost: what it will cost, about."""

    media: JSON
    seconds: float
    result_bytes: int
    cost: Estimate


def submitted(owner: User, submission_key: str) -> Job | None:
    """The job that this submission made already; None for a new one, or one without a key."""
    if not submission_key:
        return None
    return Job.objects.filter(owner=owner, submission_key=submission_key).first()


def job_take_in(
    *,
    job: Job,
    detail: JobDetail,
    uploads: Mapping[str, Upload],
    look: Callable[[], Looked],
    also: Callable[[Job], None] | None = None,
) -> Job:
    """Take in a job whose rows were checked. The job that the same submission made already is given back instead.

    uploads: by the name of the detail's field. look: looks at what was laid down, raising what is wrong with it. also:
    writes what else belongs to the job, in the same transaction.
    Raises what ``look`` does, ``too_many_jobs``, ``storage_full``, ``audio_limit``, ``spending_limit``.
    """
    with _laid_down(job, detail, uploads):
        looked = look()
        detail.media = looked.media
        job.upload_bytes = sum(one.size for one in uploads.values())
        job.expected_bytes = looked.result_bytes
        try:
            with transaction.atomic():
                _check_limits(job, looked)
                _insert(job, detail, also)
        except IntegrityError:
            # The other click was quicker.
            first = submitted(job.owner, job.submission_key)
            if first is None:
                raise
            files.remove(job.pk)
            return first
    return job


def check_room(owner: User, uploads: Mapping[str, Upload]) -> None:
    """What can be refused before anything is written. Raises ``too_many_jobs``, ``storage_full``."""
    check_queue(owner, limits_for(owner))
    check_storage(owner, sum(one.size for one in uploads.values()))


def check_queue(owner: User, limits: Limits, batch: Batch | None = None) -> None:
    """Raise ``too_many_jobs``. batch: that the job comes in with; all of it counts as one job."""
    hold(owner)
    count = selectors.active_jobs_of(owner, batch)
    if count >= limits.active_jobs:
        raise PipelineError("too_many_jobs", count=count, limit=limits.active_jobs)


def check_size(upload: Upload, most_bytes: int) -> None:
    """Raise ``empty_file`` or ``too_large`` before anything is written."""
    name, size = clean_name(upload.name), upload.size
    if size == 0:
        raise PipelineError("empty_file", name=name)
    if size > most_bytes:
        raise PipelineError("too_large", name=name, megabytes=size / 1e6, limit=most_bytes / 1e6)


@contextmanager
def _laid_down(job: Job, detail: JobDetail, uploads: Mapping[str, Upload]) -> Iterator[None]:
    """Write the uploads to the job's folder; whatever fails inside, nothing of them is left."""
    try:
        for field, upload in uploads.items():
            getattr(detail, field).save(clean_name(upload.name), upload, save=False)
        yield
    except BaseException:
        files.remove(job.pk)
        raise


def _check_limits(job: Job, looked: Looked) -> None:
    check_queue(job.owner, limits_for(job.owner), job.batch)
    check_storage(job.owner, job.upload_bytes + job.expected_bytes)
    take_audio(job.owner, looked.seconds)
    spending.check_limit(job.owner, looked.cost)


def _insert(job: Job, detail: JobDetail, also: Callable[[Job], None] | None) -> None:
    job.save(force_insert=True)
    detail.save(force_insert=True)
    if also is not None:
        also(job)
    states.announce(job.pk)
    queue.hint_job(job.pk)
