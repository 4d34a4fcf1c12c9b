"""What is particular to a kind of job."""

from __future__ import annotations

import uuid

from django.db import models

from dubbing.models.jobs import Job
from voices.models import EmotionReference, FaceProfile, VoiceProfile


def job_upload_path(instance: JobDetail, filename: str) -> str:
    """Uploads keep nothing of the client's file name but a short, known extension."""
    extension = filename.rsplit(".", 1)[-1].lower() if "." in filename else ""
    safe = extension if extension.isascii() and extension.isalnum() and len(extension) <= 5 else "bin"
    return f"jobs/{instance.job_id}/source/{uuid.uuid4().hex}.{safe}"


class Match(models.TextChoices):
    """How strongly a matched voice follows its reference."""

    CLOSE = "close", "Close to the voice"
    CLEAR = "clear", "Clear words"


class JobDetail(models.Model):
    """What every kind of job is asked, and what came of it. Each kind adds ``job``, with a name of its own."""

    Match = Match

    job: models.OneToOneField[Job, Job]
    job_id: uuid.UUID
    emotion = models.FileField(upload_to=job_upload_path, max_length=200, blank=True)
    emotion_name = models.CharField(max_length=255, blank=True)
    emotion_reference = models.ForeignKey(
        EmotionReference,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="From the library, not a file.",
    )
    emotion_strength = models.FloatField(default=1.0)
    voice = models.ForeignKey(
        VoiceProfile,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="From the library, for the main speaker; empty for everybody's own.",
    )
    stock = models.CharField(max_length=60, blank=True, help_text="Or one of the engine's own voices for them.")
    target_language = models.CharField(max_length=8, help_text="That is spoken in the result.")
    voice_engine = models.CharField(max_length=32, default="auto")
    match = models.CharField(max_length=5, choices=Match, default=Match.CLOSE)
    lipsync = models.CharField(max_length=32, blank=True, help_text="Engine that moves the lips; empty for none.")
    lip_options = models.JSONField(default=dict, blank=True, help_text="Settings of that engine, by name.")
    # What came of it (written by dubbing.sync alone).
    media = models.JSONField(default=dict, blank=True)
    detected_language = models.CharField(max_length=8, blank=True)
    engines = models.JSONField(default=dict, blank=True)
    confidence = models.FloatField(null=True, blank=True)
    scores = models.JSONField(default=dict, blank=True)
    notes = models.JSONField(default=list, blank=True)

    class Meta:
        abstract = True


class DubbingJob(JobDetail):
    """What a dub, or a recording's way into another voice, was asked to be."""

    class SubtitlesAre(models.TextChoices):
        SOURCE = "source", "in the language that is spoken"
        TARGET = "target", "in the language to dub into"

    class Ways(models.TextChoices):
        SPEAK = "speak", "Its words are spoken anew"
        CONVERT = "convert", "Its sound is converted"
        BOTH = "both", "Both, to compare"

    job = models.OneToOneField(Job, on_delete=models.CASCADE, related_name="dubbing", primary_key=True)
    source = models.FileField(upload_to=job_upload_path, max_length=200)
    source_name = models.CharField(max_length=255)
    speaker_count = models.PositiveIntegerField(
        null=True, blank=True, help_text="How many people speak; empty to find out."
    )
    recount = models.BooleanField(
        default=False, help_text="Who speaks is to be found anew: sentences are cut anew, corrections follow by time."
    )
    subtitles = models.FileField(upload_to=job_upload_path, max_length=200, blank=True)
    subtitles_name = models.CharField(max_length=255, blank=True)
    subtitles_are = models.CharField(max_length=6, choices=SubtitlesAre, default=SubtitlesAre.SOURCE)
    transcript = models.TextField(blank=True, help_text="The words of the recording, pasted; aligned to the sound.")
    glossary = models.TextField(blank=True, help_text="How words are translated: “word = translation”, one a line.")
    source_language = models.CharField(max_length=8, default="auto")
    recognizer = models.CharField(max_length=32, default="auto")
    model_size = models.CharField(max_length=16, blank=True)
    translator = models.CharField(max_length=32, default="auto")
    review = models.BooleanField(default=False, help_text="Stop for a person's review before anything is spoken.")
    reviewed_at = models.DateTimeField(null=True, blank=True)
    ways = models.CharField(max_length=7, choices=Ways, default=Ways.SPEAK, help_text="How it comes into the voice.")
    converter = models.CharField(max_length=32, default="auto", help_text="Engine that converts sound.")

    def __str__(self) -> str:
        return f"{self.source_name} → {self.target_language}"


class ScriptedJob(JobDetail):
    """A text that is spoken: in a voice of the library, in that of a clip brought for it, or in an engine's own."""

    text = models.TextField(blank=True)
    script_name = models.CharField(max_length=255, blank=True, help_text="The file that the text came in.")
    reference = models.FileField(upload_to=job_upload_path, max_length=200, blank=True)
    reference_name = models.CharField(max_length=255, blank=True)
    reference_text = models.TextField(blank=True, help_text="What is said in that clip.")
    options = models.JSONField(default=dict, blank=True, help_text="Settings of the voice engine, by name.")

    class Meta:
        abstract = True


class SpeechJob(ScriptedJob):
    """What a long text was asked to be spoken as."""

    job = models.OneToOneField(Job, on_delete=models.CASCADE, related_name="speech", primary_key=True)
    format = models.CharField(max_length=8, default="wav")

    def __str__(self) -> str:
        return f"{self.text[:40]} ({self.target_language})"


class PortraitJob(ScriptedJob):
    """What a talking portrait was asked to be. picture: the job's own copy, so that it can be made again as it was."""

    job = models.OneToOneField(Job, on_delete=models.CASCADE, related_name="portrait", primary_key=True)
    sound = models.FileField(upload_to=job_upload_path, max_length=200, blank=True, help_text="Instead of a text.")
    sound_name = models.CharField(max_length=255, blank=True)
    picture = models.FileField(upload_to=job_upload_path, max_length=200)
    picture_name = models.CharField(max_length=255)
    face = models.ForeignKey(FaceProfile, on_delete=models.SET_NULL, null=True, blank=True, related_name="jobs")
    face_name = models.CharField(max_length=120, blank=True)
    chosen = models.PositiveIntegerField(null=True, blank=True, help_text="Which face of the picture speaks.")
    face_consent = models.JSONField(default=dict, blank=True, help_text="Of the face, as it was when it was made.")
    face_ended_at = models.DateTimeField(null=True, blank=True)
    face_ended_reason = models.TextField(blank=True)
    fps = models.FloatField(default=25.0)
    buffer_frames = models.PositiveIntegerField(
        default=3, help_text="Beside the sound, so that it never outlasts them."
    )
    motion = models.BooleanField(default=True, help_text="Head, eyes and brows move too.")
    ai_mark = models.BooleanField(default=True, help_text="A visible mark says that a machine made it.")

    def __str__(self) -> str:
        return f"{self.face_name or self.picture_name}: {self.text[:40] or self.sound_name}"
