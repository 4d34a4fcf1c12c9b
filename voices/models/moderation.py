"""What moderators decide about, and what they decided."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone

from voices.models.faces import FaceProfile
from voices.models.profiles import VoiceProfile


class _Reviewed(models.Model):
    """Something that waits for a moderator."""

    class Status(models.TextChoices):
        PENDING = "pending", "Waiting"
        GRANTED = "granted", "Granted"
        REFUSED = "refused", "Refused"
        DROPPED = "dropped", "Withdrawn"

    status = models.CharField(max_length=10, choices=Status, default=Status.PENDING, db_index=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    answer = models.TextField(blank=True, help_text="Why, as the person is told.")
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        abstract = True
        ordering = ("created_at",)


class PublicRequest(_Reviewed):
    """An owner asks for a voice to be public."""

    voice = models.ForeignKey(VoiceProfile, on_delete=models.CASCADE, related_name="public_requests")
    note = models.TextField(blank=True, max_length=2000)

    class Meta(_Reviewed.Meta):
        permissions = [("review_public", "Can decide whether a voice becomes public")]
        constraints = [
            models.UniqueConstraint(fields=["voice"], condition=models.Q(status="pending"), name="one_open_request")
        ]

    def __str__(self) -> str:
        return f"Publish {self.voice_id}"


class Report(_Reviewed):
    """Somebody reports a public voice, or a result that was shared with them (by its job's id)."""

    class Reason(models.TextChoices):
        NO_CONSENT = "no_consent", "This is somebody's voice or face without their consent"
        IMPERSONATION = "impersonation", "It pretends to be somebody"
        ABUSE = "abuse", "It insults, threatens or deceives"
        OTHER = "other", "Something else"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    reporter = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="reports")
    voice = models.ForeignKey(VoiceProfile, on_delete=models.SET_NULL, null=True, blank=True, related_name="reports")
    job_id = models.UUIDField(null=True, blank=True, db_index=True)
    subject_name = models.CharField(max_length=200, help_text="Of the voice or the job, as it was then.")
    subject_owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="reports_about"
    )
    reason = models.CharField(max_length=14, choices=Reason)
    details = models.TextField(blank=True, max_length=4000)

    class Meta(_Reviewed.Meta):
        permissions = [("decide_report", "Can decide about reports")]

    def __str__(self) -> str:
        return f"{self.get_reason_display()}: {self.subject_name}"


class Decision(models.Model):
    """A moderator's decision against somebody: what they see the reason of, and may appeal against once.

    before: what a reversal brings back, beside what the decision itself says (``is_public``).
    """

    class Kind(models.TextChoices):
        TAKEDOWN_VOICE = "takedown_voice", "The voice was taken down"
        TAKEDOWN_FACE = "takedown_face", "The face was taken down"
        TAKEDOWN_JOB = "takedown_job", "The result was taken down"
        REFUSE_PUBLIC = "refuse_public", "The voice was not made public"
        REFUSE_CONSENT = "refuse_consent", "The consent was not accepted"
        SUSPEND = "suspend", "The account was suspended"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=16, choices=Kind)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="decisions", help_text="Whom it is against."
    )
    voice = models.ForeignKey(VoiceProfile, on_delete=models.SET_NULL, null=True, blank=True, related_name="decisions")
    face = models.ForeignKey(FaceProfile, on_delete=models.SET_NULL, null=True, blank=True, related_name="decisions")
    job_id = models.UUIDField(null=True, blank=True)
    subject_name = models.CharField(max_length=200)
    reason = models.TextField()
    before = models.JSONField(default=dict, blank=True)
    moderator = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now, db_index=True)
    reversed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-at",)

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.subject_name}"


class Appeal(_Reviewed):
    """The one appeal against a decision. Granted: the decision is reversed."""

    decision = models.OneToOneField(Decision, on_delete=models.CASCADE, related_name="appeal")
    text = models.TextField(max_length=4000)

    class Meta(_Reviewed.Meta):
        permissions = [("decide_appeal", "Can decide about appeals")]

    def __str__(self) -> str:
        return f"Against: {self.decision}"
