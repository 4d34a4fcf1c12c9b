"""Lines that were tried out, and clips that were searched with."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone

from voices.models.emotions import EmotionReference
from voices.models.profiles import VoiceProfile
from voices.models.vectors import EmbeddingField


class Preview(models.Model):
    """A line in a voice by an engine. The same line asked for again is the same row (``fingerprint``).

    Its sound is ``MEDIA_ROOT/previews/<id>.wav``. ``voice`` None: the engine's stock voice ``stock``.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="previews")
    voice = models.ForeignKey(VoiceProfile, on_delete=models.CASCADE, null=True, blank=True, related_name="previews")
    stock = models.CharField(max_length=60, blank=True)
    engine = models.CharField(max_length=32)
    language = models.CharField(max_length=8)
    text = models.CharField(max_length=500)
    emotion = models.ForeignKey(EmotionReference, on_delete=models.CASCADE, null=True, blank=True)
    strength = models.FloatField(default=1.0)
    settings = models.JSONField(default=dict, blank=True)
    fingerprint = models.CharField(max_length=64)
    voice_mark = models.CharField(
        max_length=64, blank=True, help_text="``VoiceProfile.fingerprint`` then: a preview with another one is stale."
    )
    seconds = models.FloatField(null=True, blank=True, help_text="None until it is spoken.")
    similarity = models.FloatField(null=True, blank=True, help_text="Cosine to the voice.")
    untreated = models.FloatField(null=True, blank=True, help_text="Cosine of the engine's stock voice to the voice.")
    peaks = models.JSONField(default=list, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("-created_at",)
        constraints = [models.UniqueConstraint(fields=["owner", "fingerprint"], name="one_preview_a_fingerprint")]

    def __str__(self) -> str:
        return self.text[:40]


class SoundQuery(models.Model):
    """A clip that somebody searches the library with; only its embedding is kept, and for a day."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=255)
    embedding = EmbeddingField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    def __str__(self) -> str:
        return self.name
