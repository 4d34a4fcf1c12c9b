"""What becomes of a job when its work does not end well."""

from __future__ import annotations

import logging
import secrets
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.db import DatabaseError, transaction
from django.utils import timezone

from dubbing import files, states
from dubbing.models import Job, WorkUnit
from vocasync.errors import Cancelled, PipelineError
from work import leases, shutdown
from work.leases import Claim, HandBack, Keeper

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 5
"""Times the same place is taken up before the job is given up as ``lost_worker``."""

BACKOFF = (timedelta(seconds=5), timedelta(seconds=20), timedelta(seconds=60))
"""Waits before another try of what may pass."""


def refuse_endless(claim: Claim, job_id: uuid.UUID) -> None:
    """Raise ``lost_worker`` when workers were lost at this place again and again."""
    if claim.attempt > MAX_ATTEMPTS:
        marker = _logged_id()
        logger.error("[%s] Job %s was taken up %s times at the same place.", marker, job_id, claim.attempt)
        raise PipelineError("lost_worker", attempts=claim.attempt - 1, id=marker)


@contextmanager
def told(claim: Claim, job_id: uuid.UUID, keeper: Keeper) -> Iterator[None]:
    """Whatever goes wrong inside is told to the job's owner, tried again, or handed back; nothing is raised."""
    try:
        yield
    except HandBack:
        _hand_back(claim)
    except Cancelled:
        _clean_up(job_id)
    except PipelineError as error:
        if shutdown.requested():  # a tool that was stopped together with us
            _hand_back(claim)
        else:
            _failed(claim, job_id, error)
    except DatabaseError as error:
        _unknown(claim, job_id, error, permanent=False)
    except Exception as error:
        _unknown(claim, job_id, error, permanent=True)


def _hand_back(claim: Claim) -> None:
    leases.release(claim, counts=False)


def _clean_up(job_id: uuid.UUID) -> None:
    """A job that was deleted under our hands leaves nothing that we may have written since."""
    if not Job.objects.filter(pk=job_id).exists():
        files.remove(job_id)


def _unknown(claim: Claim, job_id: uuid.UUID, error: Exception, *, permanent: bool) -> None:
    if not Job.objects.filter(pk=job_id).exists():
        # The files went with the job: that is all that went wrong.
        files.remove(job_id)
        return
    marker = _logged_id()
    logger.error("[%s] Job %s failed.", marker, job_id, exc_info=error)
    _failed(claim, job_id, PipelineError("internal", permanent=permanent, id=marker))


def _failed(claim: Claim, job_id: uuid.UUID, error: PipelineError) -> None:
    # The row, not the claim, counts the tries at this stage: the walk may have come further since it was claimed.
    attempt = claim.held.values_list("attempt", flat=True).first()
    if attempt is None:
        return
    if not error.permanent and attempt <= len(BACKOFF):
        logger.warning("Job %s, try %s: %s", job_id, attempt, error)
        leases.release(claim, not_before=timezone.now() + BACKOFF[attempt - 1])
        return
    with transaction.atomic():
        _fail_job(claim, job_id, error)


def _fail_job(claim: Claim, job_id: uuid.UUID, error: PipelineError) -> None:
    token = claim.token if claim.rows is Job else ""
    params: dict[str, Any] = {key: value if _is_plain(value) else str(value) for key, value in error.params.items()}
    states.move(
        job_id, (Job.Status.RUNNING,), Job.Status.FAILED, token=token, error_code=error.code, error_params=params
    )
    WorkUnit.objects.filter(job=job_id).delete()


def _is_plain(value: object) -> bool:
    return isinstance(value, str | int | float | bool)


def _logged_id() -> str:
    return secrets.token_hex(4)
