"""A voice: how it sounds, what it is made from, who may use it."""

from __future__ import annotations

import uuid
from functools import partial
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from engines.clones import accounts_with
from vocasync.errors import message
from voices import selectors, services
from voices.consent import Purpose, may_clone
from voices.forms import LineForm, PageForm, SamplesForm, ShareForm, VoiceForm
from voices.models import VoiceProfile
from voices.views.answers import refused, submitted
from voices.views.cards import cards
from voices.views.create import passages, sample_limits
from voices.views.drawing import pace_span, pitch_ticks
from voices.views.panels import PREVIEWS_SHOWN, engine_panels, line_form, preview_views
from voices.views.people import own_voice_or_404, voice_or_404
from voices.views.reading import LINES
from voices.views.sample_rows import sample_views
from web.people import person, wants_json


@login_required
@require_safe
def profile(request: HttpRequest, voice_id: uuid.UUID) -> HttpResponse:
    """The voice, for its owner, for people it is shared with, and for everybody where it is public."""
    return profile_page(request, voice_or_404(request, voice_id))


def profile_page(request: HttpRequest, voice: VoiceProfile, status: int = 200, **forms: PageForm) -> HttpResponse:
    """The page; ``forms``: what was sent and refused, by the panel that it belongs to (edit, line, samples, share)."""
    user = person(request)
    mine = voice.owner_id == user.pk
    context = _portrait(user, voice) | _lab(request, voice, forms.get("line"))
    if mine:
        context |= _owned(voice, forms)
    return render(request, "voices/profile.html", context | {"mine": mine}, status=status)


def _portrait(user: User, voice: VoiceProfile) -> dict[str, Any]:
    card = cards(user, [voice])[0]
    return {"voice": voice, "card": card, "pitch_ticks": pitch_ticks(), "pace": pace_span(voice)}


def _lab(request: HttpRequest, voice: VoiceProfile, sent: PageForm | None) -> dict[str, Any]:
    """What is needed to try it; why it cannot be tried otherwise."""
    user = person(request)
    verdict = may_clone(user, voice, Purpose.PREVIEW)
    if not verdict or not voice.fingerprint:
        blocked = "" if verdict else message(verdict.code, dict(verdict.params))
        return {"may_preview": verdict, "blocked": blocked, "line": None}
    shown = selectors.previews_of(user, voice)[:PREVIEWS_SHOWN]
    return {
        "may_preview": verdict,
        "line": sent or line_form(user, voice, emotion=request.GET.get("emotion", "")),
        "engines": engine_panels(user, voice, request.POST if isinstance(sent, LineForm) else None),
        "previews": preview_views(list(shown)),
        "lines": LINES,
    }


def _owned(voice: VoiceProfile, forms: dict[str, PageForm]) -> dict[str, Any]:
    """What only the owner sees."""
    return {
        "samples": sample_views(list(selectors.samples_of(voice))),
        "samples_form": forms.get("samples") or SamplesForm(),
        "edit": forms.get("edit") or VoiceForm(initial=_initial(voice)),
        "people": selectors.people_of(voice),
        "share": forms.get("share") or ShareForm(),
        "may_share": may_clone(voice.owner, voice, Purpose.SHARE),
        "public_request": voice.public_requests.order_by("-created_at").first(),
        "passages": passages(),
        "limits_for_page": sample_limits(),
        "copies": accounts_with(voice.pk),
    }


def _initial(voice: VoiceProfile) -> dict[str, Any]:
    return {
        "name": voice.name,
        "whose": voice.whose,
        "person_name": voice.person_name,
        "description": voice.description,
        "languages": [row.code for row in voice.language_rows.all() if row.declared],
        "tags": ", ".join(row.tag for row in voice.tag_rows.all()),
    }


@login_required
@require_POST
def edit(request: HttpRequest, voice_id: uuid.UUID) -> HttpResponse:
    """Change what it is called, whose it is, its languages and tags."""
    voice = own_voice_or_404(request, voice_id)
    form = VoiceForm(request.POST)
    changed = submitted(form, lambda: services.voice_update(voice=voice, **form.cleaned_data))
    if changed is None:
        return refused(form) if wants_json(request) else profile_page(request, voice, edit=form, status=422)
    address = reverse("voices:profile", args=[voice.pk])
    if wants_json(request):
        return JsonResponse({"url": address})
    messages.success(request, "Saved.")
    return redirect(address)


@login_required
@require_POST
def delete(request: HttpRequest, voice_id: uuid.UUID) -> HttpResponse:
    """Delete it with everything that belongs to it."""
    voice = own_voice_or_404(request, voice_id)
    services.voice_delete(voice=voice)
    messages.success(request, f"“{voice.name}” was deleted, with its samples and previews.")
    return redirect("voices:library")


# --- sharing ----------------------------------------------------------------------------------------------------------
@login_required
@require_POST
def share(request: HttpRequest, voice_id: uuid.UUID) -> HttpResponse:
    """Share it with somebody by name."""
    voice = own_voice_or_404(request, voice_id)
    form = ShareForm(request.POST)
    shared = submitted(form, partial(_share, voice, form))
    if shared is None:
        return profile_page(request, voice, share=form, status=422)
    messages.success(request, f"{shared} may use “{voice.name}” now, and was told.")
    return redirect(f"{reverse('voices:profile', args=[voice.pk])}#sharing")


def _share(voice: VoiceProfile, form: ShareForm) -> str:
    return services.voice_share(voice=voice, name=form.cleaned_data["name"]).user.username


@login_required
@require_POST
def unshare(request: HttpRequest, voice_id: uuid.UUID, user_id: int) -> HttpResponse:
    """Stop sharing it with somebody."""
    voice = own_voice_or_404(request, voice_id)
    user = User.objects.filter(pk=user_id).first()
    if user is not None and services.voice_unshare(voice=voice, user=user):
        messages.success(request, f"{user.username} may no longer use “{voice.name}”.")
    return redirect(f"{reverse('voices:profile', args=[voice.pk])}#sharing")
