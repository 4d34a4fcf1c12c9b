"""Who asks, and what they may see."""

from __future__ import annotations

import uuid

from django.http import Http404, HttpRequest

from voices import selectors
from voices.models import EmotionReference, Preview, VoiceProfile, VoiceSample


def voice_or_404(request: HttpRequest, voice_id: uuid.UUID) -> VoiceProfile:
    """A voice that the person may look at; any other does not exist for them."""
    try:
        return selectors.voice_of(request.user, voice_id)
    except VoiceProfile.DoesNotExist as error:
        raise Http404("There is no such voice.") from error


def own_voice_or_404(request: HttpRequest, voice_id: uuid.UUID) -> VoiceProfile:
    """A voice that is the person's."""
    try:
        return selectors.own_voice(request.user, voice_id)
    except VoiceProfile.DoesNotExist as error:
        raise Http404("There is no such voice.") from error


def sample_or_404(request: HttpRequest, voice_id: uuid.UUID, sample_id: uuid.UUID) -> VoiceSample:
    """A sample of a voice that is the person's."""
    try:
        return selectors.sample_of(request.user, voice_id, sample_id)
    except VoiceSample.DoesNotExist as error:
        raise Http404("There is no such sample.") from error


def emotion_or_404(request: HttpRequest, emotion_id: uuid.UUID) -> EmotionReference:
    """An emotion reference that is the person's."""
    try:
        return selectors.emotion_of(request.user, emotion_id)
    except EmotionReference.DoesNotExist as error:
        raise Http404("There is no such emotion reference.") from error


def preview_or_404(request: HttpRequest, preview_id: uuid.UUID) -> Preview:
    """A line that the person had spoken, as the voice sounds now."""
    try:
        return selectors.preview_of(request.user, preview_id)
    except Preview.DoesNotExist as error:
        raise Http404("There is no such preview.") from error


def uuid_or_404(text: str) -> uuid.UUID:
    """An id of an address's query."""
    try:
        return uuid.UUID(text)
    except ValueError as error:
        raise Http404("That is no id.") from error
