"""Trying a voice: a line, spoken by one or several engines, and how an engine is set for the voice."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from vocasync.engines.base import EngineSpec
from vocasync.engines.registry import spec
from vocasync.errors import PipelineError
from voices import services
from voices.forms import LineForm
from voices.models import EmotionReference, Errand, Preview, VoiceProfile
from voices.selectors import emotion_of
from voices.views.answers import refused, submitted
from voices.views.panels import line_form, preview_views, settings_form
from voices.views.people import own_voice_or_404, preview_or_404, voice_or_404
from voices.views.profile import profile_page
from web.people import person, wants_json

Spoken = tuple[Preview, Errand | None]


@dataclass(frozen=True, slots=True)
class Asked:
    """What became of a line. problems: why an engine does not speak it."""

    spoken: list[Spoken]
    problems: list[PipelineError | ValidationError]

    @property
    def texts(self) -> list[str]:
        """The problems in words."""
        return [str(one) if isinstance(one, PipelineError) else " ".join(one.messages) for one in self.problems]


@login_required
@require_POST
def ask(request: HttpRequest, voice_id: uuid.UUID) -> HttpResponse:
    """Have a line spoken in the voice, by every engine that was chosen."""
    voice = voice_or_404(request, voice_id)
    form = line_form(person(request), voice, request.POST)
    asked = submitted(form, partial(_ask, request, voice, form))
    if asked is None:
        return refused(form) if wants_json(request) else profile_page(request, voice, line=form, status=422)
    if wants_json(request):
        answer = {"previews": [_said(*pair) for pair in asked.spoken], "refused": asked.texts}
        return JsonResponse(answer, status=201)
    for text in asked.texts:
        messages.error(request, text)
    return redirect(f"{reverse('voices:profile', args=[voice.pk])}#lab")


def _ask(request: HttpRequest, voice: VoiceProfile, form: LineForm) -> Asked:
    """Each engine for itself; where all refuse, the first one's reason is an error of the form."""
    asked = Asked([], [])
    for name in form.cleaned_data["engines"]:
        try:
            asked.spoken.extend(_by_engine(request, voice, form.cleaned_data, spec("tts", name)))
        except (PipelineError, ValidationError) as error:
            asked.problems.append(error)
    if not asked.spoken:
        raise asked.problems[0]
    return asked


def _by_engine(request: HttpRequest, voice: VoiceProfile, given: dict[str, Any], row: EngineSpec) -> Iterator[Spoken]:
    """In the voice; and, where that is wanted, by the engine's own."""
    user = person(request)
    common = {"owner": user, "engine": row.name, "language": given["language"], "text": given["text"]}
    emotion = _emotion(request, given["emotion"])
    options = _options(request, voice, row)
    yield services.preview_ask(voice=voice, emotion=emotion, strength=given["strength"], options=options, **common)
    if given["beside"]:
        yield services.preview_ask(voice=None, **common)


def _emotion(request: HttpRequest, chosen: str) -> EmotionReference | None:
    return emotion_of(request.user, chosen) if chosen else None


def _options(request: HttpRequest, voice: VoiceProfile, row: EngineSpec) -> dict[str, float] | None:
    """How the sliders stand, kept or not; None where none were sent."""
    form = settings_form(voice, row, request.POST)
    if form is None or not any(form.add_prefix(name) in request.POST for name in form.fields):
        return None
    if not form.is_valid():
        raise ValidationError(form.errors.as_data())
    return form.values()


def _said(preview: Preview, errand: Errand | None) -> dict[str, Any]:
    return {
        "id": str(preview.pk),
        "url": reverse("voices:preview", args=[preview.pk]),
        "errand": str(errand.pk) if errand else None,
    }


@login_required
@require_safe
def preview(request: HttpRequest, preview_id: uuid.UUID) -> HttpResponse:
    """A line's card on the page."""
    row = preview_or_404(request, preview_id)
    return render(request, "voices/parts/preview.html", {"view": preview_views([row])[0]})


@login_required
@require_POST
def settings(request: HttpRequest, voice_id: uuid.UUID, engine: str) -> HttpResponse:
    """Keep how an engine is set for the voice."""
    voice = own_voice_or_404(request, voice_id)
    form = _settings_form(request, voice, engine)
    keep = partial(lambda: services.engine_settings_set(voice=voice, engine=engine, values=form.values()))
    kept = submitted(form, keep)
    if wants_json(request):
        return refused(form) if kept is None else JsonResponse({"values": kept})
    if kept is None:
        return profile_page(request, voice, status=422)
    messages.success(request, "Kept for this voice.")
    return redirect(f"{reverse('voices:profile', args=[voice.pk])}#lab")


def _settings_form(request: HttpRequest, voice: VoiceProfile, engine: str) -> Any:
    try:
        form = settings_form(voice, spec("tts", engine), request.POST)
    except PipelineError as error:
        raise Http404("There is no such engine.") from error
    if form is None:
        raise Http404("The engine has nothing to set.")
    return form
