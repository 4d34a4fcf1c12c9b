"""Live sessions and who does them. Of what is said live nothing is kept: no sound and no text, numbers only."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone


class LiveWorker(models.Model):
    """A process that does live sessions, as it says itself every few seconds.

    address: how the web process reaches it, ``unix:<path>`` on one machine, ``redis:<name>`` between several. sessions,
    room: how many it does now, and how many it takes at most. numbers: what it counted since it started, for
    Prometheus.
    """

    name = models.CharField(max_length=120, unique=True)
    address = models.CharField(max_length=300)
    sessions = models.PositiveIntegerField(default=0)
    room = models.PositiveIntegerField(default=0)
    engines = models.JSONField(default=dict, blank=True, help_text="Engines that are loaded, by step.")
    numbers = models.JSONField(default=dict, blank=True)
    started_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class LiveSession(models.Model):
    """Somebody dubs live. ``session_id`` is chosen by whoever connects, and is one session's for its owner alone.

    manner: :class:`vocasync.pipelines.live.request.Manner` as plain values. speakers: number, name, voice, seconds,
    similarity of each. numbers: :class:`vocasync.pipelines.live.events.Numbers` as plain values.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "Connected, not started"
        RUNNING = "running", "Running"
        STOPPED = "stopped", "Stopped"
        LOST = "lost", "Lost"

    class Origin(models.TextChoices):
        PAGE = "page", "The live page"
        EXTENSION = "extension", "The browser extension"
        PROGRAM = "program", "A program"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="live_sessions")
    session_id = models.CharField(max_length=64)
    connection_id = models.CharField(max_length=64, blank=True, help_text="Of the socket that is connected now.")
    origin = models.CharField(max_length=10, choices=Origin.choices, default=Origin.PROGRAM)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    worker = models.CharField(max_length=120, blank=True, help_text="Name of the worker that does it.")
    source_language = models.CharField(max_length=12, blank=True)
    target_language = models.CharField(max_length=12, blank=True)
    manner = models.JSONField(default=dict, blank=True)
    engines = models.JSONField(default=dict, blank=True)
    speakers = models.JSONField(default=list, blank=True)
    numbers = models.JSONField(default=dict, blank=True)
    heard_seconds = models.FloatField(default=0.0)
    spoken_seconds = models.FloatField(default=0.0)
    clauses = models.PositiveIntegerField(default=0)
    error_code = models.CharField(max_length=60, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    seen_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-created_at",)
        constraints = [models.UniqueConstraint(fields=["owner", "session_id"], name="one_session_of_an_id")]
        indexes = [
            models.Index(fields=["owner", "-created_at"]),
            models.Index(fields=["state", "seen_at"], condition=Q(ended_at=None), name="live_open_sessions"),
        ]

    def __str__(self) -> str:
        return f"{self.owner_id}: {self.session_id}"


class LiveUpload(models.Model):
    """A recording that somebody brought to make a voice of in a live session; kept for ``settings.LIVE_CACHE_TTL``.

    report: its quality, see :mod:`vocasync.stages.quality`."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="live_uploads")
    name = models.CharField(max_length=200)
    file = models.CharField(max_length=300, help_text="Path of the 16 kHz WAV, below the site's files.")
    size = models.PositiveBigIntegerField(default=0)
    seconds = models.FloatField(default=0.0)
    report = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return self.name
