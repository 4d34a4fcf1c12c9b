"""Short work for the workers."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone

from work.models import Leased


class Errand(Leased):
    """A short piece of work around the library: to measure a sample, speak a preview, check a consent.

    owner: who sent it; None for a visitor, whose errand whoever knows its id may read.
    kind: a key of :data:`voices.errands.HANDLERS`. subject: the id of the row that it is about. result: what the page
    that waits is given when it is done.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, blank=True, related_name="errands"
    )
    kind = models.CharField(max_length=20)
    subject = models.CharField(max_length=64, db_index=True)
    params = models.JSONField(default=dict, blank=True)
    stage = models.CharField(max_length=60, blank=True, help_text="What is being done, in words.")
    progress = models.FloatField(default=0.0)
    error_code = models.CharField(max_length=40, blank=True)
    error_params = models.JSONField(default=dict, blank=True)
    result = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("created_at",)
        indexes = [models.Index(fields=["status", "lease_until"])]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"
