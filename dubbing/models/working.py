"""How the work on a job is shared out, and its log."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from dubbing.models.jobs import Job
from work.models import Leased


class WorkUnit(Leased):
    """A share of a stage that any worker may do: a stage fans out as units, and the last one done wakes the job."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="units")
    stage = models.CharField(max_length=20)
    name = models.CharField(max_length=40)
    weight = models.FloatField(default=1.0)
    progress = models.FloatField(default=0.0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["job", "stage", "name"], name="one_unit_a_name")]
        indexes = [models.Index(fields=["status", "lease_until"])]

    def __str__(self) -> str:
        return f"{self.stage} {self.name}"


class JobEvent(models.Model):
    """The log of a job, in order of ``seq``: what a socket replays and follows.

    kind: ``status`` ``{status, stage, error?}``, ``progress`` ``{stage, stage_progress, progress, eta_seconds}``,
    ``segments`` ``{count}``, ``note`` ``{text}``, ``artifact`` ``{name}``.
    """

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="events")
    seq = models.PositiveIntegerField()
    kind = models.CharField(max_length=12)
    payload = models.JSONField(default=dict)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("job", "seq")
        constraints = [models.UniqueConstraint(fields=["job", "seq"], name="one_event_a_seq")]

    def __str__(self) -> str:
        return f"{self.seq} {self.kind}"
