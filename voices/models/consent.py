"""Who agreed to what."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone

from voices.models.faces import FaceProfile
from voices.models.profiles import VoiceProfile
from voices.models.vectors import EmbeddingField


class ConsentRecord(models.Model):
    """A consent to clone a voice, or to have a face speak. Records are never deleted while that exists; a new one
    follows an old one.

    spoken: the owner read a random sentence in the voice. statement: an uploaded statement, reviewed by a moderator;
    its file is ``MEDIA_ROOT/consents/<id>/statement``. embedding: of the voice as it was when the consent was verified,
    so that it covers that voice and not another one that its samples are exchanged for.
    """

    class Kind(models.TextChoices):
        SPOKEN = "spoken", "Sentence read aloud"
        STATEMENT = "statement", "Written statement"

    class Status(models.TextChoices):
        PENDING = "pending", "Waiting for review"
        VERIFIED = "verified", "Verified"
        REFUSED = "refused", "Refused"
        WITHDRAWN = "withdrawn", "Withdrawn"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    voice = models.ForeignKey(VoiceProfile, on_delete=models.CASCADE, null=True, blank=True, related_name="consents")
    face = models.ForeignKey(FaceProfile, on_delete=models.CASCADE, null=True, blank=True, related_name="consents")
    kind = models.CharField(max_length=10, choices=Kind)
    status = models.CharField(max_length=10, choices=Status)
    declaration = models.TextField(help_text="What the owner declared, word for word.")
    person_name = models.CharField(max_length=120, blank=True, help_text="Whose voice or face it is.")
    file_name = models.CharField(max_length=255, blank=True)
    attempt = models.OneToOneField(
        "voices.ConsentAttempt", on_delete=models.RESTRICT, null=True, blank=True, related_name="record"
    )
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    reason = models.TextField(blank=True)
    embedding = EmbeddingField(null=True, blank=True)

    class Meta:
        ordering = ("-created_at",)
        permissions = [("review_consent", "Can decide whether a consent is accepted")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(voice=None, face__isnull=False) | models.Q(voice__isnull=False, face=None),
                name="consent_of_one",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.get_status_display()}"

    @property
    def likeness(self) -> VoiceProfile | FaceProfile:
        """What may be used by it: a voice, or a face."""
        found = self.voice or self.face
        assert found is not None  # noqa: S101 (the database holds it: consent_of_one)
        return found


class ConsentAttempt(models.Model):
    """A sentence that was given to read, and what came of it. The recording of a pass is kept as evidence
    (``MEDIA_ROOT/consents/<id>/recording.wav``); any other is deleted."""

    class Outcome(models.TextChoices):
        ISSUED = "issued", "Waiting for the recording"
        CHECKING = "checking", "Being checked"
        PASSED = "passed", "Passed"
        WRONG_WORDS = "wrong_words", "Other words were heard"
        WRONG_SPEAKER = "wrong_speaker", "Another voice was heard"
        NO_SPEECH = "no_speech", "No speech was heard"
        LATE = "late", "Too late"
        FAILED = "failed", "Could not be checked"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    voice = models.ForeignKey(VoiceProfile, on_delete=models.CASCADE, related_name="attempts")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    sentence = models.TextField()
    language = models.CharField(max_length=8)
    issued_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True, blank=True)
    heard = models.TextField(blank=True, help_text="The recognised words; empty where nothing recognises the language.")
    word_distance = models.FloatField(null=True, blank=True, help_text="Word error rate against the sentence.")
    similarity = models.FloatField(null=True, blank=True, help_text="Cosine to the voice's samples.")
    outcome = models.CharField(max_length=14, choices=Outcome, default=Outcome.ISSUED)

    class Meta:
        ordering = ("-issued_at",)

    def __str__(self) -> str:
        return f"{self.get_outcome_display()}: {self.sentence[:40]}"
