"""Who speaks in a job, and with which voices."""

from __future__ import annotations

from django.db import models

from dubbing.models.jobs import Job
from voices.models import Actor, VoiceProfile
from voices.models.vectors import EmbeddingField


class Speaker(models.Model):
    """Somebody who speaks in a job, and the voice that they are dubbed with.

    number: ``Segment.speaker``. style: as in :class:`voices.models.Actor`. sample: seconds into the source, where they
    can be heard best.
    """

    class VoiceKind(models.TextChoices):
        OWN = "own", "Their own voice"
        PROFILE = "profile", "A voice of the library"
        STOCK = "stock", "A stock voice"

    class ActorState(models.TextChoices):
        NONE = "none", "Nobody known"
        SURE = "sure", "Recognised"
        ASKED = "asked", "To be confirmed"
        CHOSEN = "chosen", "Chosen by a person"
        DECLINED = "declined", "Somebody else"

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="speakers")
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=120, blank=True)
    seconds = models.FloatField(default=0.0)
    embedding = EmbeddingField(null=True, blank=True)
    style = models.JSONField(default=dict, blank=True)
    sample_start = models.FloatField(default=0.0)
    sample_end = models.FloatField(default=0.0)
    voice_kind = models.CharField(max_length=7, choices=VoiceKind, default=VoiceKind.OWN)
    voice = models.ForeignKey(VoiceProfile, on_delete=models.SET_NULL, null=True, blank=True, related_name="speakers")
    stock = models.CharField(max_length=60, blank=True)
    actor = models.ForeignKey(Actor, on_delete=models.SET_NULL, null=True, blank=True, related_name="speakers")
    actor_similarity = models.FloatField(null=True, blank=True)
    actor_state = models.CharField(max_length=8, choices=ActorState, default=ActorState.NONE)
    voice_chosen = models.BooleanField(default=False, help_text="A person chose the voice: nothing overrides it.")

    class Meta:
        ordering = ("job", "number")
        constraints = [models.UniqueConstraint(fields=["job", "number"], name="one_speaker_a_number")]

    def __str__(self) -> str:
        return (not self.name and self.is_known and self.actor and self.actor.name) or self.shared_title

    @property
    def shared_title(self) -> str:
        """What others than the owner call the speaker: actors are the owner's affair."""
        return self.name or f"Speaker {self.number + 1}"

    @property
    def is_known(self) -> bool:
        """Whether it is settled which actor this is."""
        return self.actor_id is not None and self.actor_state in (self.ActorState.SURE, self.ActorState.CHOSEN)


class VoiceUse(models.Model):
    """A result was made with a voice of the library, under this consent. ``ended_at``: the consent ended since."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="voice_uses")
    speaker = models.PositiveIntegerField()
    voice = models.ForeignKey(VoiceProfile, on_delete=models.SET_NULL, null=True, related_name="job_uses")
    voice_name = models.CharField(max_length=120)
    consent = models.JSONField(default=dict, help_text="Id, kind and status of the consent record, then.")
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_reason = models.TextField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["job", "speaker"], name="one_use_a_speaker")]

    def __str__(self) -> str:
        return f"{self.voice_name} in {self.job_id}"
