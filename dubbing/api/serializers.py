"""What goes over the wire. Times of media are in seconds, times of day in ISO 8601."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, ClassVar

from django.db.models import QuerySet
from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.models import ApiKey
from dubbing.api.costs import BillSerializer, EstimateSerializer
from dubbing.casting import MOST_SPEAKERS
from dubbing.models import Artifact, DubbingJob, Job, PortraitJob, Segment, SpeechJob, Take, VoiceUse
from engines.spending import Bill, bill_of_job
from vocasync.engines.auto import AUTO
from vocasync.errors import message
from vocasync.languages import DETECT
from voices.api.actors import VoiceField
from voices.models import EmotionReference
from voices.selectors import emotions_of

if TYPE_CHECKING:
    OwnEmotions = serializers.PrimaryKeyRelatedField[EmotionReference]
else:
    OwnEmotions = serializers.PrimaryKeyRelatedField


class DubbingSerializer(serializers.ModelSerializer[DubbingJob]):
    """What a dub was asked to be, and what came of it."""

    class Meta:
        model = DubbingJob
        fields = (
            "source_name",
            "emotion_name",
            "subtitles_name",
            "subtitles_are",
            "source_language",
            "target_language",
            "speaker_count",
            "detected_language",
            "recognizer",
            "model_size",
            "translator",
            "voice_engine",
            "match",
            "emotion_strength",
            "review",
            "reviewed_at",
            "stock",
            "ways",
            "converter",
            "lipsync",
            "lip_options",
            "media",
            "engines",
            "confidence",
            "scores",
            "notes",
        )
        read_only_fields = fields


SCRIPTED = (
    "text",
    "script_name",
    "reference_name",
    "emotion_name",
    "emotion_strength",
    "target_language",
    "voice_engine",
    "stock",
    "match",
)
RESULTS = ("media", "engines", "scores", "notes")


class SpeechSerializer(serializers.ModelSerializer[SpeechJob]):
    """What a text was asked to be spoken as, and what came of it."""

    class Meta:
        model = SpeechJob
        fields = (*SCRIPTED, "format", *RESULTS)
        read_only_fields = fields


class PortraitSerializer(serializers.ModelSerializer[PortraitJob]):
    """What a talking portrait was asked to be, and what came of it. ``face_consent``: as it was when it was made;
    ``face_ended_at``: it ended since, and ``face_ended_reason`` says why."""

    class Meta:
        model = PortraitJob
        fields = (
            *SCRIPTED,
            "sound_name",
            "picture_name",
            "face",
            "face_name",
            "chosen",
            "lipsync",
            "lip_options",
            "fps",
            "buffer_frames",
            "motion",
            "ai_mark",
            "face_consent",
            "face_ended_at",
            "face_ended_reason",
            *RESULTS,
        )
        read_only_fields = fields


class VoiceUseSerializer(serializers.ModelSerializer[VoiceUse]):
    """A voice of the library that a speaker of the result is heard in. ``ended_at``: its consent ended since, and
    ``ended_reason`` says why."""

    class Meta:
        model = VoiceUse
        fields = ("speaker", "voice_name", "consent", "ended_at", "ended_reason")
        read_only_fields = fields


class ProblemSerializer(serializers.Serializer[Any]):
    """Why a job failed."""

    code = serializers.CharField()
    message = serializers.CharField()


class JobSerializer(serializers.ModelSerializer[Job]):
    """A job. ``progress`` and ``stage_progress`` run from 0 to 1. ``taken_down_at``: a moderator took its result down
    for ``takedown_reason``; it is served to nobody then. ``cost``: for its owner; null for others."""

    owner = serializers.CharField(source="owner.username", read_only=True)
    voices = VoiceUseSerializer(source="voice_uses", many=True, read_only=True)
    cost = serializers.SerializerMethodField()
    error = serializers.SerializerMethodField()
    url = serializers.SerializerMethodField()
    dubbing = DubbingSerializer(read_only=True, allow_null=True, help_text="Of a dub, or of voice to voice.")
    portrait = PortraitSerializer(read_only=True, allow_null=True)
    speech = SpeechSerializer(read_only=True, allow_null=True)

    class Meta:
        model = Job
        fields = (
            "id",
            "url",
            "owner",
            "kind",
            "title",
            "status",
            "stage",
            "stage_progress",
            "progress",
            "eta_seconds",
            "attempt",
            "error",
            "created_at",
            "started_at",
            "finished_at",
            "taken_down_at",
            "takedown_reason",
            "voices",
            "cost",
            "batch",
            "dubbing",
            "portrait",
            "speech",
        )
        read_only_fields = fields

    @extend_schema_field(ProblemSerializer(allow_null=True))
    def get_error(self, job: Job) -> dict[str, str] | None:
        if not job.error_code:
            return None
        return {"code": job.error_code, "message": message(job.error_code, job.error_params)}

    def get_url(self, job: Job) -> str:
        return reverse("api:job", args=[job.pk])

    @extend_schema_field(BillSerializer(allow_null=True))
    def get_cost(self, job: Job) -> Any:
        """Looked up once for all jobs of a page."""
        if job.owner_id != self.context["request"].user.pk:
            return None
        bills: dict[uuid.UUID, Bill] = self.context.get("bills", {})
        return BillSerializer(bills[job.pk] if job.pk in bills else bill_of_job(job.pk)).data


@extend_schema_field(serializers.UUIDField())
class EmotionField(OwnEmotions):
    """One of the person's emotion references."""

    def get_queryset(self) -> QuerySet[EmotionReference]:
        return emotions_of(self.context["request"].user)


