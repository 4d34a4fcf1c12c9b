"""What people have spoken."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone

from voices.models.emotions import EmotionReference
from voices.models.profiles import VoiceProfile


class Utterance(models.Model):
    """A text that somebody has spoken, in a voice of the library (``voice``), in that of a clip that they brought
    (``reference``, the clip's name), or in an engine's own (``stock``, "" for its default).

    Its sound is ``MEDIA_ROOT/speech/<id>/sound.wav``, with the same beside it in the ``format`` that was asked for; the
    clip lies there only until the text is spoken. live: it can be heard while it is spoken.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="utterances")
    text = models.TextField()
    language = models.CharField(max_length=8)
    engine = models.CharField(max_length=32)
    voice = models.ForeignKey(VoiceProfile, on_delete=models.CASCADE, null=True, blank=True, related_name="utterances")
    voice_mark = models.CharField(max_length=64, blank=True, help_text="``VoiceProfile.fingerprint`` then.")
    reference = models.CharField(max_length=255, blank=True)
    reference_sha256 = models.CharField(max_length=64, blank=True)
    reference_text = models.TextField(blank=True, help_text="What is said in the clip.")
    stock = models.CharField(max_length=60, blank=True)
    emotion = models.ForeignKey(EmotionReference, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    strength = models.FloatField(default=1.0)
    settings = models.JSONField(default=dict, blank=True)
    format = models.CharField(max_length=8, default="wav")
    live = models.BooleanField(default=False)
    seconds = models.FloatField(null=True, blank=True, help_text="None until it is spoken.")
    sample_rate = models.PositiveIntegerField(null=True, blank=True, help_text="Hz.")
    similarity = models.FloatField(null=True, blank=True, help_text="Cosine to the voice.")
    untreated = models.FloatField(null=True, blank=True, help_text="Cosine of the engine's stock voice to the voice.")
    size = models.BigIntegerField(default=0, help_text="Bytes of its sound; about, until it is spoken.")
    live_bytes = models.BigIntegerField(null=True, blank=True, help_text="That were sent of it while it was spoken.")
    watermark = models.CharField(max_length=32, blank=True, help_text="The engine that marked the sound.")
    peaks = models.JSONField(default=list, blank=True)
    made_by = models.JSONField(
        default=dict, blank=True, help_text="Engine, its version, the voice and its consent, and the sound's SHA-256."
    )
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        ordering = ("-created_at",)
        indexes = [models.Index(fields=["owner", "-created_at"], name="utterances_of_owner")]

    def __str__(self) -> str:
        return self.text[:40]
