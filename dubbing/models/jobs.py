"""Jobs, and those that were submitted as one."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.utils import timezone

from work.models import Leased

if TYPE_CHECKING:
    from dubbing.models.details import JobDetail


class Batch(models.Model):
    """Jobs that were submitted as one. Their files can be taken away as one archive."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="batches")
    title = models.CharField(max_length=200)
    submission_key = models.CharField(max_length=64, blank=True, help_text="As of a job.")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("-created_at",)
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "submission_key"],
                condition=~models.Q(submission_key=""),
                name="one_batch_a_submission",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class Job(Leased):
    """A piece of work that a person asked for. What is particular to a kind is in its detail row."""

    class Kind(models.TextChoices):
        DUBBING = "dubbing", "Dubbing"
        CONVERSION = "conversion", "Voice to voice"
        PORTRAIT = "portrait", "Talking portrait"
        SPEECH = "speech", "Speech"

    DETAILS = {
        Kind.DUBBING.value: "dubbing",
        Kind.CONVERSION.value: "dubbing",
        Kind.PORTRAIT.value: "portrait",
        Kind.SPEECH.value: "speech",
    }
    """By kind, the name of the job's detail row."""

    class Status(models.TextChoices):
        QUEUED = "queued", "Queued"
        RUNNING = "running", "Running"
        WAITING = "waiting", "Waiting for review"
        SUCCEEDED = "succeeded", "Done"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"

    ACTIVE = (Status.QUEUED, Status.RUNNING)
    UNFINISHED = (*ACTIVE, Status.WAITING)
    FINISHED = (Status.SUCCEEDED, Status.FAILED, Status.CANCELLED)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="jobs")
    kind = models.CharField(max_length=20, choices=Kind)
    batch = models.ForeignKey(Batch, on_delete=models.SET_NULL, null=True, blank=True, related_name="jobs")
    title = models.CharField(max_length=200)
    status = models.CharField(max_length=12, choices=Status, default=Status.QUEUED, db_index=True)
    stage = models.CharField(max_length=20, blank=True)
    stage_progress = models.FloatField(default=0.0)
    progress = models.FloatField(default=0.0)
    eta_seconds = models.PositiveIntegerField(null=True, blank=True)
    error_code = models.CharField(max_length=40, blank=True)
    error_params = models.JSONField(default=dict, blank=True)
    submission_key = models.CharField(
        max_length=64, blank=True, help_text="The form's or client's own id of the submission: a second click finds it."
    )
    upload_bytes = models.BigIntegerField(default=0, help_text="Of what was uploaded for it.")
    result_bytes = models.BigIntegerField(default=0, help_text="Of its result's files.")
    expected_bytes = models.BigIntegerField(default=0, help_text="About what its result will take, until it is there.")
    taken_down_at = models.DateTimeField(null=True, blank=True)
    takedown_reason = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-created_at",)
        indexes = [
            models.Index(fields=["owner", "-created_at"]),
            models.Index(fields=["status", "lease_until"]),
            # Everything that a person's limits ask for, read from the index alone.
            models.Index(
                fields=["owner", "status", "upload_bytes", "result_bytes", "expected_bytes"], name="job_limits"
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "submission_key"], condition=~models.Q(submission_key=""), name="one_job_a_submission"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def detail(self) -> JobDetail:
        """The row of what is particular to its kind."""
        row: JobDetail = getattr(self, self.DETAILS[self.kind])
        return row

    @property
    def detail_rows(self) -> models.QuerySet[JobDetail]:
        """The same as a query, to read it fresh or to change it."""
        return type(self.detail)._default_manager.filter(pk=self.pk)
