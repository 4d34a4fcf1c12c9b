"""Voice profiles, and what people add to them."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone

from voices.models.vectors import EmbeddingField

_SIGHT = ("owner", "is_public", "consent", "taken_down_at")
"""The columns that say who may see a voice."""


class VoiceProfile(models.Model):
    """A voice that somebody keeps. What it sounds like is measured from its samples, never typed in."""

    class Whose(models.TextChoices):
        OWN = "own", "My own voice"
        OTHER = "other", "Another person's voice"

    class Consent(models.TextChoices):
        NONE = "none", "Not verified"
        PENDING = "pending", "Waiting for review"
        VERIFIED = "verified", "Verified"
        REFUSED = "refused", "Refused"
        WITHDRAWN = "withdrawn", "Withdrawn"

    class Grade(models.TextChoices):
        UNKNOWN = "", "No samples yet"
        A = "A", "Excellent"
        B = "B", "Good"
        C = "C", "Usable"
        D = "D", "Poor"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="voices")
    name = models.CharField(max_length=120)
    description = models.TextField(blank=True, max_length=2000)
    whose = models.CharField(max_length=5, choices=Whose)
    person_name = models.CharField(max_length=120, blank=True, help_text="Whose voice it is, when it is another's.")
    consent = models.CharField(max_length=10, choices=Consent, default=Consent.NONE)
    is_public = models.BooleanField(default=False)
    taken_down_at = models.DateTimeField(null=True, blank=True)
    takedown_reason = models.TextField(blank=True)
    # The portrait of its sound, from the samples that engines use (voices.portraits writes these, nobody else).
    grade = models.CharField(max_length=1, choices=Grade, blank=True, default="", db_index=True)
    quality = models.FloatField(default=0.0, help_text="0 to 1, what the grade is cut from.")
    reasons = models.JSONField(default=list, blank=True, help_text="[{code, good, text, advice}], why the grade.")
    seconds = models.FloatField(default=0.0, help_text="Seconds of speech that engines use.")
    f0_low = models.FloatField(null=True, blank=True, help_text="Hz, 5th percentile.")
    f0_median = models.FloatField(null=True, blank=True)
    f0_high = models.FloatField(null=True, blank=True, help_text="Hz, 95th percentile.")
    pace = models.FloatField(null=True, blank=True, help_text="Energy peaks (about syllables) a second of speech.")
    peaks = models.JSONField(default=list, blank=True, help_text="Waveform of the best sample, 0 to 1.")
    embedding = EmbeddingField(null=True, blank=True)
    fingerprint = models.CharField(
        max_length=64, blank=True, help_text="Of the samples that engines use: what was made from others is stale."
    )
    search_text = models.TextField(blank=True, help_text="What the text search looks in, in lower case.")
    uses = models.PositiveIntegerField(default=0, help_text="Jobs that spoke with it.")
    created_at = models.DateTimeField(default=timezone.now, db_index=True)
    updated_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        ordering = ("-updated_at", "-pk")
        permissions = [("take_down", "Can take voices and results down, and restore them")]
        # A row with its embedding and waveform fills most of a database page. Who sees what, in which order, is read
        # from the indexes alone; the rows are read for what is shown.
        indexes = [
            models.Index(fields=["owner", "-updated_at"]),
            models.Index(fields=["id", *_SIGHT], name="voice_sight"),
            models.Index(fields=["-updated_at", "-id", *_SIGHT], name="voice_newest"),
            models.Index(fields=["id", *_SIGHT], name="voice_heard", condition=models.Q(embedding__isnull=False)),
            models.Index(fields=["updated_at"], name="voice_changed", condition=models.Q(embedding__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.name


class VoiceLanguage(models.Model):
    """A language of the voice (codes of :mod:`vocasync.languages`): its owner says so, or a sample is in it."""

    voice = models.ForeignKey(VoiceProfile, on_delete=models.CASCADE, related_name="language_rows")
    code = models.CharField(max_length=8, db_index=True)
    declared = models.BooleanField(default=True, help_text="Its owner says so; else it goes with the samples.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["voice", "code"], name="one_language_a_voice")]

    def __str__(self) -> str:
        return self.code


class VoiceTag(models.Model):
    """A word to find the voice by, in lower case."""

    voice = models.ForeignKey(VoiceProfile, on_delete=models.CASCADE, related_name="tag_rows")
    tag = models.CharField(max_length=40, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["voice", "tag"], name="one_tag_a_voice")]

    def __str__(self) -> str:
        return self.tag


class VoiceShare(models.Model):
    """A voice is shared with a person: seen, heard and, while its consent holds, used by them."""

    voice = models.ForeignKey(VoiceProfile, on_delete=models.CASCADE, related_name="shares")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="shared_voices")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["voice", "user"], name="one_share_a_person")]

    def __str__(self) -> str:
        return f"{self.voice_id} → {self.user_id}"


class Favourite(models.Model):
    """A voice that a person marked."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="favourite_voices")
    voice = models.ForeignKey(VoiceProfile, on_delete=models.CASCADE, related_name="favourites")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "voice"], name="one_favourite_a_person")]

    def __str__(self) -> str:
        return f"{self.user_id} ♥ {self.voice_id}"


class EngineSettings(models.Model):
    """How an engine is to speak with this voice: values of ``EngineSpec.settings``, by name."""

    voice = models.ForeignKey(VoiceProfile, on_delete=models.CASCADE, related_name="engine_settings")
    engine = models.CharField(max_length=32)
    values = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["voice", "engine"], name="one_settings_an_engine")]

    def __str__(self) -> str:
        return f"{self.voice_id} {self.engine}"
