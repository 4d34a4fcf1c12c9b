"""People, their API keys, their limits and what they used of them, what they are told, and the audit trail."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils import timezone


class User(AbstractUser):
    """A person. Limits left empty are those of the person's plan (``settings.PLANS``); see :mod:`accounts.limits`.

    Somebody suspended can still sign in, read, take away what is theirs and appeal; nothing new is made for them.
    """

    plan = models.CharField(max_length=20, blank=True, help_text="A plan of the site; empty for its default.")
    max_media_minutes = models.PositiveIntegerField(
        null=True, blank=True, help_text="Longest media, in minutes; empty for the plan's."
    )
    max_upload_mb = models.PositiveIntegerField(
        null=True, blank=True, help_text="Largest upload, in MB; empty for the plan's."
    )
    max_active_jobs = models.PositiveIntegerField(
        null=True, blank=True, help_text="Jobs queued or running at once; empty for the plan's."
    )
    max_audio_minutes_day = models.PositiveIntegerField(
        null=True, blank=True, help_text="Minutes of audio taken in a day; empty for the plan's."
    )
    max_storage_mb = models.PositiveIntegerField(
        null=True, blank=True, help_text="Room for everything the person keeps, in MB; empty for the plan's."
    )
    max_voices = models.PositiveIntegerField(
        null=True, blank=True, help_text="Voices and emotion references in the library; empty for the plan's."
    )
    max_usd_month = models.PositiveIntegerField(
        null=True,
        blank=True,
        help_text="US dollars a month on services that the site pays for; empty for the plan's.",
    )
    suspended_at = models.DateTimeField(null=True, blank=True)
    suspended_reason = models.TextField(blank=True)

    class Meta(AbstractUser.Meta):
        permissions = [("suspend_user", "Can suspend people, and lift it")]

    @property
    def is_suspended(self) -> bool:
        """Whether a moderator stopped the account."""
        return self.suspended_at is not None


class ApiKey(models.Model):
    """A key for programs. Only a hash is stored; the key itself is shown once, when it is made."""

    class Scope(models.TextChoices):
        READ = "read", "Read everything that is mine or shared with me"
        JOBS = "jobs", "Submit and steer jobs"
        VOICES = "voices", "Change voices, emotion references and actors"
        LIVE = "live", "Dub live"

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=16, unique=True)
    digest = models.CharField(max_length=64)
    scopes = models.JSONField(default=list, help_text="What the key opens: of read, jobs, voices, live.")
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    def opens(self, scope: str) -> bool:
        """Whether the key may do what ``scope`` stands for."""
        return scope in self.scopes


class Usage(models.Model):
    """What a person used up on a day (UTC). ``audio``: seconds of media taken in."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="usage")
    day = models.DateField()
    kind = models.CharField(max_length=12)
    amount = models.FloatField(default=0.0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "day", "kind"], name="one_usage_a_day")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.day} {self.kind}"


class Notice(models.Model):
    """Something that a person is told: a decision about what is theirs, an end of a consent. ``link``: a path."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notices")
    text = models.TextField()
    link = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-created_at",)
        indexes = [models.Index(fields=["user", "read_at"])]

    def __str__(self) -> str:
        return self.text[:60]


class AuditEntry(models.Model):
    """Who did what to what, with how it was before and after. Append-only: the database itself refuses to change or
    delete a row (triggers in the migration); written by :mod:`accounts.audit` alone."""

    at = models.DateTimeField(default=timezone.now, db_index=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.DO_NOTHING, null=True, db_constraint=False, related_name="+"
    )
    actor_name = models.CharField(max_length=150, help_text="As it was then; the row outlives the account.")
    action = models.CharField(max_length=40)
    object_type = models.CharField(max_length=40)
    object_id = models.CharField(max_length=64, db_index=True)
    object_name = models.CharField(max_length=200)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    reason = models.TextField(blank=True)

    class Meta:
        ordering = ("-at", "-pk")
        # The admin filters by each.
        indexes = [models.Index(fields=[name]) for name in ("actor_name", "action", "object_type")]
        verbose_name_plural = "audit trail"

    def __str__(self) -> str:
        return f"{self.actor_name} {self.action} {self.object_type} {self.object_name}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Only ever a new row."""
        if self.pk is not None:
            raise TypeError("the audit trail is append-only")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Refused."""
        raise TypeError("the audit trail is append-only")