@extend_schema_field(serializers.DictField(child=serializers.FloatField()))
class LipOptionsField(serializers.JSONField):
    """Names to numbers; in a form, as JSON."""

    def to_internal_value(self, data: Any) -> dict[str, float]:
        try:
            value: Any = super().to_internal_value(data)
            if isinstance(value, dict) and all(type(one) in (int, float) for one in value.values()):
                return {str(name): float(one) for name, one in value.items()}
        except (RecursionError, OverflowError):
            pass  # nested without end, a number without end
        raise serializers.ValidationError("An object of names and numbers, please.")


class DubbingCreateSerializer(serializers.Serializer[Any]):
    """A new dub: the media file and what to make of it. Engines are ``auto`` or a name from ``/api/engines``."""

    source = serializers.FileField(allow_empty_file=True, help_text="The video or audio to dub.")  # type: ignore[assignment]
    target_language = serializers.CharField(max_length=8, help_text="A code from /api/languages.")
    source_language = serializers.CharField(max_length=8, default=DETECT)
    emotion = serializers.FileField(
        required=False, allow_empty_file=True, help_text="Speech in the tone that a second track is to have."
    )
    subtitles = serializers.FileField(required=False, allow_empty_file=True, help_text="SRT or VTT.")
    subtitles_are = serializers.ChoiceField(
        choices=DubbingJob.SubtitlesAre.choices, default=DubbingJob.SubtitlesAre.SOURCE.value
    )
    transcript = serializers.CharField(
        required=False, allow_blank=True, max_length=1_000_000, help_text="The words of the recording, to be aligned."
    )
    glossary = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=500_000,
        help_text="How words are translated: ``word = translation``, one a line, or the rows of a CSV or TSV file.",
    )
    recognizer = serializers.CharField(max_length=32, default=AUTO)
    model_size = serializers.CharField(max_length=16, required=False, allow_blank=True)
    translator = serializers.CharField(max_length=32, default=AUTO)
    voice_engine = serializers.CharField(max_length=32, default=AUTO)
    match = serializers.ChoiceField(choices=DubbingJob.Match.choices, default=DubbingJob.Match.CLOSE.value)
    emotion_strength = serializers.FloatField(min_value=0.0, max_value=1.0, default=1.0)
    review = serializers.BooleanField(default=False, help_text="Stop for a person's review before anything is spoken.")
    title = serializers.CharField(max_length=200, required=False, allow_blank=True)
    speaker_count = serializers.IntegerField(
        min_value=1,
        max_value=MOST_SPEAKERS,
        required=False,
        help_text="How many people speak; without, it is found out.",
    )
    voice = VoiceField(required=False, help_text="A voice of the library that you may use, for the main speaker.")
    emotion_reference = EmotionField(required=False, help_text="Of your library, instead of ``emotion``.")
    lipsync = serializers.CharField(
        max_length=32, default="", allow_blank=True, help_text="Moves the lips with the dub: auto, or an engine."
    )
    lip_options = LipOptionsField(required=False, help_text="Settings of that engine, by name.")


