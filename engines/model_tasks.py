"""Models, for staff: what a worker does with them, and what is done at once. All of it goes into the audit trail."""

from __future__ import annotations

import uuid
from functools import partial
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django_q.tasks import async_task

from accounts.audit import Subject, record
from accounts.models import User
from engines.models import ModelTask
from vocasync.errors import PipelineError
from vocasync.progress import Progress
from vocasync.weights import fetch, licences, store
from vocasync.weights.catalogue import model
from vocasync.weights.licences import Acceptance
from work import doing, leases
from work.engines import engine_config
from work.leases import Claim, Keeper

PERMISSION = "engines.manage_models"
TASK = "engines.tasks.run_model_task"
KEPT = 20
"""Finished tasks of a model that are remembered."""


# --- what staff ask for -----------------------------------------------------------------------------------------------
def task_start(*, by: User, name: str, act: ModelTask.Act) -> ModelTask:
    """Have a worker fetch or verify a model. Raises ``weights_unknown``, ``weights_busy`` while it has something to do
    with it already, ``weights_licence`` for a model whose terms nobody has accepted."""
    row = model(name)
    if act == ModelTask.Act.FETCH and licences.lacking(name, engine_config().models):
        raise PipelineError("weights_licence", label=row.label, licence=row.licence.name, name=name)
    task = ModelTask(model=name, act=act, asked_by=by)
    try:
        with transaction.atomic():
            task.full_clean(validate_constraints=False)
            task.save(force_insert=True)
            record(by, f"model.{act}", subject(name))
            hint(task.pk)
    except IntegrityError:
        raise PipelineError("weights_busy", name=name) from None
    return task


def task_cancel(*, by: User, name: str) -> bool:
    """Stop what is being done with a model; what has arrived stays, and the next fetch goes on with it. False where
    nothing is being done. The worker notices within about a second."""
    with transaction.atomic():
        open_tasks = ModelTask.objects.filter(model=name, status__in=ModelTask.OPEN)
        stopped = open_tasks.update(
            status=ModelTask.Status.CANCELLED, finished_at=timezone.now(), lease_token="", lease_until=None
        )
        if stopped:
            record(by, "model.cancel", subject(name))
    return bool(stopped)


def licence_accept(*, by: User, name: str) -> Acceptance:
    """Write down that ``by`` accepts the terms of a model, for the site. Raises ``weights_unknown``."""
    terms = model(name).licence
    with transaction.atomic():
        record(by, "model.accept", subject(name), after={"licence": terms.name, "url": terms.url})
        return licences.accept(name, engine_config().models, by.get_full_name() or by.get_username())


def model_remove(*, by: User, name: str) -> int:
    """Delete a model's files; returns how many bytes that freed. Raises ``weights_unknown``, ``weights_absent``,
    ``weights_busy``."""
    with transaction.atomic():
        if ModelTask.objects.filter(model=name, status__in=ModelTask.OPEN).exists():
            raise PipelineError("weights_busy", name=name)
        record(by, "model.remove", subject(name))
        return store.remove(name, engine_config().models)


def subject(name: str) -> Subject:
    """A model, for the audit trail."""
    return Subject("engines.model", name, model(name).label)


def latest() -> dict[str, ModelTask]:
    """The last task of each model, by its name."""
    newest: dict[str, ModelTask] = {}
    for task in ModelTask.objects.select_related("asked_by").order_by("created_at"):
        newest[task.model] = task
    return newest


# --- what workers do --------------------------------------------------------------------------------------------------
def hint(task_id: uuid.UUID) -> None:
    """Tell the workers, once the transaction is through, that the task may be taken up."""
    transaction.on_commit(partial(async_task, TASK, str(task_id)))


def run(task_id: uuid.UUID) -> None:
    """Take the task up, if nobody has it, and do it. Nothing is raised: what goes wrong is written to it."""
    claim = leases.claim(ModelTask, task_id)
    if claim is None:
        return
    with Keeper(claim) as keeper, doing.told(claim, _failed):
        doing.refuse_endless(claim)
        task = ModelTask.objects.get(pk=task_id)
        meter = doing.Meter(keeper)
        keeper.flush_with(meter.flush)
        result = _ACTS[ModelTask.Act(task.act)](task.model, meter)
        keeper.flush_with(lambda: None)
        _finish(claim, status=ModelTask.Status.DONE, progress=1.0, stage="", result=result)
    _forget_old(task_id)


def _fetch(name: str, progress: Progress) -> dict[str, Any]:
    config = engine_config()
    fetch.fetch(name, config.models, progress, mirror=config.option("models_mirror"), network=config.network)
    return {}


def _verify(name: str, progress: Progress) -> dict[str, Any]:
    found = store.verify(name, engine_config().models, progress)
    return {"checked": len(found), "wrong": [[one.file, one.about] for one in found if not one.right]}


_ACTS = {ModelTask.Act.FETCH: _fetch, ModelTask.Act.VERIFY: _verify}


def _failed(claim: Claim, error: PipelineError) -> None:
    params = doing.plain(error.params)
    _finish(claim, status=ModelTask.Status.FAILED, error_code=error.code, error_params=params)


def _finish(claim: Claim, **values: Any) -> None:
    claim.held.update(**values, finished_at=timezone.now(), lease_token="")


def _forget_old(task_id: uuid.UUID) -> None:
    name = ModelTask.objects.filter(pk=task_id).values_list("model", flat=True).first()
    done = ModelTask.objects.filter(model=name).exclude(status__in=ModelTask.OPEN).order_by("-created_at")
    ModelTask.objects.filter(pk__in=list(done.values_list("pk", flat=True)[KEPT:])).delete()


def reap() -> int:
    """Queue again what is held by a worker that is no more; returns how much that was."""
    return doing.reap(ModelTask, hint)
