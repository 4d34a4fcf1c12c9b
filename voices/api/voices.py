"""Voices: list, make, read, change, delete; what sounds like them; favourites; engine settings."""

from __future__ import annotations

import uuid
from dataclasses import asdict
from typing import Any

from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from vocasync.engines.registry import spec
from voices import files, selectors, services
from voices.api.base import DOWNLOAD, NOT_THERE, RANGES, REFUSED, SOUND, LibraryView, VoiceView, send_sound
from voices.api.filters import VoiceFilter
from voices.api.serializers import (
    SettingSerializer,
    SettingsWriteSerializer,
    VoiceSerializer,
    VoiceWriteSerializer,
)
from voices.models import VoiceProfile
from voices.services.settings import settings_of
from web.api.pages import Pages
from web.people import person
from web.problems import about


class VoiceList(LibraryView):
    """The library."""

    serializer_class = VoiceSerializer
    filterset_class = VoiceFilter
    pagination_class = Pages

    def get_queryset(self) -> QuerySet[VoiceProfile]:
        return selectors.visible_voices(self.request.user)

    @extend_schema(operation_id="voices_list", responses={200: VoiceSerializer(many=True), 400: REFUSED[400]})
    def get(self, request: Request) -> Response:
        """Your voices, those shared with you, and the public ones."""
        rows: Any = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(self.get_serializer(rows, many=True).data)

    @extend_schema(
        operation_id="voices_create", request=VoiceWriteSerializer, responses={201: VoiceSerializer, **REFUSED}
    )
    def post(self, request: Request) -> Response:
        """Make a voice; then add samples to it."""
        made = services.voice_create(owner=person(request), **self.checked(VoiceWriteSerializer))
        body = self.get_serializer(selectors.own_voice(request.user, made.pk)).data
        return Response(body, status=status.HTTP_201_CREATED, headers={"Location": body["url"]})


class VoiceDetail(VoiceView):
    """One voice."""

    serializer_class = VoiceSerializer

    @extend_schema(operation_id="voices_retrieve", responses={200: VoiceSerializer, **NOT_THERE})
    def get(self, request: Request, voice_id: uuid.UUID) -> Response:
        return Response(self.get_serializer(self.voice()).data)

    @extend_schema(
        operation_id="voices_update", request=VoiceWriteSerializer, responses={200: VoiceSerializer, **REFUSED}
    )
    def patch(self, request: Request, voice_id: uuid.UUID) -> Response:
        """Describe it anew; what is not sent stays."""
        voice = self.own_voice()
        services.voice_update(voice=voice, **self.checked(VoiceWriteSerializer, partial=True))
        return Response(self.get_serializer(self.own_voice()).data)

    @extend_schema(operation_id="voices_destroy", responses={204: None, **NOT_THERE})
    def delete(self, request: Request, voice_id: uuid.UUID) -> Response:
        """Delete it with its samples, consents and everything that was made of them."""
        services.voice_delete(voice=self.own_voice())
        return Response(status=status.HTTP_204_NO_CONTENT)


class VoiceAudio(VoiceView):
    """How the voice sounds."""

    serializer_class = VoiceSerializer

    @extend_schema(operation_id="voices_audio", parameters=[RANGES, DOWNLOAD], responses=SOUND)
    def get(self, request: Request, voice_id: uuid.UUID) -> HttpResponseBase:
        """A few seconds of it; not there before it has a sample that can be used."""
        voice = self.voice()
        return send_sound(request, files.portrait(voice.pk), voice.name)


class VoiceSimilar(VoiceView):
    """Voices that sound like this one."""

    serializer_class = VoiceSerializer
    pagination_class = Pages

    @extend_schema(operation_id="voices_similar", responses={200: VoiceSerializer(many=True), **NOT_THERE})
    def get(self, request: Request, voice_id: uuid.UUID) -> Response:
        """Most alike first."""
        rows: Any = selectors.similar_to(request.user, self.voice())
        page: Any = self.paginate_queryset(rows)
        return self.get_paginated_response(self.get_serializer(page, many=True).data)


class VoiceFavourite(VoiceView):
    """A mark of your own."""

    serializer_class = VoiceSerializer

    @extend_schema(operation_id="voices_favourite", request=None, responses={200: VoiceSerializer, **NOT_THERE})
    def put(self, request: Request, voice_id: uuid.UUID) -> Response:
        """Mark the voice."""
        return self._set(request, True)

    @extend_schema(operation_id="voices_unfavourite", responses={200: VoiceSerializer, **NOT_THERE})
    def delete(self, request: Request, voice_id: uuid.UUID) -> Response:
        """Take the mark away."""
        return self._set(request, False)

    def _set(self, request: Request, on: bool) -> Response:
        services.favourite_set(user=person(request), voice=self.voice(), on=on)
        return Response(self.get_serializer(self.voice()).data)


class VoiceSettings(VoiceView):
    """How an engine speaks with the voice."""

    serializer_class = SettingSerializer
    pagination_class = None

    @extend_schema(operation_id="voices_settings", responses={200: SettingSerializer(many=True), **REFUSED})
    def get(self, request: Request, voice_id: uuid.UUID, engine: str) -> Response:
        """The engine's settings, with their values for this voice."""
        return self._answer(self.voice(), engine)

    @extend_schema(
        operation_id="voices_settings_set",
        request=SettingsWriteSerializer,
        responses={200: SettingSerializer(many=True), **REFUSED},
    )
    def put(self, request: Request, voice_id: uuid.UUID, engine: str) -> Response:
        """Keep values with the voice."""
        voice = self.own_voice()
        services.engine_settings_set(voice=voice, engine=engine, **self.checked(SettingsWriteSerializer))
        return self._answer(voice, engine)

    def _answer(self, voice: VoiceProfile, engine: str) -> Response:
        with about("engine"):
            row = spec("tts", engine)
        values = settings_of(voice, row)
        return Response([asdict(setting) | {"value": values[setting.name]} for setting in row.settings])
