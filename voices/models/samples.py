"""The recordings that a voice is made from."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils import timezone

from voices.models.profiles import VoiceProfile
from voices.models.vectors import EmbeddingField


class VoiceSample(models.Model):
    """A recording of the voice. Its files are under ``MEDIA_ROOT/voices/<voice>/samples/<id>/``:
    what was brought (``original``), and its sound as engines read it (``sound.wav``, mono, 24 kHz)."""

    class Status(models.TextChoices):
        MEASURING = "measuring", "Being measured"
        GOOD = "good", "Good"
        FLAGGED = "flagged", "With reservations"
        REFUSED = "refused", "Refused"

    class Source(models.TextChoices):
        UPLOAD = "upload", "Uploaded"
        RECORDING = "recording", "Recorded in the browser"
        DUB = "dub", "Cut from a dub"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    voice = models.ForeignKey(VoiceProfile, on_delete=models.CASCADE, related_name="samples")
    source = models.CharField(max_length=10, choices=Source, default=Source.UPLOAD)
    name = models.CharField(max_length=255)
    size = models.BigIntegerField(help_text="Bytes on disk, with what was made of it.")
    sha256 = models.CharField(max_length=64)
    status = models.CharField(max_length=10, choices=Status, default=Status.MEASURING)
    problems = models.JSONField(default=list, blank=True, help_text="[{code, severity, text, advice}]")
    wanted = models.BooleanField(default=True, help_text="Engines may use it; the owner can switch it off.")
    chosen = models.BooleanField(default=False, help_text="Engines do use it.")
    language = models.CharField(max_length=8, blank=True)
    transcript = models.TextField(blank=True, max_length=20_000)
    transcript_edited = models.BooleanField(default=False)
    # Measures, of the sound as it came (null until measured).
    seconds = models.FloatField(null=True, blank=True)
    speech_seconds = models.FloatField(null=True, blank=True)
    snr = models.FloatField(null=True, blank=True, help_text="Signal-to-noise ratio, dB.")
    clipping = models.FloatField(null=True, blank=True, help_text="Share of samples at full scale.")
    bandwidth = models.FloatField(null=True, blank=True, help_text="Hz up to which there is sound.")
    loudness = models.FloatField(null=True, blank=True, help_text="LUFS.")
    speakers = models.PositiveIntegerField(null=True, blank=True)
    agreement = models.FloatField(null=True, blank=True, help_text="Cosine to the voice's other samples.")
    f0_low = models.FloatField(null=True, blank=True)
    f0_median = models.FloatField(null=True, blank=True)
    f0_high = models.FloatField(null=True, blank=True)
    pace = models.FloatField(null=True, blank=True)
    style = models.JSONField(default=dict, blank=True, help_text="f0_median, f0_range, pace, energy, tilt.")
    regions = models.JSONField(default=list, blank=True, help_text="[[start, end]], seconds, where someone speaks.")
    peaks = models.JSONField(default=list, blank=True, help_text="Waveform, 0 to 1.")
    embedding = EmbeddingField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("created_at", "pk")
        constraints = [models.UniqueConstraint(fields=["voice", "sha256"], name="one_sample_a_file")]

    def __str__(self) -> str:
        return self.name
