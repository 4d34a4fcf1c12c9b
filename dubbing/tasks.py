"""What the queue calls. It carries a dotted path and an id, nothing else."""

from __future__ import annotations

import uuid

from dubbing import runner
from voices import errands
from work import shutdown


def advance_job(job_id: str) -> None:
    """Carry a job as far as it goes."""
    errands.run_due()
    if not shutdown.requested():
        runner.advance(uuid.UUID(job_id))


def run_unit(unit_id: int) -> None:
    """Do a share of a stage."""
    errands.run_due()
    if not shutdown.requested():
        runner.run_unit(unit_id)
