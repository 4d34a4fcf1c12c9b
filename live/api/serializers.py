"""What goes over the wire. Times of sound are in seconds, times of day in ISO 8601."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from live.models import LiveSession, LiveUpload
from voices.api.serializers import RemarkSerializer


class PercentilesSerializer(serializers.Serializer[Any]):
    """Of delays in seconds. ``count``: how many."""

    count = serializers.IntegerField()
    p50 = serializers.FloatField()
    p95 = serializers.FloatField()
    p99 = serializers.FloatField()


class DelaysSerializer(serializers.Serializer[Any]):
    """By component, from the end of a clause as it arrived; left out before there was any."""

    recognition = PercentilesSerializer(required=False)
    translation = PercentilesSerializer(required=False)
    synthesis = PercentilesSerializer(required=False)
    total = PercentilesSerializer(required=False)


class NumbersSerializer(serializers.Serializer[Any]):
    """How a session goes, or went: as the message ``metrics`` of the socket. Empty before it began."""

    delays = DelaysSerializer(required=False)
    heard_seconds = serializers.FloatField(required=False)
    spoken_seconds = serializers.FloatField(required=False)
    clauses = serializers.IntegerField(required=False)
    lag = serializers.FloatField(required=False, help_text="Seconds that the dub is behind.")
    real_time_factor = serializers.FloatField(required=False, help_text="Seconds of work a second of sound.")
    similarity = serializers.FloatField(required=False, allow_null=True, help_text="Of the dub to its speakers.")
    errors_ = serializers.DictField(child=serializers.FloatField(), required=False)
    dropped = serializers.DictField(child=serializers.FloatField(), required=False)
    waiting = serializers.DictField(child=serializers.FloatField(), required=False)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        fields = super().get_fields()
        fields["errors"] = fields.pop("errors_")  # ``errors`` itself is an attribute of every serializer
        return fields


@extend_schema_field(NumbersSerializer)
class NumbersField(serializers.JSONField):
    """As they are in the table: a serializer would fill in what is not there."""


class LiveSpeakerSerializer(serializers.Serializer[Any]):
    """Somebody who was heard. ``voice``: with what they were dubbed last."""

    number = serializers.IntegerField(help_text="Counted from 0.")
    name = serializers.CharField()
    voice = serializers.ChoiceField(["stock", "building", "own", "library", "given"])
    similarity = serializers.FloatField(help_text="Cosine to whom they were taken for.")
    seconds = serializers.FloatField(help_text="Heard.")


class LiveSessionSerializer(serializers.ModelSerializer[LiveSession]):
    """A live session. Neither its sound nor its text is kept; numbers are."""

    numbers = NumbersField(read_only=True)
    speakers = LiveSpeakerSerializer(many=True, read_only=True)
    engines = serializers.DictField(child=serializers.CharField(), read_only=True, help_text="Names by step.")

    class Meta:
        model = LiveSession
        fields = (
            *("session_id", "state", "origin", "source_language", "target_language", "engines", "manner", "speakers"),
            *("numbers", "heard_seconds", "spoken_seconds", "clauses", "error_code"),
            *("created_at", "started_at", "seen_at", "ended_at"),
        )
        read_only_fields = fields
        extra_kwargs = {
            "manner": {"help_text": "What was asked for."},
            "error_code": {"help_text": "Why it failed, empty where it did not; as in the message `error`."},
        }


class RecordingReportSerializer(serializers.Serializer[Any]):
    """How well it will do for a voice; empty until it was measured."""

    status = serializers.ChoiceField(["good", "flagged", "refused"], required=False)
    speech_seconds = serializers.FloatField(required=False)
    snr = serializers.FloatField(required=False, allow_null=True, help_text="Speech above noise, in dB.")
    problems = RemarkSerializer(many=True, required=False)


@extend_schema_field(RecordingReportSerializer)
class RecordingReportField(serializers.JSONField):
    """As it is in the table."""


class LiveUploadSerializer(serializers.ModelSerializer[LiveUpload]):
    """A recording for voices of live sessions; gone at ``expires_at``."""

    report = RecordingReportField(read_only=True)

    class Meta:
        model = LiveUpload
        fields: tuple[str, ...] = ("id", "name", "seconds", "size", "report", "created_at", "expires_at")
        read_only_fields = fields


class LiveUploadedSerializer(LiveUploadSerializer):
    """``errand``: of ``/api/errands``, done when the recording was measured."""

    errand = serializers.UUIDField(read_only=True)

    class Meta(LiveUploadSerializer.Meta):
        fields = (*LiveUploadSerializer.Meta.fields, "errand")
        read_only_fields = fields


class LiveUploadCreateSerializer(serializers.Serializer[Any]):
    """A recording of one person who speaks, 1 to 30 seconds."""

    audio = serializers.FileField(allow_empty_file=True)  # an empty one is refused in words of its own
    name = serializers.CharField(required=False, default="", allow_blank=True, max_length=200)
