"""Rows: the database is the truth, the queue is a hint.

A job's state lives here and nowhere else. Transitions are conditional UPDATEs in :mod:`dubbing.services` and
:mod:`work.leases`; nothing calls ``save()`` on a status.
"""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone

from voices.models import Actor, EmotionReference, FaceProfile, VoiceProfile
from voices.models.vectors import EmbeddingField
from work.models import Leased


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


class Speaker(models.Model):
    """Somebody who speaks in a job, and the voice that they are dubbed with.

    number: ``Segment.speaker``. style: as in :class:`voices.models.Actor`. sample: seconds into the source, where they
    can be heard best.
    """

    class VoiceKind(models.TextChoices):
        OWN = "own", "Their own voice"
        PROFILE = "profile", "A voice of the library"
        STOCK = "stock", "A stock voice"

    class ActorState(models.TextChoices):
        NONE = "none", "Nobody known"
        SURE = "sure", "Recognised"
        ASKED = "asked", "To be confirmed"
        CHOSEN = "chosen", "Chosen by a person"
        DECLINED = "declined", "Somebody else"

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="speakers")
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=120, blank=True)
    seconds = models.FloatField(default=0.0)
    embedding = EmbeddingField(null=True, blank=True)
    style = models.JSONField(default=dict, blank=True)
    sample_start = models.FloatField(default=0.0)
    sample_end = models.FloatField(default=0.0)
    voice_kind = models.CharField(max_length=7, choices=VoiceKind, default=VoiceKind.OWN)
    voice = models.ForeignKey(VoiceProfile, on_delete=models.SET_NULL, null=True, blank=True, related_name="speakers")
    stock = models.CharField(max_length=60, blank=True)
    actor = models.ForeignKey(Actor, on_delete=models.SET_NULL, null=True, blank=True, related_name="speakers")
    actor_similarity = models.FloatField(null=True, blank=True)
    actor_state = models.CharField(max_length=8, choices=ActorState, default=ActorState.NONE)
    voice_chosen = models.BooleanField(default=False, help_text="A person chose the voice: nothing overrides it.")

    class Meta:
        ordering = ("job", "number")
        constraints = [models.UniqueConstraint(fields=["job", "number"], name="one_speaker_a_number")]

    def __str__(self) -> str:
        return (not self.name and self.is_known and self.actor and self.actor.name) or self.shared_title

    @property
    def shared_title(self) -> str:
        """What others than the owner call the speaker: actors are the owner's affair."""
        return self.name or f"Speaker {self.number + 1}"

    @property
    def is_known(self) -> bool:
        """Whether it is settled which actor this is."""
        return self.actor_id is not None and self.actor_state in (self.ActorState.SURE, self.ActorState.CHOSEN)


class VoiceUse(models.Model):
    """A result was made with a voice of the library, under this consent. ``ended_at``: the consent ended since."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="voice_uses")
    speaker = models.PositiveIntegerField()
    voice = models.ForeignKey(VoiceProfile, on_delete=models.SET_NULL, null=True, related_name="job_uses")
    voice_name = models.CharField(max_length=120)
    consent = models.JSONField(default=dict, help_text="Id, kind and status of the consent record, then.")
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_reason = models.TextField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["job", "speaker"], name="one_use_a_speaker")]

    def __str__(self) -> str:
        return f"{self.voice_name} in {self.job_id}"


class JobShare(models.Model):
    """A job's result is shared with a person, who may look at it and take it away."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="shares")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="shared_jobs")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["job", "user"], name="one_job_share_a_person")]

    def __str__(self) -> str:
        return f"{self.job_id} → {self.user_id}"


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


class MadeFile(models.Model):
    """A file that this site made, remembered by its hash for longer than its job: who holds a copy can ask about it."""

    sha256 = models.CharField(max_length=64, unique=True)
    mime = models.CharField(max_length=60)
    job = models.ForeignKey(Job, on_delete=models.SET_NULL, null=True, related_name="made_files")
    made_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.sha256[:12]