class TakeSerializer(serializers.ModelSerializer[Take]):
    """A segment as it was spoken on a track."""

    class Meta:
        model = Take
        fields = (
            "track",
            "start",
            "duration",
            "slot",
            "rate",
            "stretch",
            "borrowed",
            "overflow",
            "fit",
            "similarity",
            "problems",
        )
        read_only_fields = fields


class SegmentSerializer(serializers.ModelSerializer[Segment]):
    """A sentence-like unit. ``text``, ``translation`` and ``speaker`` may be changed; what was spoken of it is then
    ``stale``."""

    takes = TakeSerializer(many=True, read_only=True)

    class Meta:
        model = Segment
        fields = (
            "index",
            "start",
            "end",
            "speaker",
            "text",
            "translation",
            "words",
            "confidence",
            "flags",
            "text_edited",
            "translation_edited",
            "speaker_edited",
            "stale",
            "takes",
        )
        read_only_fields = tuple(name for name in fields if name not in ("text", "translation", "speaker"))
        extra_kwargs: ClassVar[dict[str, dict[str, Any]]] = {
            "text": {"max_length": 5_000},
            "translation": {"max_length": 5_000},
        }


class ArtifactSerializer(serializers.ModelSerializer[Artifact]):
    """A file of the result.

    ``path`` is the same in every job (``dubbed.mp4``, ``voice.wav``); ``name`` is what it is saved as; ``url`` is where
    it is (``?download`` to save it).
    """

    url = serializers.SerializerMethodField()

    class Meta:
        model = Artifact
        fields = ("path", "name", "kind", "mime", "size", "track", "language", "url")
        read_only_fields = fields

    def get_url(self, artifact: Artifact) -> str:
        return reverse("api:artifact", args=[artifact.job_id, artifact.path])


class EventSerializer(serializers.Serializer[Any]):
    """An entry of a job's log."""

    seq = serializers.IntegerField()
    kind = serializers.CharField()
    at = serializers.DateTimeField()
    payload = serializers.DictField()


class EventsSerializer(serializers.Serializer[Any]):
    """Entries after the one asked for; ask again with ``after`` set to ``last``."""

    status = serializers.ChoiceField(choices=Job.Status.choices)
    last = serializers.IntegerField()
    events = EventSerializer(many=True)


class PriceSerializer(serializers.Serializer[Any]):
    """What a service asks: ``usd`` for every ``per`` units, by its price list of the month ``of``."""

    usd = serializers.FloatField()
    per = serializers.IntegerField()
    unit = serializers.ChoiceField(["characters", "seconds"])
    of = serializers.CharField()


class EngineSerializer(serializers.Serializer[Any]):
    """An engine, whether it is ready, and what is missing where it is not. No ``languages`` means any."""

    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    stage = serializers.CharField()
    kind = serializers.CharField()
    ready = serializers.BooleanField()
    missing = serializers.CharField()
    licence = serializers.CharField()
    tried = serializers.CharField()
    about = serializers.CharField()
    quality = serializers.IntegerField()
    languages = serializers.ListField(child=serializers.CharField())
    sizes = serializers.ListField(child=serializers.CharField())
    commercial = serializers.BooleanField(help_text="Whether its licence allows commercial use.")
    weights = serializers.CharField(help_text="The model that it runs on; empty for none.")
    service = serializers.CharField(help_text="The service whose key it needs; empty for none.")
    price = PriceSerializer(allow_null=True, help_text="null: it costs nothing.")


class LanguageSerializer(serializers.Serializer[Any]):
    """A language that Vocasync knows."""

    code = serializers.CharField()
    name = serializers.CharField()
    native = serializers.CharField()
    rtl = serializers.BooleanField()


class CheckSerializer(serializers.Serializer[Any]):
    """The question: could this be dubbed?"""

    source = serializers.CharField(max_length=8, default=DETECT, help_text="Source language, or auto.")  # type: ignore[assignment]
    target = serializers.CharField(max_length=8, help_text="Target language.")
    recognizer = serializers.CharField(max_length=32, default=AUTO)
    model_size = serializers.CharField(max_length=16, default="", allow_blank=True)
    translator = serializers.CharField(max_length=32, default=AUTO)
    voice_engine = serializers.CharField(max_length=32, default=AUTO)
    has_text = serializers.BooleanField(default=False, help_text="The words are given, in the source language.")
    has_translation = serializers.BooleanField(default=False, help_text="The words are given, in the target language.")
    seconds = serializers.FloatField(
        required=False, min_value=0, max_value=10_000_000, help_text="Length of the recording, for the cost."
    )
    characters = serializers.IntegerField(
        required=False, min_value=0, max_value=100_000_000, help_text="Of the text, where you have it."
    )
    tracks = serializers.IntegerField(default=1, min_value=1, max_value=2, help_text="2 with an emotion reference.")


