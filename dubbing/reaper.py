"""Brings back what was lost: expired leases are queued again, and work that no hint leads to is hinted at anew."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from dubbing import queue, runner, states
from dubbing.models import Job, WorkUnit
from engines import model_tasks
from engines.models import ModelTask
from voices import errands
from voices.models import Errand
from work import leases
from work.models import Leased

logger = logging.getLogger(__name__)

HINT_SECONDS = 8.0
"""How long a free worker may leave due work lying before it is hinted at (again)."""

STALL_SECONDS = 20.0
"""How long, hinted at or not, before the queue itself is taken for stuck."""


def reap() -> int:
    """Queue again what is held by a worker that is no more; returns how much that was."""
    return _reap_jobs() + _reap_units() + errands.reap() + model_tasks.reap() + _wake_jobs()


def _reap_jobs() -> int:
    count = 0
    held = Job.objects.filter(status=Job.Status.RUNNING).exclude(lease_token="")
    for pk, token, until in held.values_list("pk", "lease_token", "lease_until"):
        if leases.is_lost(token, until) and states.move(pk, (Job.Status.RUNNING,), Job.Status.QUEUED, token=token):
            logger.warning("Job %s lost its worker; it is queued again.", pk)
            queue.hint_job(pk)
            count += 1
    return count


def _reap_units() -> int:
    count = 0
    held = WorkUnit.objects.filter(status=WorkUnit.Status.RUNNING)
    for pk, token, until in held.values_list("pk", "lease_token", "lease_until"):
        if not leases.is_lost(token, until):
            continue
        rows = WorkUnit.objects.filter(pk=pk, status=WorkUnit.Status.RUNNING, lease_token=token)
        if rows.update(status=WorkUnit.Status.QUEUED, lease_token="", lease_until=None):
            logger.warning("Unit %s lost its worker; it is queued again.", pk)
            queue.hint_unit(pk)
            count += 1
    return count


def _wake_jobs() -> int:
    """Jobs whose last unit was done by a worker that died before it could wake them."""
    alone = Job.objects.filter(status=Job.Status.RUNNING, lease_token="").values_list("pk", flat=True)
    woken = [pk for pk in alone if runner.wake(pk)]
    for pk in woken:
        queue.hint_job(pk)
    return len(woken)


HINTS: tuple[tuple[type[Leased], Callable[[Any], None]], ...] = (
    (Errand, errands.hint),
    (Job, queue.hint_job),
    (WorkUnit, queue.hint_unit),
    (ModelTask, model_tasks.hint),
)
"""What workers take up, and how they are told of it."""

Key = tuple[type[Leased], uuid.UUID | int]


@dataclass(slots=True)
class Watch:
    """Looks, now and then, whether free workers leave work lying. ``workers``: how many there are here."""

    workers: int
    _seen: dict[Key, float] = field(default_factory=dict)
    _hinted: dict[Key, float] = field(default_factory=dict)

    def look(self, now: float | None = None) -> bool:
        """Hint at what lies too long; True when the queue seems to be stuck. now: seconds, monotonic."""
        now = time.monotonic() if now is None else now
        waiting = _due() if _busy() < self.workers else {}
        self._seen = {key: self._seen.get(key, now) for key in waiting}
        self._hinted = {key: self._hinted.get(key, now) for key in waiting}
        for key in waiting:
            if now - self._hinted[key] >= HINT_SECONDS:
                self._hinted[key] = now
                _hint(key)
        return any(now - since >= STALL_SECONDS for since in self._seen.values())

    def forget(self) -> None:
        """Count anew: the queue was just started."""
        self._seen.clear()
        self._hinted.clear()


def _due() -> dict[Key, None]:
    return {
        (rows, pk): None
        for rows, _ in HINTS
        for pk in rows._default_manager.filter(leases.due()).values_list("pk", flat=True)[:100]
    }


def _busy() -> int:
    """How many leases processes of this machine hold."""
    mine = leases.place() + ":"
    return sum(
        rows._default_manager.filter(status="running", lease_token__startswith=mine).count() for rows, _ in HINTS
    )


def _hint(key: Key) -> None:
    rows, pk = key
    dict(HINTS)[rows](pk)
