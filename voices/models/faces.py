"""Faces that people bring to be made to speak."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone

from voices.models.profiles import VoiceProfile


class FaceProfile(models.Model):
    """A portrait that somebody keeps: a picture with one face of it chosen. What is on it is measured, never typed in.

    Its picture is ``MEDIA_ROOT/faces/<id>/picture.png``, made anew from what was uploaded and without its metadata.
    """

    class State(models.TextChoices):
        CHECKING = "checking", "Being looked at"
        READY = "ready", "Ready"
        REFUSED = "refused", "Cannot be used"

    class Whose(models.TextChoices):
        OWN = "own", "My own face"
        OTHER = "other", "Another person's face"

    Consent = VoiceProfile.Consent

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="faces")
    name = models.CharField(max_length=120)
    whose = models.CharField(max_length=5, choices=Whose)
    person_name = models.CharField(max_length=120, blank=True, help_text="Whose face it is, when it is another's.")
    consent = models.CharField(max_length=10, choices=VoiceProfile.Consent, default=VoiceProfile.Consent.NONE.value)
    taken_down_at = models.DateTimeField(null=True, blank=True)
    takedown_reason = models.TextField(blank=True)
    state = models.CharField(max_length=8, choices=State, default=State.CHECKING)
    file_name = models.CharField(max_length=255, help_text="As it was uploaded.")
    sha256 = models.CharField(max_length=64, blank=True, help_text="Of the uploaded file.")
    size = models.BigIntegerField(default=0, help_text="Bytes of the kept picture.")
    width = models.PositiveIntegerField(default=0)
    height = models.PositiveIntegerField(default=0)
    report = models.JSONField(default=dict, blank=True, help_text="What was found on it: faces, landmarks, problems.")
    chosen = models.PositiveIntegerField(null=True, blank=True, help_text="Which of the faces speaks.")
    created_at = models.DateTimeField(default=timezone.now, db_index=True)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("-updated_at", "-pk")
        indexes = [models.Index(fields=["owner", "-updated_at"])]

    def __str__(self) -> str:
        return self.name