class PlanSerializer(serializers.Serializer[Any]):
    """Engines that would be used; empty where the step is not needed."""

    recognizer = serializers.CharField()
    translator = serializers.CharField()
    voice = serializers.CharField()
    watermark = serializers.CharField()


class ModelSizeSerializer(serializers.Serializer[Any]):
    """The size of the recogniser's model. ``recommended``: a better one for the language, empty where there is no need.
    ``available``: whether that one could run now. ``fetched_mb``: what is fetched before it runs, 0 for nothing.
    """

    size = serializers.CharField()
    recommended = serializers.CharField(allow_blank=True)
    available = serializers.BooleanField()
    fetched_mb = serializers.IntegerField()
    text = serializers.CharField()


class CheckedSerializer(serializers.Serializer[Any]):
    """The answer: the engines that would be used, or why not and the ways out."""

    ok = serializers.BooleanField()
    engines = PlanSerializer(allow_null=True)
    model = ModelSizeSerializer(allow_null=True, help_text="Null where the recogniser comes in one size.")
    cost = EstimateSerializer(allow_null=True)
    code = serializers.CharField(allow_blank=True)
    message = serializers.CharField(allow_blank=True)
    field = serializers.CharField(allow_blank=True)


class ApiKeySerializer(serializers.ModelSerializer[ApiKey]):
    """A key, without its secret. ``scopes``: what it opens; all of them unless you choose."""

    scopes = serializers.ListField(
        child=serializers.ChoiceField(choices=ApiKey.Scope.choices), allow_empty=False, default=ApiKey.Scope.values
    )

    class Meta:
        model = ApiKey
        fields = ("id", "name", "prefix", "scopes", "created_at", "last_used_at", "revoked_at")
        read_only_fields = ("id", "prefix", "created_at", "last_used_at", "revoked_at")


class NewApiKeySerializer(ApiKeySerializer):
    """A key that was just made. ``key`` is shown this once."""

    key = serializers.CharField(read_only=True)

    class Meta(ApiKeySerializer.Meta):
        fields = (*ApiKeySerializer.Meta.fields, "key")  # type: ignore[assignment]


class LimitsSerializer(serializers.Serializer[Any]):
    """What a person may use: their plan's limits, or their own. 1 MB is 2^20 bytes; a day is one of UTC."""

    plan = serializers.CharField()
    media_minutes = serializers.IntegerField(help_text="Longest media.")
    upload_mb = serializers.IntegerField(help_text="Largest file.")
    active_jobs = serializers.IntegerField(help_text="Jobs queued or running at once.")
    audio_minutes_day = serializers.IntegerField(help_text="Media taken in on a day.")
    storage_mb = serializers.IntegerField(help_text="Room for everything that you keep.")
    voices = serializers.IntegerField(help_text="Voices and emotion references in the library.")
    usd_month = serializers.IntegerField(
        allow_null=True, help_text="US dollars a month (UTC) on services that the site pays for; null for no limit."
    )


class UsesSerializer(serializers.Serializer[Any]):
    """What of the limits is used now."""

    audio_seconds = serializers.FloatField(help_text="Media taken in today (UTC).")
    storage_bytes = serializers.IntegerField()
    active_jobs = serializers.IntegerField()
    voices = serializers.IntegerField()
    usd_month = serializers.FloatField(help_text="US dollars this month (UTC), with the site's keys.")


class MeSerializer(serializers.Serializer[Any]):
    """Who asks, with their limits and what of them is used. ``suspended``: nothing new can be made."""

    username = serializers.CharField()
    email = serializers.EmailField(allow_blank=True)
    suspended = serializers.BooleanField()
    limits = LimitsSerializer()
    used = UsesSerializer()
    active_jobs = serializers.IntegerField()
