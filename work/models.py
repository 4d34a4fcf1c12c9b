"""What any row has that workers take up."""

from __future__ import annotations

from django.db import models


class Leased(models.Model):
    """A row that one worker at a time works on (:mod:`work.leases`); kinds of rows may have more states than these.

    A worker holds the row while ``lease_token`` is its own and ``lease_until`` is ahead. Empty token: nobody's.
    """

    class Status(models.TextChoices):
        QUEUED = "queued", "Queued"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    status = models.CharField(max_length=12, choices=Status, default=Status.QUEUED, db_index=True)
    attempt = models.PositiveIntegerField(default=0, help_text="Times a worker took it up at its present place.")
    lease_token = models.CharField(max_length=64, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True
