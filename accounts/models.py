"""People, their API keys and their limits."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import models


class User(AbstractUser):
    """A person. Limits left empty are the site's defaults (``settings.LIMITS``); see :mod:`accounts.limits`."""

    max_media_minutes = models.PositiveIntegerField(
        null=True, blank=True, help_text="Longest media, in minutes; empty for the site's default."
    )
    max_upload_mb = models.PositiveIntegerField(
        null=True, blank=True, help_text="Largest upload, in MB; empty for the site's default."
    )
    max_active_jobs = models.PositiveIntegerField(
        null=True, blank=True, help_text="Jobs queued or running at once; empty for the site's default."
    )


class ApiKey(models.Model):
    """A key for programs. Only a hash is stored; the key itself is shown once, when it is made."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=16, unique=True)
    digest = models.CharField(max_length=64)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"
