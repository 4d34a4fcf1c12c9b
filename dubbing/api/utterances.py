"""Texts that are spoken, over the wire."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from vocasync.media.sounds import FORMATS, sound_format
from voices import errands
from voices.api.serializers import FailureSerializer, failure
from voices.models import Errand, Utterance
from voices.services import speech


class SpeechAskSerializer(serializers.Serializer[Any]):
    """A text to speak. At most one of ``voice``, ``reference`` and ``stock``; without, the engine's default voice."""

    text = serializers.CharField(trim_whitespace=False)
    language = serializers.CharField(max_length=8, default="en", help_text="A code from /api/languages.")
    engine = serializers.CharField(max_length=32, default="auto", help_text="auto, or a voice engine of /api/engines.")
    voice = serializers.UUIDField(allow_null=True, default=None, help_text="A voice of the library.")
    reference = serializers.FileField(
        required=False, allow_empty_file=True, help_text="A clip of the voice, 1 to 120 s; deleted when it was used."
    )
    reference_text = serializers.CharField(
        default="",
        allow_blank=True,
        help_text="What is said in the clip: some engines are closer to the voice with it.",
    )
    i_may_use_this_voice = serializers.BooleanField(default=False, help_text=f"Of a clip. {speech.DECLARATION}")
    stock = serializers.CharField(max_length=60, default="", allow_blank=True, help_text="A voice of the engine's own.")
    emotion = serializers.UUIDField(allow_null=True, default=None, help_text="An emotion reference of yours.")
    strength = serializers.FloatField(min_value=0.0, max_value=1.0, default=1.0, help_text="Of the emotion.")
    options = serializers.DictField(
        child=serializers.FloatField(), required=False, help_text="Engine settings; without, those kept with the voice."
    )
    format = serializers.ChoiceField(
        choices=list(FORMATS), required=False, help_text="As `Accept` says where it is left out; else wav."
    )
    stream = serializers.BooleanField(default=False, help_text="The sound is sent while it is made.")
    job = serializers.BooleanField(default=False, help_text="A job, however short: for all of its files.")
    title = serializers.CharField(max_length=200, default="", allow_blank=True, help_text="Of a job.")


class UtteranceSerializer(serializers.ModelSerializer[Utterance]):
    """A text that was spoken, or is going to be. ``audio``: the sound as base64, once it is there; ``stream_url``: the
    same while it is made, of what was asked for with ``stream``; ``similarity``: cosine to the voice; ``untreated``:
    that of the engine's own voice, to compare; ``watermark``: what marked it; ``size``: bytes that are kept of it."""

    url = serializers.SerializerMethodField()
    status = serializers.SerializerMethodField()
    errand = serializers.SerializerMethodField()
    error = serializers.SerializerMethodField()
    audio = serializers.CharField(read_only=True, required=False)
    audio_url = serializers.SerializerMethodField()
    stream_url = serializers.SerializerMethodField()
    mime = serializers.SerializerMethodField()
    settings = serializers.DictField(child=serializers.FloatField(), read_only=True)

    class Meta:
        model = Utterance
        fields = (
            "id",
            "url",
            "status",
            "errand",
            "error",
            "text",
            "language",
            "engine",
            "voice",
            "reference",
            "reference_text",
            "stock",
            "emotion",
            "strength",
            "settings",
            "audio",
            "audio_url",
            "stream_url",
            "format",
            "mime",
            "sample_rate",
            "seconds",
            "similarity",
            "untreated",
            "watermark",
            "size",
            "created_at",
        )
        read_only_fields = fields

    def to_representation(self, utterance: Utterance) -> dict[str, Any]:
        errands_of: dict[str, Errand] | None = self.context.get("errands")
        self._row = errands_of.get(str(utterance.pk)) if errands_of is not None else speech.errand_of(utterance.pk)
        body: dict[str, Any] = super().to_representation(utterance)
        return body

    def get_url(self, utterance: Utterance) -> str:
        return reverse("api:utterance", args=[utterance.pk])

    def get_audio_url(self, utterance: Utterance) -> str:
        return reverse("api:utterance-audio", args=[utterance.pk])

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_stream_url(self, utterance: Utterance) -> str | None:
        return reverse("api:utterance-stream", args=[utterance.pk]) if utterance.live else None

    def get_mime(self, utterance: Utterance) -> str:
        return sound_format(utterance.format).mime

    @extend_schema_field(serializers.ChoiceField(choices=Errand.Status.choices))
    def get_status(self, utterance: Utterance) -> str:
        if utterance.seconds is not None:
            return str(Errand.Status.DONE)
        return str(self._row.status if self._row else Errand.Status.FAILED)

    @extend_schema_field(serializers.UUIDField(allow_null=True))
    def get_errand(self, utterance: Utterance) -> str | None:
        return str(self._row.pk) if self._row and self._row.status in errands.OPEN else None

    @extend_schema_field(FailureSerializer(allow_null=True))
    def get_error(self, utterance: Utterance) -> dict[str, str] | None:
        return failure(self._row)
