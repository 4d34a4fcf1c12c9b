"""The files of a result, who may see them, and what is remembered of them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from dubbing.models.jobs import Job


class Artifact(models.Model):
    """A file of a job's result, under ``MEDIA_ROOT/jobs/<job>/out/``. Served only to those who may see the job."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="artifacts")
    name = models.CharField(max_length=200, help_text="What the file is called when it is saved.")
    path = models.CharField(max_length=60, help_text="Relative to the job's output folder; the same in every job.")
    kind = models.CharField(max_length=12)
    mime = models.CharField(max_length=60)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64, blank=True, db_index=True)
    track = models.CharField(max_length=10, blank=True)
    language = models.CharField(max_length=8, blank=True)

    class Meta:
        ordering = ("job", "pk")
        constraints = [models.UniqueConstraint(fields=["job", "path"], name="one_artifact_a_path")]

    def __str__(self) -> str:
        return self.name


class MadeFile(models.Model):
    """A file that this site made, remembered by its hash for longer than its job: who holds a copy can ask about it."""

    sha256 = models.CharField(max_length=64, unique=True)
    mime = models.CharField(max_length=60)
    job = models.ForeignKey(Job, on_delete=models.SET_NULL, null=True, related_name="made_files")
    made_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.sha256[:12]


class JobShare(models.Model):
    """A job's result is shared with a person, who may look at it and take it away."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="shares")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="shared_jobs")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["job", "user"], name="one_job_share_a_person")]

    def __str__(self) -> str:
        return f"{self.job_id} → {self.user_id}"
