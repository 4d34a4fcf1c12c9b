"""Short work for the workers: started by a service, done by a handler, followed by the page that waits for it.

An errand is claimed by a lease, as a job is. What a handler may raise becomes the errand's error; a worker that is
lost gives the errand back to the queue (the reaper sees to that), a few times.
"""

from __future__ import annotations

import logging
import secrets
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from importlib import import_module
from types import ModuleType
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db import DatabaseError, transaction
from django.db.models import Q
from django.utils import timezone
from django_q.tasks import async_task

from accounts.models import User
from vocasync.errors import Cancelled, PipelineError
from voices.models import Errand
from work import leases, shutdown
from work.leases import Claim, HandBack, Keeper

logger = logging.getLogger(__name__)

HANDLERS: dict[str, str] = {
    "sample": "voices.handlers.samples:measure",
    "portrait": "voices.handlers.samples:portrait",
    "emotion": "voices.handlers.emotions:measure",
    "preview": "voices.handlers.previews:speak",
    "query": "voices.handlers.queries:listen",
    "consent": "voices.handlers.consents:check",
}
"""By kind of errand, ``f(errand, progress) -> result``. Its module may have ``failed(errand, error)``, which is called
in the transaction that makes the errand a failed one."""

TASK = "voices.tasks.run_errand"
MAX_ATTEMPTS = 3
RETRY_AFTER = timedelta(seconds=5)
KEPT = timedelta(days=1)
OPEN = (Errand.Status.QUEUED, Errand.Status.RUNNING)


def start(*, owner: User | None, kind: str, subject: object, params: dict[str, Any] | None = None) -> Errand:
    """Queue an errand. owner: None for a visitor. subject: id of what it is about, mostly of a row. Workers hear of it
    when the transaction is through."""
    errand = Errand(owner=owner, kind=kind, subject=str(subject), params=params or {})
    errand.full_clean(exclude=["owner"])
    errand.save(force_insert=True)
    hint(errand.pk)
    return errand


def hint(errand_id: uuid.UUID) -> None:
    """Tell the workers, once the transaction is through, that the errand may be taken up."""
    transaction.on_commit(partial(async_task, TASK, str(errand_id)))


def errand_of(user: User | AnonymousUser, errand_id: uuid.UUID | str) -> Errand:
    """An errand that the person, or some visitor, sent. Raises ``Errand.DoesNotExist``, also for other people's and for
    no UUID."""
    try:
        wanted = errand_id if isinstance(errand_id, uuid.UUID) else uuid.UUID(errand_id)
    except ValueError:
        raise Errand.DoesNotExist from None
    return Errand.objects.get(Q(owner=None) | Q(owner_id=user.pk), pk=wanted)


def open_errand(kind: str, subject: object) -> Errand | None:
    """The errand of this kind that waits or is under way, None when there is none."""
    return Errand.objects.filter(kind=kind, subject=str(subject), status__in=OPEN).first()


def forget(*subjects: object) -> None:
    """Drop the errands about rows that are no more; whoever is at one notices within about a second."""
    Errand.objects.filter(subject__in=[str(subject) for subject in subjects]).delete()


# --- doing them -------------------------------------------------------------------------------------------------------
class Meter:
    """The progress of an errand: kept in memory by the handler, written down by the thread that keeps the lease."""

    def __init__(self, keeper: Keeper) -> None:
        self._keeper = keeper
        self._told = (0.0, "")
        self._written = self._told

    def report(self, fraction: float, note: str = "") -> None:
        before, stage = self._told
        self._told = (min(1.0, max(before, fraction)), note or stage)

    def check(self) -> None:
        self._keeper.check()

    def flush(self) -> None:
        """Write what was reported since the last time."""
        if self._told != self._written:
            self._written = self._told
            progress, stage = self._told
            self._keeper.claim.held.update(progress=round(progress, 4), stage=stage[:60])


