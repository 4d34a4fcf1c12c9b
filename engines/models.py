"""What the site keeps of its engines: people's keys for services, what was spent on those, and models being fetched."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone

from work.models import Leased


class EngineKey(models.Model):
    """A person's own key for a service (:mod:`vocasync.engines.services`). Written and read by :mod:`engines.keys`
    alone; ``secret`` is encrypted, ``hint`` its last characters."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="engine_keys")
    service = models.CharField(max_length=32)
    secret = models.TextField()
    hint = models.CharField(max_length=4)
    set_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("service",)
        constraints = [models.UniqueConstraint(fields=["user", "service"], name="one_key_a_service")]

    def __str__(self) -> str:
        return f"{self.service} …{self.hint}"


class Spending(models.Model):
    """What a person spent in a month (UTC) on an engine, for a job or beside any (``job`` empty: lines tried out).

    amount: in ``unit``, as the engine's price has it. usd: at the price of when it was spent. own_key: paid with a key
    of the person's own, not the site's. The row outlives the job.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="spending")
    month = models.DateField(help_text="Its first day.")
    job = models.CharField(max_length=36, blank=True, db_index=True)
    stage = models.CharField(max_length=12)
    engine = models.CharField(max_length=32)
    unit = models.CharField(max_length=12)
    own_key = models.BooleanField(default=False)
    amount = models.FloatField(default=0.0)
    usd = models.FloatField(default=0.0)

    class Meta:
        ordering = ("-month", "stage", "engine")
        constraints = [
            models.UniqueConstraint(
                fields=["user", "month", "job", "stage", "engine", "unit", "own_key"],
                name="one_spending_a_job",
            )
        ]
        verbose_name_plural = "spending"

    def __str__(self) -> str:
        return f"{self.user_id} {self.month:%Y-%m} {self.engine}"


class Clone(models.Model):
    """A voice that was made at a service out of somebody's recording, so that it can be removed there.

    user: with whose key, None for the site's. voice, job: of which voice of the library or which job's recording; the
    row outlives them, because the clone does. ended_at: since when it is to be removed.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, related_name="clones")
    service = models.CharField(max_length=32)
    remote = models.CharField(max_length=80, help_text="Its id at the service.")
    voice = models.UUIDField(null=True, blank=True, db_index=True)
    job = models.UUIDField(null=True, blank=True, db_index=True)
    used_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True, db_index=True)

    class Meta:
        ordering = ("-used_at",)
        constraints = [models.UniqueConstraint(fields=["service", "remote"], name="one_row_a_clone")]

    def __str__(self) -> str:
        return f"{self.service} {self.remote}"


class ModelTask(Leased):
    """A model of :mod:`vocasync.weights.catalogue` that a worker fetches or verifies; one at a time for a model.

    result: of a verification, ``{"checked": number of files, "wrong": [[file, what is wrong], ...]}``.
    """

    class Act(models.TextChoices):
        FETCH = "fetch", "Fetch"
        VERIFY = "verify", "Verify"

    class Status(models.TextChoices):
        QUEUED = "queued", "Queued"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"

    OPEN = (Status.QUEUED, Status.RUNNING)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    model = models.CharField(max_length=40, db_index=True)
    act = models.CharField(max_length=10, choices=Act)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="model_tasks"
    )
    status = models.CharField(max_length=12, choices=Status, default=Status.QUEUED, db_index=True)
    stage = models.CharField(max_length=120, blank=True, help_text="What is being done, in words.")
    progress = models.FloatField(default=0.0)
    error_code = models.CharField(max_length=40, blank=True)
    error_params = models.JSONField(default=dict, blank=True)
    result = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-created_at",)
        permissions = [("manage_models", "Can fetch, verify and remove models, and accept their terms")]
        constraints = [
            models.UniqueConstraint(
                fields=["model"], condition=models.Q(status__in=["queued", "running"]), name="one_open_task_a_model"
            )
        ]

    def __str__(self) -> str:
        return f"{self.act} {self.model}"
