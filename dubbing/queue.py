"""Hints for the workers. The database says what is to be done; a hint that is lost or comes twice is no matter."""

from __future__ import annotations

import uuid
from functools import partial

from django.db import transaction
from django_q.tasks import async_task

ADVANCE = "dubbing.tasks.advance_job"
UNIT = "dubbing.tasks.run_unit"


def hint_job(job_id: uuid.UUID) -> None:
    """Tell the workers, once the transaction is through, that the job may be taken up."""
    transaction.on_commit(partial(async_task, ADVANCE, str(job_id)))


def hint_unit(unit_id: int) -> None:
    """Tell the workers, once the transaction is through, that the unit may be taken up."""
    transaction.on_commit(partial(async_task, UNIT, unit_id))
