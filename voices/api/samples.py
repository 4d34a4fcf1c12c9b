"""Samples: for the owner of the voice alone."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import Http404
from django.http.response import HttpResponseBase
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.parsers import FormParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from voices import files, selectors, services
from voices.api.base import DOWNLOAD, NOT_THERE, RANGES, REFUSED, SOUND, UPLOADED, Throttled, VoiceView, send_sound
from voices.api.serializers import SampleCreateSerializer, SamplesAddedSerializer, SampleSerializer
from voices.models import VoiceProfile, VoiceSample
from voices.services import Refusal
from web.downloads import send_private

ORIGINAL = OpenApiParameter("original", bool, description="The file as it was brought; any value, or none.")


class SampleList(Throttled, VoiceView):
    """The recordings that the voice is made from."""

    serializer_class = SampleSerializer
    parser_classes = (MultiPartParser, FormParser)
    pagination_class = None

    @extend_schema(operation_id="voices_samples", responses={200: SampleSerializer(many=True), **NOT_THERE})
    def get(self, request: Request, voice_id: uuid.UUID) -> Response:
        return Response(SampleSerializer(selectors.samples_of(self.own_voice()), many=True).data)

    @extend_schema(
        operation_id="voices_samples_add",
        request=SampleCreateSerializer,
        responses={201: SamplesAddedSerializer, **UPLOADED},
    )
    def post(self, request: Request, voice_id: uuid.UUID) -> Response:
        """Add recordings; each is taken in whole, or refused with the reason. They are measured after this answer."""
        voice = self.own_voice()
        added, refused = _add(voice, **self.checked(SampleCreateSerializer))
        if not added and refused:
            raise refused[0].error
        body = {
            "samples": SampleSerializer(added, many=True).data,
            "refused": [{"name": one.name, "code": one.error.code, "message": str(one.error)} for one in refused],
        }
        return Response(body, status=status.HTTP_201_CREATED)


def _add(
    voice: VoiceProfile, *, sample: list[Any], source: str, transcript: str = "", language: str = ""
) -> tuple[list[VoiceSample], list[Refusal]]:
    if transcript and len(sample) > 1:
        raise ValidationError({"transcript": ["A transcript goes with one recording. Add them one by one."]})
    if transcript:
        one = services.sample_add(
            voice=voice, upload=sample[0], source=source, transcript=transcript, language=language
        )
        return [one], []
    return services.samples_add(voice=voice, uploads=sample, source=source, language=language)


class SampleView(VoiceView):
    """A view of one sample."""

    def sample(self) -> VoiceSample:
        """The sample in the address, of a voice of the person's."""
        try:
            return selectors.sample_of(self.request.user, self.kwargs["voice_id"], self.kwargs["sample_id"])
        except VoiceSample.DoesNotExist as error:
            raise Http404 from error


class SampleDetail(SampleView):
    """One recording."""

    serializer_class = SampleSerializer

    @extend_schema(operation_id="voices_samples_retrieve", responses={200: SampleSerializer, **NOT_THERE})
    def get(self, request: Request, voice_id: uuid.UUID, sample_id: uuid.UUID) -> Response:
        return Response(SampleSerializer(self.sample()).data)

    @extend_schema(operation_id="voices_samples_update", responses={200: SampleSerializer, **REFUSED})
    def patch(self, request: Request, voice_id: uuid.UUID, sample_id: uuid.UUID) -> Response:
        """Correct ``transcript``, or switch its use on and off with ``wanted``."""
        sample = self.sample()
        services.sample_update(sample=sample, **self.checked(SampleSerializer, partial=True))
        return Response(SampleSerializer(self.sample()).data)

    @extend_schema(operation_id="voices_samples_destroy", responses={204: None, **NOT_THERE})
    def delete(self, request: Request, voice_id: uuid.UUID, sample_id: uuid.UUID) -> Response:
        """Delete it; the voice is made anew from the others."""
        services.sample_delete(sample=self.sample())
        return Response(status=status.HTTP_204_NO_CONTENT)


class SampleAudio(SampleView):
    """Its sound."""

    serializer_class = SampleSerializer

    @extend_schema(operation_id="voices_samples_audio", parameters=[RANGES, DOWNLOAD, ORIGINAL], responses=SOUND)
    def get(self, request: Request, voice_id: uuid.UUID, sample_id: uuid.UUID) -> HttpResponseBase:
        """As engines read it; not there before it is measured."""
        sample = self.sample()
        if "original" in request.query_params:
            return send_private(request._request, files.sample_original(sample), filename=sample.name, attach=True)
        return send_sound(request, files.sample_sound(sample), sample.name)
