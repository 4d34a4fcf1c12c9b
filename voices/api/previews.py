"""Lines that are tried out, and searching the library by a clip."""

from __future__ import annotations

import uuid
from typing import Any

import django_filters
from django.db.models import QuerySet
from django.http import Http404
from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.parsers import FormParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from voices import files, selectors, services
from voices.api.base import DOWNLOAD, NOT_THERE, RANGES, SOUND, UPLOADED, LibraryView, Throttled, VoiceView, send_sound
from voices.api.serializers import ClipSerializer, PreviewAskSerializer, PreviewSerializer, QuerySerializer
from voices.models import EmotionReference, Preview
from voices.services.previews import is_there
from web.api.pages import Pages
from web.people import person


class PreviewFilter(django_filters.FilterSet):  # type: ignore[misc]
    """``?voice=<uuid>&engine=espeak``."""

    voice = django_filters.UUIDFilter(field_name="voice_id")
    engine = django_filters.CharFilter()

    class Meta:
        model = Preview
        fields = ()


class PreviewView(LibraryView):
    """Of the lines that the person who asks had spoken: by voices that they may use, as these sound now."""

    serializer_class = PreviewSerializer

    def get_queryset(self) -> QuerySet[Preview]:
        return selectors.previews_of(self.request.user)

    def preview(self) -> Preview:
        """The line in the address."""
        wanted: uuid.UUID = self.kwargs["preview_id"]
        try:
            return selectors.preview_of(self.request.user, wanted)
        except Preview.DoesNotExist as error:
            raise Http404 from error


class PreviewList(PreviewView):
    """Your lines."""

    filterset_class = PreviewFilter
    pagination_class = Pages

    @extend_schema(operation_id="previews_list", responses={200: PreviewSerializer(many=True)})
    def get(self, request: Request) -> Response:
        """Newest first."""
        rows: Any = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(PreviewSerializer(rows, many=True).data)


class PreviewDetail(PreviewView):
    """One line."""

    @extend_schema(operation_id="previews_retrieve", responses={200: PreviewSerializer, **NOT_THERE})
    def get(self, request: Request, preview_id: uuid.UUID) -> Response:
        return Response(PreviewSerializer(self.preview()).data)


class PreviewAudio(PreviewView):
    """Its sound."""

    @extend_schema(operation_id="previews_audio", parameters=[RANGES, DOWNLOAD], responses=SOUND)
    def get(self, request: Request, preview_id: uuid.UUID) -> HttpResponseBase:
        """Not there before it is spoken."""
        preview = self.preview()
        return send_sound(request, files.preview_sound(preview.pk), preview.text[:40])


class VoicePreview(Throttled, VoiceView):
    """Hear a line in the voice."""

    serializer_class = PreviewSerializer
    throttle_scope = "preview"

    @extend_schema(
        operation_id="voices_preview",
        request=PreviewAskSerializer,
        responses={201: PreviewSerializer, 200: PreviewSerializer, **UPLOADED},
    )
    def post(self, request: Request, voice_id: uuid.UUID) -> Response:
        """Spoken after this answer (201), or there already (200): the same line is not spoken twice."""
        voice, user = self.voice(), person(request)
        given = self.checked(PreviewAskSerializer)
        emotion = _emotion(user, given.pop("emotion", None))
        preview, _errand = services.preview_ask(owner=user, voice=voice, emotion=emotion, **given)
        done = is_there(preview)
        code = status.HTTP_200_OK if done else status.HTTP_201_CREATED
        return Response(PreviewSerializer(preview).data, status=code)


def _emotion(user: User, wanted: uuid.UUID | None) -> EmotionReference | None:
    try:
        return selectors.emotion_of(user, wanted) if wanted else None
    except EmotionReference.DoesNotExist:
        raise ValidationError({"emotion": ["You have no such emotion reference."]}) from None


class SearchBySound(Throttled):
    """What sounds like this clip?"""

    serializer_class = QuerySerializer
    parser_classes = (MultiPartParser, FormParser)

    @extend_schema(
        operation_id="voices_search_by_sound", request=ClipSerializer, responses={201: QuerySerializer, **UPLOADED}
    )
    def post(self, request: Request) -> Response:
        """Send a clip; when its errand is done, ask for ``/api/voices?like=<id>``. Its embedding is kept for a day."""
        query, errand = services.query_ask(owner=person(request), upload=self.checked(ClipSerializer)["clip"])
        body = {"id": query.pk, "name": query.name, "errand": errand.pk}
        return Response(QuerySerializer(body).data, status=status.HTTP_201_CREATED)
