"""Taking up a job."""

from __future__ import annotations

import uuid

from django.db.models.functions import Coalesce, Now

from dubbing.models import Job
from work import leases
from work.leases import Claim


def claim_job(job_id: uuid.UUID) -> Claim | None:
    """Take a queued job that is due. None: somebody else has it, or it is not wanted now."""
    return leases.claim(Job, job_id, started_at=Coalesce("started_at", Now()))
