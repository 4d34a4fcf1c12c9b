"""Transitions of a job: conditional UPDATEs, so that of two who want to move it only one does."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils import timezone

from dubbing import events
from dubbing.models import Job
from vocasync.errors import PipelineError, message

Status = Job.Status


def move(job_id: uuid.UUID, old: Iterable[str], new: str, *, token: str | None = None, **fields: Any) -> bool:
    """From one of ``old`` to ``new``; False when it was in another state, or its lease is not ``token``.

    Whoever worked on it loses the lease, and the move is written to the job's log.
    """
    held = {} if token is None else {"lease_token": token}
    changes: dict[str, Any] = {"status": new, "lease_token": "", "lease_until": None, "eta_seconds": None}
    if new in Job.FINISHED:
        changes["finished_at"] = timezone.now()
    with transaction.atomic():
        if not Job.objects.filter(pk=job_id, status__in=list(old), **held).update(**(changes | fields)):
            return False
        announce(job_id)
    return True


def at_rest(job_id: uuid.UUID) -> Job:
    """The job, locked till the end of the transaction, so that a person can change it.

    Raises ``not_now`` while a worker has it, ``job_taken_down``.
    """
    job = Job.objects.select_for_update().get(pk=job_id)
    refuse_taken_down(job)
    if job.status in Job.ACTIVE:
        raise PipelineError("not_now", status=job.get_status_display().lower())
    return job


def refuse_taken_down(job: Job) -> None:
    """Raise ``job_taken_down`` for a job whose result a moderator took down: nothing more is made of it."""
    if job.taken_down_at is not None:
        raise PipelineError("job_taken_down", name=job.title, reason=job.takedown_reason)


def announce(job_id: uuid.UUID) -> None:
    """Write the job's present state to its log."""
    job = Job.objects.filter(pk=job_id).first()
    if job is not None:
        events.record(job, "status", status_payload(job))


def status_payload(job: Job) -> dict[str, Any]:
    """What a follower is told of a state."""
    payload: dict[str, Any] = {"status": job.status, "stage": job.stage, "progress": job.progress}
    if job.error_code:
        payload["error"] = {"code": job.error_code, "message": message(job.error_code, job.error_params)}
    return payload
