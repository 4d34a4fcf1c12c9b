"""People whose voice is followed from one content to the next."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone

from voices.models.profiles import VoiceProfile
from voices.models.vectors import EmbeddingField


class Actor(models.Model):
    """A person who speaks in several of the owner's contents.

    embedding: mean over the appearances, weighted by seconds. style: means over the appearances, weighted alike
    (``f0_median`` Hz, ``f0_range`` semitones, ``pace`` peaks a second, ``energy`` dB, ``tilt`` dB an octave).
    emotion: seconds that the actor was dubbed in the tone of a reference, by the reference's label.
    voice: what the actor is dubbed with; None for the actor's own voice, cut from each content.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="actors")
    name = models.CharField(max_length=120)
    notes = models.TextField(blank=True, max_length=2000)
    voice = models.ForeignKey(VoiceProfile, on_delete=models.SET_NULL, null=True, blank=True, related_name="actors")
    embedding = EmbeddingField(null=True, blank=True)
    seconds = models.FloatField(default=0.0)
    style = models.JSONField(default=dict, blank=True)
    emotion = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("name", "pk")

    def __str__(self) -> str:
        return self.name


class ActorAppearance(models.Model):
    """An actor speaks in a job. The job is named by its id: this app knows nothing of jobs.

    style, emotion: as in :class:`Actor`, of this appearance.
    """

    actor = models.ForeignKey(Actor, on_delete=models.CASCADE, related_name="appearances")
    job_id = models.UUIDField(db_index=True)
    job_title = models.CharField(max_length=200)
    job_gone = models.BooleanField(default=False, help_text="The job was deleted; what was learned of the voice stays.")
    speaker = models.PositiveIntegerField()
    seconds = models.FloatField()
    similarity = models.FloatField(null=True, blank=True, help_text="Cosine to the actor before this appearance.")
    embedding = EmbeddingField()
    style = models.JSONField(default=dict, blank=True)
    emotion = models.JSONField(default=dict, blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("-at",)
        constraints = [models.UniqueConstraint(fields=["job_id", "speaker"], name="one_actor_a_speaker")]

    def __str__(self) -> str:
        return f"{self.actor_id} in {self.job_title}"
