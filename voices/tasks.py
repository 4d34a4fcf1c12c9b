"""What the queue calls. It carries a dotted path and an id, nothing else."""

from __future__ import annotations

import uuid

from voices import errands
from work import shutdown


def run_errand(errand_id: str) -> None:
    """Do an errand."""
    if not shutdown.requested():
        errands.run(uuid.UUID(errand_id))
