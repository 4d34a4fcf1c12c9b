"""Voice to voice: submit a recording."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from dubbing.api.serializers import EmotionField, JobSerializer
from dubbing.api.submissions import KEY, REFUSED, SubmitView
from dubbing.conversions import job_create_conversion
from dubbing.models import DubbingJob, Job
from vocasync.engines.auto import AUTO
from voices.api.actors import VoiceField


class ConversionCreateSerializer(serializers.Serializer[Any]):
    """A recording of one person that is to come out in another voice: ``voice``, or ``stock`` with ``voice_engine``.
    Engines are ``auto`` or a name from ``/api/engines``."""

    source = serializers.FileField(allow_empty_file=True, help_text="The recording, or a video.")  # type: ignore[assignment]
    source_language = serializers.CharField(max_length=8, help_text="That is spoken: a code from /api/languages.")
    ways = serializers.ChoiceField(
        choices=DubbingJob.Ways.choices,
        default=DubbingJob.Ways.BOTH.value,
        help_text="``speak``: its words are recognised and spoken anew. ``convert``: its sound is moved into the "
        "voice, timing and melody stay. ``both``: as two tracks, with scores.",
    )
    voice = VoiceField(required=False, help_text="A voice of the library that you may use.")
    stock = serializers.CharField(max_length=60, default="", allow_blank=True, help_text="Or one of the engine's own.")
    voice_engine = serializers.CharField(max_length=32, default=AUTO)
    converter = serializers.CharField(max_length=32, default=AUTO)
    target_language = serializers.CharField(
        max_length=8, default="", allow_blank=True, help_text="To translate what is spoken anew on the way."
    )
    review = serializers.BooleanField(default=False, help_text="Stop for a person's review before anything is spoken.")
    recognizer = serializers.CharField(max_length=32, default=AUTO)
    model_size = serializers.CharField(max_length=16, default="", allow_blank=True)
    translator = serializers.CharField(max_length=32, default=AUTO)
    match = serializers.ChoiceField(choices=DubbingJob.Match.choices, default=DubbingJob.Match.CLOSE.value)
    emotion = serializers.FileField(
        required=False, allow_empty_file=True, help_text="Speech in the tone that what is spoken anew is to have."
    )
    emotion_reference = EmotionField(required=False, help_text="Of your library, instead of ``emotion``.")
    emotion_strength = serializers.FloatField(min_value=0.0, max_value=1.0, default=1.0)
    title = serializers.CharField(max_length=200, default="", allow_blank=True)


class ConversionCreate(SubmitView):
    """Submit a recording that is to come out in another voice."""

    serializer_class = ConversionCreateSerializer

    @extend_schema(
        operation_id="jobs_conversion_create",
        parameters=[KEY],
        responses={201: JobSerializer, 200: JobSerializer, **REFUSED},
    )
    def post(self, request: Request) -> Response:
        return self.submit(self._create)

    def _create(self, owner: User, key: str) -> Job:
        given = self.checked(ConversionCreateSerializer)
        return job_create_conversion(owner=owner, submission_key=key, **given)
