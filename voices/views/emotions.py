"""Emotion references: clips whose tone voices may be moved towards."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from voices import errands, selectors, services
from voices.consent import Purpose, clonable
from voices.forms import OWN_WORDS, EmotionForm
from voices.models import EmotionReference, Errand
from voices.services.emotions import ACCEPTED
from voices.views.answers import refused, submitted
from voices.views.panels import line_form, ready_engines
from voices.views.people import emotion_or_404, uuid_or_404, voice_or_404
from voices.views.reading import LINES
from web.icons import icon
from web.people import person, wants_json

FACES = {"happy": icon("smile"), "sad": icon("frown"), "angry": icon("angry"), "calm": icon("leaf")}
OTHER_FACE = icon("sparkles")
VOICES_OFFERED = 200


@dataclass(frozen=True, slots=True)
class Bar:
    """How far a measure lies from the library's neutral. x, width: per cent of the drawn width, 50 is neutral."""

    name: str
    label: str
    value: str
    words: str
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Dimension:
    """A measure of tone. reach: what fills half of the drawn width."""

    name: str
    label: str
    unit: str
    reach: float
    less: str
    more: str


DIMENSIONS = (
    Dimension("f0_median", "Pitch", "semitones", 12.0, "lower", "higher"),
    Dimension("f0_range", "Melody", "semitones", 6.0, "flatter", "livelier"),
    Dimension("energy", "Stress", "dB", 4.0, "more even", "stronger"),
    Dimension("pace", "Pace", "%", 80.0, "slower", "faster"),
    Dimension("tilt", "Brightness", "dB an octave", 6.0, "darker", "brighter"),
)
SAME = 0.06
"""Share of the reach below which a measure is called neutral."""


@dataclass(frozen=True, slots=True)
class EmotionView:
    """An emotion reference on the page. errand: id of what measures it, "" for none."""

    row: EmotionReference
    face: str
    bars: tuple[Bar, ...]
    errand: str


def emotion_views(rows: Sequence[EmotionReference]) -> list[EmotionView]:
    """In the order given."""
    open_ones = Errand.objects.filter(
        kind="emotion", subject__in=[str(row.pk) for row in rows], status__in=errands.OPEN
    ).values_list("subject", "pk")
    measuring = {subject: str(pk) for subject, pk in open_ones}
    return [
        EmotionView(row, FACES.get(row.label, OTHER_FACE), tuple(bars(row)), measuring.get(str(row.pk), ""))
        for row in rows
    ]


def bars(row: EmotionReference) -> list[Bar]:
    """Its measures against neutral; those that are not known are left out."""
    return [_bar(one, _amount(one, row.relative[one.name])) for one in DIMENSIONS if one.name in row.relative]


def _amount(dimension: Dimension, value: float) -> float:
    """In the dimension's unit: pace is kept as a ratio, and shown as per cent more or less."""
    return 100 * (value - 1.0) if dimension.name == "pace" else value


def _bar(dimension: Dimension, amount: float) -> Bar:
    share = max(-1.0, min(1.0, amount / dimension.reach))
    width = round(50 * abs(share), 1)
    words = "neutral" if abs(share) < SAME else dimension.more if share > 0 else dimension.less
    value = f"{amount:+.0f} {dimension.unit}" if dimension.name == "pace" else f"{amount:+.1f} {dimension.unit}"
    return Bar(dimension.name, dimension.label, value, words, 50.0 if share >= 0 else 50.0 - width, width)


# --- pages ------------------------------------------------------------------------------------------------------------
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def emotions(request: HttpRequest) -> HttpResponse:
    """The person's emotion references; a POST adds one."""
    if request.method != "POST":
        return _page(request, EmotionForm())
    form = EmotionForm(request.POST, request.FILES)
    added = submitted(form, partial(_add, person(request), form))
    if added is None:
        return refused(form) if wants_json(request) else _page(request, form, status=422)
    if wants_json(request):
        errand = errands.open_errand("emotion", added.pk)
        answer = {"url": reverse("voices:emotion", args=[added.pk]), "errand": str(errand.pk) if errand else None}
        return JsonResponse(answer, status=201)
    return redirect("voices:emotions")


def _add(owner: User, form: EmotionForm) -> EmotionReference:
    given = form.cleaned_data
    return services.emotion_create(owner=owner, upload=given["clip"], name=given["name"], label=given["label"])


def _page(request: HttpRequest, form: EmotionForm, status: int = 200) -> HttpResponse:
    user = person(request)
    voices = _voices(user)
    context = {
        "form": form,
        "faces": [*FACES.items(), (OWN_WORDS, OTHER_FACE)],
        "emotions": emotion_views(list(selectors.emotions_of(user))),
        "voices": voices,
        "line": line_form(user, None) if voices and ready_engines(user) else None,
        "lines": LINES,
        "limits_for_page": {"max_bytes": ACCEPTED.max_bytes, "max_seconds": ACCEPTED.max_seconds},
    }
    return render(request, "voices/emotions.html", context, status=status)


def _voices(user: User) -> list[tuple[str, str]]:
    """Address and name of the voices that a tone can be tried on: the person's own first, by name."""
    usable = clonable(user, Purpose.PREVIEW).exclude(fingerprint="").values_list("pk", "name", "owner_id")
    rows = sorted(usable, key=lambda row: (row[2] != user.pk, row[1].lower()))[:VOICES_OFFERED]
    return [(str(pk), name) for pk, name, _ in rows]


@login_required
@require_safe
def emotion(request: HttpRequest, emotion_id: uuid.UUID) -> HttpResponse:
    """An emotion reference's card on the page."""
    row = emotion_or_404(request, emotion_id)
    context = {"view": emotion_views([row])[0], "voices": _voices(person(request))}
    return render(request, "voices/parts/emotion.html", context)


@login_required
@require_safe
def tryout(request: HttpRequest, emotion_id: uuid.UUID) -> HttpResponse:
    """To a voice's page, with this tone chosen (``?voice=``)."""
    row = emotion_or_404(request, emotion_id)
    voice = voice_or_404(request, uuid_or_404(request.GET.get("voice", "")))
    return redirect(f"{reverse('voices:profile', args=[voice.pk])}?emotion={row.pk}#lab")


@login_required
@require_POST
def delete(request: HttpRequest, emotion_id: uuid.UUID) -> HttpResponse:
    """Delete it, with the previews in its tone."""
    row = emotion_or_404(request, emotion_id)
    services.emotion_delete(emotion=row)
    if wants_json(request):
        return JsonResponse({"deleted": True})
    messages.success(request, f"“{row.name}” was deleted.")
    return redirect("voices:emotions")
