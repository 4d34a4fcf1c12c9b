"""The page of models in the admin: how each stands, and the buttons."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from engines import model_tasks
from engines.model_tasks import PERMISSION
from engines.models import ModelTask
from vocasync.engines.registry import specs
from vocasync.errors import PipelineError, message
from vocasync.weights import store
from vocasync.weights.catalogue import MODELS, Model
from vocasync.weights.words import amount
from web.people import person
from work.engines import engine_config

STATES = {
    "ready": ("Ready", "good"),
    "licence": ("Terms not accepted", "warn"),
    "half": ("Half there", "warn"),
    "absent": ("Not here", "plain"),
}
"""By status: the words, and the tone of the badge."""

GROUPS = (
    ("Recognition", ("whisper", "faster-whisper")),
    ("Voices", ("xtts", "your-tts", "bark", "neutts", "sv2tts")),
    ("Lips", ("wav2lip", "diff2lip")),
)
"""Titles, and how the names of their models begin."""


@dataclass(frozen=True, slots=True)
class Card:
    """A model as the page shows it. engines: labels of those that run on it. problem: what went wrong last, for the
    person. wrong: files that were not right when it was last verified, and why."""

    model: Model
    state: store.State
    badge: str
    tone: str
    size: str
    task: ModelTask | None
    engines: tuple[str, ...]
    problem: str
    wrong: tuple[tuple[str, str], ...]

    @property
    def busy(self) -> bool:
        """Whether a worker is at it, or is to be."""
        return self.task is not None and self.task.status in ModelTask.OPEN


# --- what is shown ----------------------------------------------------------------------------------------------------
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Every model."""
    _staff(request)
    root = engine_config().models
    tasks = model_tasks.latest()
    cards = [_card(row, store.state(name, root), tasks.get(name)) for name, row in MODELS.items()]
    context = {
        "title": "Models",
        "groups": [(title, [card for card in cards if card.model.name.startswith(names)]) for title, names in GROUPS],
        "busy": any(card.busy for card in cards),
        "root": root,
    }
    return TemplateResponse(request, "admin/models/page.html", {**admin.site.each_context(request), **context})


@require_safe
def progress(request: HttpRequest) -> JsonResponse:
    """What workers are doing, for the page that waits: percentages and words by model."""
    _staff(request)
    tasks = ModelTask.objects.filter(status__in=ModelTask.OPEN)
    return JsonResponse({task.model: {"percent": round(task.progress * 100), "stage": _stage(task)} for task in tasks})


def _card(row: Model, state: store.State, task: ModelTask | None) -> Card:
    badge, tone = STATES[state.status]
    size = f"{amount(state.size)} of about {amount(row.size)}" if state.status == "half" else amount(row.size)
    failed = task is not None and task.status == ModelTask.Status.FAILED
    return Card(
        model=row,
        state=state,
        badge=badge,
        tone=tone,
        size=amount(state.size) if state.status in ("ready", "licence") else size,
        task=task,
        engines=tuple(spec.label for spec in specs() if spec.needs.weights == row.name),
        problem=message(task.error_code, task.error_params) if task and failed else "",
        wrong=tuple((file, about) for file, about in task.result.get("wrong", ())) if task else (),
    )


def _stage(task: ModelTask) -> str:
    waits = task.status == ModelTask.Status.QUEUED
    return "Waiting for a worker" if waits else task.stage or "Beginning"


# --- the buttons ------------------------------------------------------------------------------------------------------
def _fetch(by: User, name: str) -> str:
    model_tasks.task_start(by=by, name=name, act=ModelTask.Act.FETCH)
    return "A worker fetches it. You can leave this page."


def _verify(by: User, name: str) -> str:
    model_tasks.task_start(by=by, name=name, act=ModelTask.Act.VERIFY)
    return "A worker reads every file of it."


def _cancel(by: User, name: str) -> str:
    stopped = model_tasks.task_cancel(by=by, name=name)
    return "Stopped. What has arrived is kept." if stopped else "There was nothing to stop any more."


def _remove(by: User, name: str) -> str:
    return f"Removed: {amount(model_tasks.model_remove(by=by, name=name))} are free again."


def _accept(by: User, name: str) -> str:
    given = model_tasks.licence_accept(by=by, name=name)
    return f"Written down: {given.by} accepted the terms ({given.licence})."


DEEDS: dict[str, Callable[[User, str], str]] = {
    "fetch": _fetch,
    "verify": _verify,
    "cancel": _cancel,
    "remove": _remove,
    "accept": _accept,
}
"""By name of the button: what it does for whom with which model, and what it says then."""


@require_POST
def press(request: HttpRequest, name: str) -> HttpResponse:
    """Press a button: ``action`` by its name; to accept terms, ``agreed`` as well."""
    by = _staff(request)
    deed = DEEDS.get(request.POST.get("action", ""))
    if deed is None or name not in MODELS:
        raise Http404("There is no such button.")
    label = MODELS[name].label
    if deed is _accept and not request.POST.get("agreed"):
        messages.error(request, f"{label}: tick that you have read the terms and accept them.")
        return _back(name)
    try:
        messages.success(request, f"{label}: {deed(by, name)}")
    except PipelineError as error:
        messages.error(request, str(error))
    return _back(name)


def _back(name: str) -> HttpResponse:
    """To where the button was."""
    return redirect(f"{reverse('models:page')}#{name}")


def _staff(request: HttpRequest) -> Any:
    """Who it is; raises PermissionDenied for whoever may not."""
    user = person(request)
    if not user.has_perm(PERMISSION):
        raise PermissionDenied
    return user
