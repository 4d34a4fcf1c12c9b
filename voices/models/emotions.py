"""Clips that show a tone."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone


class EmotionReference(models.Model):
    """Somebody speaking in a tone that voices may be moved towards. Private to its owner.

    Its files are under ``MEDIA_ROOT/emotions/<id>/``: ``original`` and ``sound.wav`` (mono, 16 kHz).
    measures: ``f0_median`` (Hz), ``f0_range`` (semitones), ``energy`` (dB, spread), ``pace`` (peaks a second), ``tilt``
    (dB an octave); relative: the same less the library's neutral, ``f0_median`` as semitones, ``pace`` as a ratio.
    """

    class Status(models.TextChoices):
        MEASURING = "measuring", "Being measured"
        READY = "ready", "Ready"
        REFUSED = "refused", "Refused"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="emotions")
    name = models.CharField(max_length=120)
    label = models.CharField(max_length=40, db_index=True, help_text="happy, sad, angry, calm, or own words.")
    file_name = models.CharField(max_length=255)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    status = models.CharField(max_length=10, choices=Status, default=Status.MEASURING)
    problems = models.JSONField(default=list, blank=True)
    seconds = models.FloatField(null=True, blank=True)
    measures = models.JSONField(default=dict, blank=True)
    relative = models.JSONField(default=dict, blank=True)
    regions = models.JSONField(default=list, blank=True)
    peaks = models.JSONField(default=list, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("-created_at",)
        constraints = [models.UniqueConstraint(fields=["owner", "sha256"], name="one_emotion_a_file")]

    def __str__(self) -> str:
        return self.name
