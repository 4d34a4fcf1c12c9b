"""What a dub is submitted with, and fields that other kinds have as well."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from dubbing.casting import MOST_SPEAKERS
from dubbing.models import DubbingJob
from vocasync.engines.auto import AUTO
from vocasync.languages import DETECT
from voices.api.actors import VoiceField
from voices.models import EmotionReference
from voices.selectors import emotions_of

if TYPE_CHECKING:
    OwnEmotions = serializers.PrimaryKeyRelatedField[EmotionReference]
else:
    OwnEmotions = serializers.PrimaryKeyRelatedField


@extend_schema_field(serializers.UUIDField())
class EmotionField(OwnEmotions):
    """One of the person's emotion references."""

    default_error_messages: ClassVar[dict[str, Any]] = {"does_not_exist": "You have no such emotion reference."}

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
