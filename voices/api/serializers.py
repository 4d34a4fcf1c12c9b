"""What goes over the wire. Times of media are in seconds, times of day in ISO 8601."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from vocasync.errors import message
from voices import errands
from voices.models import EmotionReference, Errand, Preview, VoiceProfile, VoiceSample, VoiceShare
from voices.services.previews import MAX_TEXT


class FailureSerializer(serializers.Serializer[Any]):
    """Why something failed."""

    code = serializers.CharField()
    message = serializers.CharField()


class ErrandSerializer(serializers.ModelSerializer[Errand]):
    """Work that somebody waits for. ``progress`` runs from 0 to 1; ``stage`` says in words what is being done;
    ``subject`` is the id of what it is about."""

    error = serializers.SerializerMethodField()

    class Meta:
        model = Errand
        fields = ("id", "kind", "subject", "status", "stage", "progress", "error", "result")
        read_only_fields = fields

    @extend_schema_field(FailureSerializer(allow_null=True))
    def get_error(self, errand: Errand) -> dict[str, str] | None:
        return failure(errand)


def failure(errand: Errand | None) -> dict[str, str] | None:
    """Why it failed; None where it did not."""
    if errand is None or not errand.error_code:
        return None
    return {"code": errand.error_code, "message": message(errand.error_code, errand.error_params)}


# --- voices -----------------------------------------------------------------------------------------------------------
class RemarkSerializer(serializers.Serializer[Any]):
    """Why a voice has its grade, or a sample its status; ``advice`` says what to record instead."""

    code = serializers.CharField()
    text = serializers.CharField()
    advice = serializers.CharField(allow_blank=True)
    good = serializers.BooleanField(required=False, help_text="Of a voice: it speaks for the voice.")
    severity = serializers.CharField(required=False, help_text="Of a sample: flag or refuse.")


class VoiceSerializer(serializers.ModelSerializer[VoiceProfile]):
    """A voice and what it sounds like. ``seconds`` are those that engines use; pitch is in Hz, ``pace`` in energy peaks
    (about syllables) a second; ``similarity`` is there where the list is ordered by it (cosine, -1 to 1)."""

    url = serializers.SerializerMethodField()
    audio = serializers.SerializerMethodField()
    owner = serializers.CharField(source="owner.username", read_only=True)
    mine = serializers.SerializerMethodField()
    favourite = serializers.BooleanField(source="is_favourite", read_only=True)
    languages = serializers.SerializerMethodField()
    tags = serializers.SerializerMethodField()
    similarity = serializers.SerializerMethodField()
    reasons = RemarkSerializer(many=True, read_only=True)
    peaks = serializers.ListField(child=serializers.FloatField(), read_only=True)

    class Meta:
        model = VoiceProfile
        fields = (
            "id",
            "url",
            "audio",
            "name",
            "description",
            "owner",
            "mine",
            "whose",
            "person_name",
            "consent",
            "is_public",
            "taken_down_at",
            "languages",
            "tags",
            "favourite",
            "grade",
            "quality",
            "reasons",
            "seconds",
            "f0_low",
            "f0_median",
            "f0_high",
            "pace",
            "peaks",
            "uses",
            "similarity",
            "created_at",
            "updated_at",
        )
        read_only_fields = fields

    def get_url(self, voice: VoiceProfile) -> str:
        return reverse("voices_api:voice", args=[voice.pk])

    def get_audio(self, voice: VoiceProfile) -> str:
        return reverse("voices_api:voice-audio", args=[voice.pk])

    def get_mine(self, voice: VoiceProfile) -> bool:
        return bool(voice.owner_id == self.context["request"].user.pk)

    def get_languages(self, voice: VoiceProfile) -> list[str]:
        return sorted(row.code for row in voice.language_rows.all())

    def get_tags(self, voice: VoiceProfile) -> list[str]:
        return sorted(row.tag for row in voice.tag_rows.all())

    def get_similarity(self, voice: VoiceProfile) -> float | None:
        return getattr(voice, "similarity", None)


class VoiceWriteSerializer(serializers.Serializer[Any]):
    """A voice as its owner describes it; what it sounds like is measured from its samples."""

    name = serializers.CharField(max_length=120)
    whose = serializers.ChoiceField(choices=VoiceProfile.Whose.choices)
    person_name = serializers.CharField(
        max_length=120, required=False, allow_blank=True, help_text="Whose voice it is, when it is another's."
    )
    description = serializers.CharField(max_length=2000, required=False, allow_blank=True)
    languages = serializers.ListField(
        child=serializers.CharField(max_length=8), required=False, max_length=50, help_text="Codes of /api/languages."
    )
    tags = serializers.ListField(child=serializers.CharField(max_length=200), required=False, max_length=100)


class ShareSerializer(serializers.ModelSerializer[VoiceShare]):
    """Somebody whom a voice is shared with."""

    username = serializers.CharField(source="user.username", read_only=True)

    class Meta:
        model = VoiceShare
        fields = ("username", "created_at")
        read_only_fields = fields


class ShareCreateSerializer(serializers.Serializer[Any]):
    """Whom to share with."""

    name = serializers.CharField(max_length=254, help_text="A username or an e-mail address.")


class SettingSerializer(serializers.Serializer[Any]):
    """A setting of an engine, and its value for the voice."""

    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    about = serializers.CharField()
    low = serializers.FloatField()
    high = serializers.FloatField()
    default = serializers.FloatField()
    value = serializers.FloatField()


class SettingsWriteSerializer(serializers.Serializer[Any]):
    """Values by the setting's name; what is not named goes back to the engine's default."""

    values = serializers.DictField(child=serializers.FloatField())


# --- samples ----------------------------------------------------------------------------------------------------------
class SampleSerializer(serializers.ModelSerializer[VoiceSample]):
    """A recording of the voice. ``snr`` in dB, ``clipping`` a share from 0 to 1, ``bandwidth`` and pitch in Hz,
    ``loudness`` in LUFS, ``agreement`` the cosine to the voice's other samples; null until it is measured.
    ``errand`` is under way as long as it is there."""

    audio = serializers.SerializerMethodField()
    errand = serializers.SerializerMethodField()
    problems = RemarkSerializer(many=True, read_only=True)
    peaks = serializers.ListField(child=serializers.FloatField(), read_only=True)
    regions = serializers.ListField(child=serializers.ListField(child=serializers.FloatField()), read_only=True)

    class Meta:
        model = VoiceSample
        fields = (
            "id",
            "name",
            "source",
            "size",
            "status",
            "problems",
            "wanted",
            "chosen",
            "language",
            "transcript",
            "transcript_edited",
            "seconds",
            "speech_seconds",
            "snr",
            "clipping",
            "bandwidth",
            "loudness",
            "speakers",
            "agreement",
            "f0_low",
            "f0_median",
            "f0_high",
            "pace",
            "regions",
            "peaks",
            "audio",
            "errand",
            "created_at",
        )
        read_only_fields = tuple(name for name in fields if name not in ("transcript", "wanted"))

    def get_audio(self, sample: VoiceSample) -> str:
        return reverse("voices_api:sample-audio", args=[sample.voice_id, sample.pk])

    @extend_schema_field(serializers.UUIDField(allow_null=True))
    def get_errand(self, sample: VoiceSample) -> str | None:
        return _errand(sample, "sample", sample.status == VoiceSample.Status.MEASURING)


def _errand(row: VoiceSample | EmotionReference | Preview, kind: str, waits: bool) -> str | None:
    """The id of the errand about a row that waits for one."""
    errand = errands.open_errand(kind, row.pk) if waits else None
    return str(errand.pk) if errand else None


class SampleCreateSerializer(serializers.Serializer[Any]):
    """Recordings to add: ``sample`` may be there several times (20 at most). A transcript goes with one alone."""

    sample = serializers.ListField(child=serializers.FileField(allow_empty_file=True), min_length=1)
    source = serializers.ChoiceField(  # type: ignore[assignment]
        choices=[choice for choice in VoiceSample.Source.choices if choice[0] != VoiceSample.Source.DUB],
        default=VoiceSample.Source.UPLOAD.value,
    )
    transcript = serializers.CharField(required=False, allow_blank=True, max_length=20_000)
    language = serializers.CharField(required=False, allow_blank=True, max_length=8, help_text="Empty to find out.")


class RefusedFileSerializer(FailureSerializer):
    """A file that was not taken in."""

    name = serializers.CharField()


class SamplesAddedSerializer(serializers.Serializer[Any]):
    """What was taken in, and what was not."""

    samples = SampleSerializer(many=True)
    refused = RefusedFileSerializer(many=True)


# --- emotion references -----------------------------------------------------------------------------------------------
class EmotionSerializer(serializers.ModelSerializer[EmotionReference]):
    """A clip that shows a tone. ``measures``: ``f0_median`` (Hz), ``f0_range`` (semitones), ``energy`` (dB, spread),
    ``pace`` (peaks a second), ``tilt`` (dB an octave); ``relative``: the same against the neutral of the person's
    library, ``f0_median`` in semitones, ``pace`` as a ratio."""

    audio = serializers.SerializerMethodField()
    errand = serializers.SerializerMethodField()
    problems = RemarkSerializer(many=True, read_only=True)
    peaks = serializers.ListField(child=serializers.FloatField(), read_only=True)
    measures = serializers.DictField(child=serializers.FloatField(), read_only=True)
    relative = serializers.DictField(child=serializers.FloatField(), read_only=True)

    class Meta:
        model = EmotionReference
        fields = (
            "id",
            "name",
            "label",
            "file_name",
            "size",
            "status",
            "problems",
            "seconds",
            "measures",
            "relative",
            "peaks",
            "audio",
            "errand",
            "created_at",
        )
        read_only_fields = tuple(name for name in fields if name not in ("name", "label"))

    def get_audio(self, emotion: EmotionReference) -> str:
        return reverse("voices_api:emotion-audio", args=[emotion.pk])

    @extend_schema_field(serializers.UUIDField(allow_null=True))
    def get_errand(self, emotion: EmotionReference) -> str | None:
        return _errand(emotion, "emotion", emotion.status == EmotionReference.Status.MEASURING)


class EmotionCreateSerializer(serializers.Serializer[Any]):
    """A clip of 1 to 120 s, and what to call its tone."""

    clip = serializers.FileField(allow_empty_file=True)
    label = serializers.CharField(max_length=40, help_text="happy, sad, angry, calm, or own words.")  # type: ignore[assignment]
    name = serializers.CharField(max_length=120, required=False, allow_blank=True)


# --- previews and searching by sound ----------------------------------------------------------------------------------
class PreviewSerializer(serializers.ModelSerializer[Preview]):
    """A line that was spoken, or is going to be (``seconds`` null). ``similarity``: cosine to the voice; ``untreated``:
    that of the engine's own voice, to compare."""

    audio = serializers.SerializerMethodField()
    errand = serializers.SerializerMethodField()
    settings = serializers.DictField(child=serializers.FloatField(), read_only=True)
    peaks = serializers.ListField(child=serializers.FloatField(), read_only=True)

    class Meta:
        model = Preview
        fields = (
            "id",
            "voice",
            "stock",
            "engine",
            "language",
            "text",
            "emotion",
            "strength",
            "settings",
            "seconds",
            "similarity",
            "untreated",
            "peaks",
            "audio",
            "errand",
            "created_at",
        )
        read_only_fields = fields

    def get_audio(self, preview: Preview) -> str:
        return reverse("voices_api:preview-audio", args=[preview.pk])

    @extend_schema_field(serializers.UUIDField(allow_null=True))
    def get_errand(self, preview: Preview) -> str | None:
        return _errand(preview, "preview", preview.seconds is None)


class PreviewAskSerializer(serializers.Serializer[Any]):
    """A line to hear in the voice."""

    text = serializers.CharField(max_length=MAX_TEXT)
    language = serializers.CharField(max_length=8, help_text="A code from /api/languages.")
    engine = serializers.CharField(max_length=32, help_text="A voice engine from /api/engines that is ready.")
    emotion = serializers.UUIDField(required=False, allow_null=True, help_text="An emotion reference of yours.")
    strength = serializers.FloatField(min_value=0.0, max_value=1.0, default=1.0, help_text="Of the emotion.")
    options = serializers.DictField(
        child=serializers.FloatField(), required=False, help_text="Engine settings; without, those kept with the voice."
    )


class ClipSerializer(serializers.Serializer[Any]):
    """A clip of 1 to 120 s to search with."""

    clip = serializers.FileField(allow_empty_file=True)


class QuerySerializer(serializers.Serializer[Any]):
    """A clip that is listened to: when the errand is done, ``/api/voices?like=<id>`` lists what sounds like it."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    errand = serializers.UUIDField()
