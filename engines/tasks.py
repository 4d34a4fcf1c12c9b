"""What the queue calls. It carries a dotted path and an id, nothing else."""

from __future__ import annotations

import uuid

from engines import clones, model_tasks
from work import shutdown


def remove_clones() -> None:
    """Remove copies of voices at services that are to be there no more."""
    clones.remove_ended()


def run_model_task(task_id: str) -> None:
    """Fetch or verify a model."""
    if not shutdown.requested():
        model_tasks.run(uuid.UUID(task_id))
