"""What is said in a job, and how it was spoken."""

from __future__ import annotations

from django.db import models

from dubbing.models.jobs import Job


class Segment(models.Model):
    """A sentence-like unit of a dub. An edit sets ``edited`` and makes what depends on it stale."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="segments")
    index = models.PositiveIntegerField()
    start = models.FloatField()
    end = models.FloatField()
    speaker = models.PositiveIntegerField(default=0)
    speaker_found = models.PositiveIntegerField(default=0, help_text="Who was heard in it, before hand edits.")
    text = models.TextField(blank=True)
    translation = models.TextField(blank=True)
    words = models.JSONField(default=list, blank=True)
    confidence = models.FloatField(null=True, blank=True)
    flags = models.JSONField(default=list, blank=True)
    text_edited = models.BooleanField(default=False)
    translation_edited = models.BooleanField(default=False)
    speaker_edited = models.BooleanField(default=False)
    stale = models.BooleanField(default=False, help_text="Edited since it was last spoken.")

    class Meta:
        ordering = ("job", "index")
        constraints = [models.UniqueConstraint(fields=["job", "index"], name="one_segment_an_index")]

    def __str__(self) -> str:
        return f"{self.index}: {self.text[:40]}"


class Take(models.Model):
    """A segment as it was spoken on a track, and how it fits its slot. Times in seconds."""

    segment = models.ForeignKey(Segment, on_delete=models.CASCADE, related_name="takes")
    track = models.CharField(max_length=10)
    start = models.FloatField()
    duration = models.FloatField()
    slot = models.FloatField()
    rate = models.FloatField()
    stretch = models.FloatField()
    borrowed = models.FloatField()
    overflow = models.FloatField()
    fit = models.CharField(max_length=10)
    similarity = models.JSONField(default=dict)
    problems = models.JSONField(default=list)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["segment", "track"], name="one_take_a_track")]

    def __str__(self) -> str:
        return f"{self.segment_id} {self.track}"
