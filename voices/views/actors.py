"""Actors: people who are followed from one recording to the next."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from voices import actors as cast
from voices.forms import ActorForm
from voices.models import Actor, ActorAppearance
from voices.views.answers import submitted
from voices.views.drawing import voiceprint
from web.people import person

APPEARANCES_A_PAGE = 25
CHARTED = 60
"""The newest appearances that charts show."""

MEASURES = (
    ("f0_median", "Pitch", "Hz", 0),
    ("f0_range", "Range", "semitones", 1),
    ("pace", "Syllables a second", "", 1),
    ("energy", "Energy", "dB", 1),
)
"""What is charted of a style: its name, title, unit, and digits after the point."""

_LEFT, _RIGHT, _TOP, _BOTTOM = 4.0, 96.0, 8.0, 48.0


@dataclass(frozen=True, slots=True)
class Point:
    """An appearance in a chart. x: per cent; y: pixels; words: what it says."""

    x: float
    y: float
    words: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A measure over the appearances, oldest first. mean_y: pixels; mean, low, high: in words with their unit."""

    title: str
    mean: str
    low: str
    high: str
    mean_y: float
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class ActorCard:
    """An actor in a list. tones: what they were dubbed in, most first, with minutes."""

    row: Actor
    appearances: int
    voiceprint: str
    tones: tuple[str, ...]


def actor_cards(rows: Sequence[Actor]) -> list[ActorCard]:
    """Rows of :func:`voices.actors.actors_of`, in the order given."""
    return [ActorCard(row, getattr(row, "appearance_count", 0), voiceprint(row.embedding), tones(row)) for row in rows]


def tones(actor: Actor) -> tuple[str, ...]:
    """The tones that the actor was dubbed in, most first."""
    return tuple(sorted(actor.emotion, key=lambda label: -actor.emotion[label]))


def charts(actor: Actor, appearances: Sequence[ActorAppearance]) -> list[Chart]:
    """What of the style was measured at least once. appearances: oldest first."""
    found = (_chart(actor, appearances, *measure) for measure in MEASURES)
    return [chart for chart in found if chart is not None]


def _chart(
    actor: Actor, appearances: Sequence[ActorAppearance], name: str, title: str, unit: str, digits: int
) -> Chart | None:
    known = [(row, float(row.style[name])) for row in appearances if name in row.style]
    mean: float | None = actor.style.get(name)
    if not known or mean is None:
        return None
    values = [value for _, value in known]
    low, high = min(values), max(values)
    margin = max(high - low, abs(mean) * 0.02, 0.1) * 0.1
    floor, ceiling = min(low, mean) - margin, max(high, mean) + margin
    step = (_RIGHT - _LEFT) / max(1, len(known) - 1)

    def place(value: float) -> float:
        return _BOTTOM - (_BOTTOM - _TOP) * (value - floor) / (ceiling - floor)

    def said(value: float) -> str:
        return f"{value:.{digits}f} {unit}".strip()

    first = _LEFT if len(known) > 1 else (_LEFT + _RIGHT) / 2
    points = tuple(
        Point(round(first + number * step, 1), place(value), f"{row.job_title}: {said(value)}")
        for number, (row, value) in enumerate(known)
    )
    return Chart(title, said(mean), said(low), said(high), place(mean), points)


def actor_or_404(request: HttpRequest, actor_id: uuid.UUID) -> Actor:
    """One of the person's actors."""
    try:
        return cast.actor_of(request.user, actor_id)
    except Actor.DoesNotExist as error:
        raise Http404("There is no such actor.") from error


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def actors(request: HttpRequest) -> HttpResponse:
    """A person's actors; a POST makes one."""
    user = person(request)
    if request.method != "POST":
        return _list(request, ActorForm(owner=user))
    form = ActorForm(request.POST, owner=user)
    made = submitted(form, lambda: cast.actor_create(owner=user, **form.cleaned_data))
    if made is None:
        return _list(request, form, status=422)
    messages.success(request, f"{made.name} is known once a speaker of a dub is named as them.")
    return redirect("voices:actor", actor_id=made.pk)


def _list(request: HttpRequest, form: ActorForm, status: int = 200) -> HttpResponse:
    context = {"cards": actor_cards(list(cast.actors_of(request.user))), "form": form}
    return render(request, "voices/actors.html", context, status=status)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def actor(request: HttpRequest, actor_id: uuid.UUID) -> HttpResponse:
    """Where the actor speaks and how; a POST changes name, voice and notes."""
    row = actor_or_404(request, actor_id)
    if request.method != "POST":
        initial = {"name": row.name, "voice": row.voice_id, "notes": row.notes}
        return _page(request, row, ActorForm(owner=person(request), initial=initial))
    form = ActorForm(request.POST, owner=person(request))
    if submitted(form, lambda: cast.actor_update(actor=row, **form.cleaned_data)) is None:
        return _page(request, actor_or_404(request, actor_id), form, status=422)
    messages.success(request, "Saved.")
    return redirect("voices:actor", actor_id=row.pk)


def _page(request: HttpRequest, row: Actor, form: ActorForm, status: int = 200) -> HttpResponse:
    appearances = cast.appearances_of(row)
    newest = list(appearances[:CHARTED])
    context = {
        "actor": row,
        "form": form,
        "voiceprint": voiceprint(row.embedding),
        "charts": charts(row, newest[::-1]),
        "tones": [(label, row.emotion[label]) for label in tones(row)],
        "page": Paginator(appearances, APPEARANCES_A_PAGE).get_page(request.GET.get("page")),
        "others": cast.actors_of(request.user).exclude(pk=row.pk),
        "sure": settings.ACTOR_SIMILARITY,
        "ask": settings.ACTOR_ASK,
    }
    return render(request, "voices/actor.html", context, status=status)


@login_required
@require_POST
def delete(request: HttpRequest, actor_id: uuid.UUID) -> HttpResponse:
    """Forget the actor."""
    row = actor_or_404(request, actor_id)
    cast.actor_delete(actor=row)
    messages.success(request, f"{row.name} is forgotten, with everything that was learned of their voice.")
    return redirect("voices:actors")


@login_required
@require_POST
def merge(request: HttpRequest, actor_id: uuid.UUID) -> HttpResponse:
    """Other actors (``others``) are this one."""
    row = actor_or_404(request, actor_id)
    others = [actor_or_404(request, _id(given)) for given in request.POST.getlist("others")]
    try:
        cast.actor_merge(into=row, others=others)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, "They are one now.")
    return redirect("voices:actor", actor_id=row.pk)


def _id(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError as error:
        raise Http404("There is no such actor.") from error


@login_required
@require_POST
def forget(request: HttpRequest, actor_id: uuid.UUID, appearance_id: int) -> HttpResponse:
    """It was somebody else there, or is not to count: what the others taught stays."""
    row = actor_or_404(request, actor_id)
    appearance = get_object_or_404(ActorAppearance, pk=appearance_id, actor=row)
    cast.appearance_forget(job_id=appearance.job_id, speaker=appearance.speaker)
    messages.success(request, f"“{appearance.job_title}” does not count any more.")
    return redirect(f"{reverse('voices:actor', args=[row.pk])}#appearances")
