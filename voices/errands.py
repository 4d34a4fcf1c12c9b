"""Short work for the workers: started by a service, done by a handler, followed by the page that waits for it.

An errand is claimed by a lease, as a job is. What a handler may raise becomes the errand's error; a worker that is
lost gives the errand back to the queue (the reaper sees to that), a few times.
"""

from __future__ import annotations

import uuid
from datetime import timedelta
from functools import partial
from importlib import import_module
from types import ModuleType
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django_q.tasks import async_task

from accounts.models import User
from vocasync.errors import PipelineError
from voices.models import Errand
from work import doing, leases, shutdown
from work.leases import Claim, Keeper

HANDLERS: dict[str, str] = {
    "sample": "voices.handlers.samples:measure",
    "portrait": "voices.handlers.samples:portrait",
    "emotion": "voices.handlers.emotions:measure",
    "face": "voices.handlers.faces:look",
    "preview": "voices.handlers.previews:speak",
    "speech": "voices.handlers.speech:speak",
    "query": "voices.handlers.queries:listen",
    "consent": "voices.handlers.consents:check",
}
"""By kind of errand, ``f(errand, progress) -> result``. Its module may have ``failed(errand, error)``, which is called
in the transaction that makes the errand a failed one."""

TASK = "voices.tasks.run_errand"
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
def run(errand_id: uuid.UUID) -> None:
    """Take the errand up, if nobody has it, and do it. Nothing is raised: what goes wrong is written to the errand."""
    claim = leases.claim(Errand, errand_id)
    if claim is None:
        return
    with Keeper(claim) as keeper, doing.told(claim, _failed):
        doing.refuse_endless(claim)
        errand = Errand.objects.select_related("owner").get(pk=errand_id)
        meter = doing.Meter(keeper)
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


def _failed(claim: Claim, error: PipelineError) -> None:
    with transaction.atomic():
        errand = claim.held.select_related("owner").first()
        if errand is None:  # deleted, with what it was about
            return
        claim.held.update(
            status=Errand.Status.FAILED,
            error_code=error.code,
            error_params=doing.plain(error.params),
            finished_at=timezone.now(),
            lease_token="",
        )
        hook = getattr(_module(errand.kind), "failed", None)
        if hook is not None:
            hook(errand, error)


# --- looking after them -----------------------------------------------------------------------------------------------
def reap() -> int:
    """Queue again what is held by a worker that is no more; returns how much that was."""
    return doing.reap(Errand, hint)


def sweep() -> int:
    """Delete errands that were finished more than a day ago; returns how many."""
    deleted, _ = Errand.objects.exclude(status__in=OPEN).filter(created_at__lt=timezone.now() - KEPT).delete()
    return deleted
