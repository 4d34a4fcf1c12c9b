"""The log of a job. The table is the truth; the channel layer only wakes those who follow it."""

from __future__ import annotations

import logging
import uuid
from datetime import timedelta
from functools import partial
from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import InMemoryChannelLayer, get_channel_layer
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from accounts.models import User
from dubbing.models import Job, JobEvent, JobShare

logger = logging.getLogger(__name__)

PROGRESS_SECONDS = 0.5
"""At most one progress event a job in this time, whichever process it comes from."""


def record(job: Job, kind: str, payload: dict[str, Any]) -> JobEvent | None:
    """Append to the job's log. None when the job was deleted, or when progress comes too soon after progress."""
    with transaction.atomic():
        # The row lock orders the writers on PostgreSQL; on SQLite the IMMEDIATE transaction already has.
        if not Job.objects.select_for_update().filter(pk=job.pk).values_list("pk").first():
            return None
        last = JobEvent.objects.filter(job=job.pk).order_by("-seq").first()
        if kind == "progress" and last is not None and _too_soon(last):
            return None
        event = JobEvent.objects.create(job_id=job.pk, seq=last.seq + 1 if last else 1, kind=kind, payload=payload)
        wake(job)
    return event


def wake(job: Job, *others: User) -> None:
    """Once the transaction is through, have everybody who may see the job, and ``others``, look again."""
    transaction.on_commit(partial(_wake, job.pk, {job.owner_id, *(user.pk for user in others)}))


def _too_soon(last: JobEvent) -> bool:
    return last.kind == "progress" and timezone.now() - last.at < timedelta(seconds=PROGRESS_SECONDS)


def prune(job: Job) -> int:
    """Drop progress that is history; the newest event stays, so that ``seq`` never goes back."""
    newest = JobEvent.objects.filter(job=job.pk).aggregate(Max("seq"))["seq__max"] or 0
    return JobEvent.objects.filter(job=job.pk, kind="progress", seq__lt=newest).delete()[0]


def job_group(job_id: uuid.UUID) -> str:
    """The channel group of those who follow a job."""
    return f"job.{job_id}"


def person_group(user_id: int) -> str:
    """The channel group of a person's pages that show all of the jobs that they may see."""
    return f"jobs.{user_id}"


def crosses_processes() -> bool:
    """Whether the channel layer reaches other processes (Redis); if not, followers poll the table."""
    layer = get_channel_layer()
    return layer is not None and not isinstance(layer, InMemoryChannelLayer)


def _wake(job_id: uuid.UUID, people: set[int]) -> None:
    if not crosses_processes():
        return
    layer = get_channel_layer()
    shared_with = JobShare.objects.filter(job=job_id).values_list("user_id", flat=True)
    groups = [job_group(job_id), *(person_group(user_id) for user_id in {*people, *shared_with})]
    try:
        for group in groups:
            async_to_sync(layer.group_send)(group, {"type": "job.changed"})
    except Exception:  # a layer that is down must not fail the work: followers also look at the table now and then
        logger.warning("The channel layer could not be told of job %s.", job_id, exc_info=True)