def run(errand_id: uuid.UUID) -> None:
    """Take the errand up, if nobody has it, and do it. Nothing is raised: what goes wrong is written to the errand."""
    claim = leases.claim(Errand, errand_id)
    if claim is None:
        return
    with Keeper(claim) as keeper, _told(claim):
        _refuse_endless(claim)
        errand = Errand.objects.select_related("owner").get(pk=errand_id)
        meter = Meter(keeper)
        keeper.flush_with(meter.flush)
        result = _handler(errand)(errand, meter)
        keeper.flush_with(lambda: None)
        claim.held.update(
            status=Errand.Status.DONE, progress=1.0, result=result, finished_at=timezone.now(), lease_token=""
        )


def run_due(most: int = 5) -> None:
    """Do what waits and is due, the oldest first. Called before long work is taken up, so that errands, for which
    people wait, need not wait for its end; ``most``, so that they do not hold it up either."""
    waiting = Errand.objects.filter(leases.due()).order_by("created_at").values_list("pk", flat=True)
    for pk in list(waiting[:most]):
        if shutdown.requested():
            return
        run(pk)


def _handler(errand: Errand) -> Any:
    return getattr(_module(errand.kind), HANDLERS[errand.kind].partition(":")[2])


def _module(kind: str) -> ModuleType:
    return import_module(HANDLERS[kind].partition(":")[0])


def _refuse_endless(claim: Claim) -> None:
    if claim.attempt > MAX_ATTEMPTS:
        marker = _logged_id()
        logger.error("[%s] Errand %s was taken up %s times.", marker, claim.pk, claim.attempt)
        raise PipelineError("errand_lost", attempts=claim.attempt - 1, id=marker)


@contextmanager
def _told(claim: Claim) -> Iterator[None]:
    try:
        yield
    except HandBack:
        leases.release(claim, counts=False)
    except Cancelled:
        return  # deleted, or another worker's by now
    except PipelineError as error:
        if shutdown.requested():  # a tool that was stopped together with us
            leases.release(claim, counts=False)
        else:
            _failed(claim, error)
    except DatabaseError as error:
        _again(claim, error)
    except Exception as error:
        _failed(claim, _unknown(claim, error))


def _again(claim: Claim, error: Exception) -> None:
    """The database was busy or away: once more, for as often as an errand may be taken up."""
    if claim.attempt < MAX_ATTEMPTS:
        logger.warning("Errand %s, try %s.", claim.pk, claim.attempt, exc_info=error)
        leases.release(claim, not_before=timezone.now() + RETRY_AFTER)
    else:
        _failed(claim, _unknown(claim, error))


def _unknown(claim: Claim, error: Exception) -> PipelineError:
    marker = _logged_id()
    logger.error("[%s] Errand %s failed.", marker, claim.pk, exc_info=error)
    return PipelineError("internal", id=marker)


def _logged_id() -> str:
    return secrets.token_hex(4)


def _failed(claim: Claim, error: PipelineError) -> None:
    with transaction.atomic():
        errand = claim.held.select_related("owner").first()
        if errand is None:  # deleted, with what it was about
            return
        claim.held.update(
            status=Errand.Status.FAILED,
            error_code=error.code,
            error_params=_plain(error.params),
            finished_at=timezone.now(),
            lease_token="",
        )
        hook = getattr(_module(errand.kind), "failed", None)
        if hook is not None:
            hook(errand, error)


def _plain(params: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value if isinstance(value, str | int | float | bool) else str(value) for name, value in params.items()
    }


# --- looking after them -----------------------------------------------------------------------------------------------
def reap() -> int:
    """Queue again what is held by a worker that is no more; returns how much that was."""
    count = 0
    held = Errand.objects.filter(status=Errand.Status.RUNNING).values_list("pk", "lease_token", "lease_until")
    for pk, token, until in held:
        if not leases.is_lost(token, until):
            continue
        rows = Errand.objects.filter(pk=pk, status=Errand.Status.RUNNING, lease_token=token)
        if rows.update(status=Errand.Status.QUEUED, lease_token="", lease_until=None):
            logger.warning("Errand %s lost its worker; it is queued again.", pk)
            hint(pk)
            count += 1
    return count


def sweep() -> int:
    """Delete errands that were finished more than a day ago; returns how many."""
    deleted, _ = Errand.objects.exclude(status__in=OPEN).filter(created_at__lt=timezone.now() - KEPT).delete()
    return deleted
