"""Samples of a voice: brought, corrected, deleted. For the voice's owner alone."""

from __future__ import annotations

import uuid
from functools import partial
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from voices import errands, services
from voices.forms import SampleForm, SamplesForm
from voices.models import VoiceProfile, VoiceSample
from voices.views.answers import refused, submitted
from voices.views.people import own_voice_or_404, sample_or_404
from voices.views.profile import profile_page
from voices.views.sample_rows import sample_views
from web.people import wants_json


@login_required
@require_POST
def add(request: HttpRequest, voice_id: uuid.UUID) -> HttpResponse:
    """Take in recordings: each is measured by a worker, or refused with the reason."""
    voice = own_voice_or_404(request, voice_id)
    form = SamplesForm(request.POST, request.FILES)
    taken = submitted(form, partial(_add, voice, form))
    if taken is None:
        return refused(form) if wants_json(request) else profile_page(request, voice, samples=form, status=422)
    added, refusals = taken
    if wants_json(request):
        answer = {"samples": [_said(sample) for sample in added], "refused": refusals}
        return JsonResponse(answer, status=201)
    for text in refusals:
        messages.error(request, text)
    return redirect(f"{reverse('voices:profile', args=[voice.pk])}#samples")


def _add(voice: VoiceProfile, form: SamplesForm) -> tuple[list[VoiceSample], list[str]]:
    """What was taken in, and why what was not. One alone that is refused is an error of the form."""
    given = form.cleaned_data
    added, refusals = services.samples_add(voice=voice, uploads=given["sample"], source=given["source"])
    if not added:
        raise refusals[0].error
    return added, [str(refusal.error) for refusal in refusals]


def _said(sample: VoiceSample) -> dict[str, Any]:
    errand = errands.open_errand("sample", sample.pk)
    return {
        "id": str(sample.pk),
        "name": sample.name,
        "url": reverse("voices:sample", args=[sample.voice_id, sample.pk]),
        "errand": str(errand.pk) if errand else None,
    }


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def sample(request: HttpRequest, voice_id: uuid.UUID, sample_id: uuid.UUID) -> HttpResponse:
    """A sample's row on the page; a POST corrects its transcript, or switches its use on and off."""
    row = sample_or_404(request, voice_id, sample_id)
    if request.method != "POST":
        return render(request, "voices/parts/sample.html", {"view": sample_views([row])[0], "voice": row.voice})
    form = SampleForm(request.POST)
    changed = submitted(form, lambda: services.sample_update(sample=row, **form.changes()))
    if wants_json(request):
        kept = {"wanted": row.wanted, "transcript": row.transcript, "errand": _portrait(voice_id)}
        return refused(form) if changed is None else JsonResponse(kept)
    for texts in form.errors.values():
        messages.error(request, str(texts[0]))
    return redirect(f"{reverse('voices:profile', args=[row.voice_id])}#sample-{row.pk}")


@login_required
@require_POST
def delete(request: HttpRequest, voice_id: uuid.UUID, sample_id: uuid.UUID) -> HttpResponse:
    """Delete a sample with its files."""
    row = sample_or_404(request, voice_id, sample_id)
    services.sample_delete(sample=row)
    if wants_json(request):
        return JsonResponse({"errand": _portrait(voice_id)})
    messages.success(request, f"“{row.name}” was deleted.")
    return redirect(f"{reverse('voices:profile', args=[voice_id])}#samples")


def _portrait(voice_id: uuid.UUID) -> str | None:
    """The errand that makes the voice's portrait anew, where there is one to wait for."""
    errand = errands.open_errand("portrait", voice_id)
    return str(errand.pk) if errand else None
