"""Emotion references: for their owner alone."""

from __future__ import annotations

import uuid
from typing import Any

import django_filters
from django.db.models import QuerySet
from django.http import Http404
from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.parsers import FormParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from voices import files, selectors, services
from voices.api.base import DOWNLOAD, NOT_THERE, RANGES, REFUSED, SOUND, UPLOADED, LibraryView, Throttled, send_sound
from voices.api.serializers import EmotionCreateSerializer, EmotionSerializer
from voices.models import EmotionReference
from web.api.pages import Pages
from web.api.parsers import JSONParser
from web.people import person


class EmotionFilter(django_filters.FilterSet):  # type: ignore[misc]
    """``?label=happy&text=laugh``."""

    label = django_filters.CharFilter(lookup_expr="iexact")
    text = django_filters.CharFilter(field_name="name", lookup_expr="icontains")

    class Meta:
        model = EmotionReference
        fields = ()


class EmotionView(LibraryView):
    """Of the emotion references of the person who asks."""

    serializer_class = EmotionSerializer

    def get_queryset(self) -> QuerySet[EmotionReference]:
        return selectors.emotions_of(self.request.user)

    def emotion(self) -> EmotionReference:
        """The one in the address."""
        wanted: uuid.UUID = self.kwargs["emotion_id"]
        try:
            return selectors.emotion_of(self.request.user, wanted)
        except EmotionReference.DoesNotExist as error:
            raise Http404 from error


class EmotionList(Throttled, EmotionView):
    """Your emotion references."""

    filterset_class = EmotionFilter
    pagination_class = Pages
    parser_classes = (MultiPartParser, FormParser)

    @extend_schema(operation_id="emotions_list", responses={200: EmotionSerializer(many=True)})
    def get(self, request: Request) -> Response:
        """Newest first."""
        rows: Any = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(EmotionSerializer(rows, many=True).data)

    @extend_schema(
        operation_id="emotions_create", request=EmotionCreateSerializer, responses={201: EmotionSerializer, **UPLOADED}
    )
    def post(self, request: Request) -> Response:
        """Add a clip; it is measured after this answer."""
        given = self.checked(EmotionCreateSerializer)
        made = services.emotion_create(owner=person(request), upload=given.pop("clip"), **given)
        return Response(EmotionSerializer(made).data, status=status.HTTP_201_CREATED)


class EmotionDetail(EmotionView):
    """One emotion reference."""

    parser_classes = (JSONParser, FormParser)

    @extend_schema(operation_id="emotions_retrieve", responses={200: EmotionSerializer, **NOT_THERE})
    def get(self, request: Request, emotion_id: uuid.UUID) -> Response:
        return Response(EmotionSerializer(self.emotion()).data)

    @extend_schema(operation_id="emotions_update", responses={200: EmotionSerializer, **REFUSED})
    def patch(self, request: Request, emotion_id: uuid.UUID) -> Response:
        """Rename it, or call its tone otherwise."""
        emotion = self.emotion()
        services.emotion_update(emotion=emotion, **self.checked(EmotionSerializer, partial=True))
        return Response(EmotionSerializer(self.emotion()).data)

    @extend_schema(operation_id="emotions_destroy", responses={204: None, **NOT_THERE})
    def delete(self, request: Request, emotion_id: uuid.UUID) -> Response:
        """Delete it, with the previews in its tone."""
        services.emotion_delete(emotion=self.emotion())
        return Response(status=status.HTTP_204_NO_CONTENT)


class EmotionAudio(EmotionView):
    """Its sound."""

    @extend_schema(operation_id="emotions_audio", parameters=[RANGES, DOWNLOAD], responses=SOUND)
    def get(self, request: Request, emotion_id: uuid.UUID) -> HttpResponseBase:
        """Not there before it is measured."""
        emotion = self.emotion()
        return send_sound(request, files.emotion_sound(emotion.pk), emotion.name)
