"""What the views of the library's REST interface share."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet
from django.http import Http404
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle, ScopedRateThrottle

from voices import files, selectors
from voices.models import VoiceProfile
from web.api.serializers import ErrorSerializer
from web.downloads import send_private

if TYPE_CHECKING:
    Generic = GenericAPIView[Any]
else:
    Generic = GenericAPIView

NOT_THERE = {404: ErrorSerializer}
REFUSED = {400: ErrorSerializer, 403: ErrorSerializer, 404: ErrorSerializer, 422: ErrorSerializer}
UPLOADED = REFUSED | {413: ErrorSerializer, 429: ErrorSerializer}

RANGES = OpenApiParameter("Range", str, OpenApiParameter.HEADER, description="One range of bytes: 206, or 416.")
DOWNLOAD = OpenApiParameter("download", bool, description="Save instead of playing; any value, or none.")
SOUND = {
    (200, "audio/*"): OpenApiTypes.BINARY,
    (206, "audio/*"): OpenApiTypes.BINARY,
    (404, "application/json"): ErrorSerializer,
    (416, "audio/*"): None,
}


class LibraryView(Generic):
    """A view of the library. What the person who asks may not see is not there for them (404)."""

    scope = "voices"

    def checked(self, serializer: type[serializers.BaseSerializer[Any]], **options: Any) -> dict[str, Any]:
        """What was sent, checked."""
        given = serializer(data=self.request.data, context=self.get_serializer_context(), **options)
        given.is_valid(raise_exception=True)
        fields: dict[str, Any] = given.validated_data
        return fields


class VoiceView(LibraryView):
    """A view of one voice."""

    lookup_url_kwarg = "voice_id"

    def get_queryset(self) -> QuerySet[VoiceProfile]:
        return selectors.visible_voices(self.request.user)

    def voice(self) -> VoiceProfile:
        """The voice in the address, which the person may look at."""
        wanted: uuid.UUID = self.kwargs["voice_id"]
        try:
            return selectors.voice_of(self.request.user, wanted)
        except VoiceProfile.DoesNotExist as error:
            raise Http404 from error

    def own_voice(self) -> VoiceProfile:
        """The voice in the address, which is the person's."""
        wanted: uuid.UUID = self.kwargs["voice_id"]
        try:
            return selectors.own_voice(self.request.user, wanted)
        except VoiceProfile.DoesNotExist as error:
            raise Http404 from error


class Throttled(LibraryView):
    """What is sent here is work for the site: not more often than ``throttle_scope`` says."""

    throttle_scope = "upload"

    def get_throttles(self) -> list[BaseThrottle]:
        usual: list[BaseThrottle] = super().get_throttles()
        return [*usual, ScopedRateThrottle()] if self.request.method == "POST" else usual


def send_sound(request: Request, path: Path, name: str) -> HttpResponseBase:
    """A WAV of ours, to be played, or saved with ``?download``."""
    attach = "download" in request.query_params
    return send_private(request._request, path, filename=f"{name}.wav", mime=files.SOUND_MIME, attach=attach)
