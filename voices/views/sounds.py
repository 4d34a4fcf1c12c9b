"""Sounds of the library: only for those who may hear them, with ranges."""

from __future__ import annotations

import uuid

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from voices import files
from voices.views.people import emotion_or_404, preview_or_404, sample_or_404, voice_or_404
from web.downloads import send_private


@login_required
@require_safe
def voice(request: HttpRequest, voice_id: uuid.UUID) -> HttpResponseBase:
    """How the voice sounds, in a few seconds."""
    row = voice_or_404(request, voice_id)
    return send_private(request, files.portrait(row.pk), filename=f"{row.name}.wav", mime=files.SOUND_MIME)


@login_required
@require_safe
def sample(request: HttpRequest, voice_id: uuid.UUID, sample_id: uuid.UUID) -> HttpResponseBase:
    """A sample, as engines read it."""
    row = sample_or_404(request, voice_id, sample_id)
    return send_private(request, files.sample_sound(row), filename=f"{row.name}.wav", mime=files.SOUND_MIME)


@login_required
@require_safe
def preview(request: HttpRequest, preview_id: uuid.UUID) -> HttpResponseBase:
    """A line that was spoken."""
    row = preview_or_404(request, preview_id)
    return send_private(request, files.preview_sound(row.pk), filename=f"{row.text[:60]}.wav", mime=files.SOUND_MIME)


@login_required
@require_safe
def emotion(request: HttpRequest, emotion_id: uuid.UUID) -> HttpResponseBase:
    """An emotion reference, as engines read it."""
    row = emotion_or_404(request, emotion_id)
    return send_private(request, files.emotion_sound(row.pk), filename=f"{row.name}.wav", mime=files.SOUND_MIME)
