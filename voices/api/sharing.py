"""Whom a voice is shared with."""

from __future__ import annotations

import uuid

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from voices import selectors, services
from voices.api.base import NOT_THERE, REFUSED, VoiceView
from voices.api.serializers import ShareCreateSerializer, ShareSerializer
from voices.models import VoiceProfile
from web.people import person


class ShareList(VoiceView):
    """The people with whom the voice is shared; for its owner."""

    serializer_class = ShareSerializer
    pagination_class = None

    @extend_schema(operation_id="voices_shares", responses={200: ShareSerializer(many=True), **NOT_THERE})
    def get(self, request: Request, voice_id: uuid.UUID) -> Response:
        return Response(ShareSerializer(selectors.people_of(self.own_voice()), many=True).data)

    @extend_schema(
        operation_id="voices_share", request=ShareCreateSerializer, responses={201: ShareSerializer, **REFUSED}
    )
    def post(self, request: Request, voice_id: uuid.UUID) -> Response:
        """Share it with somebody. Its consent must be verified."""
        voice = self.own_voice()
        share = services.voice_share(voice=voice, **self.checked(ShareCreateSerializer))
        return Response(ShareSerializer(share).data, status=status.HTTP_201_CREATED)


class ShareDetail(VoiceView):
    """One of them."""

    serializer_class = ShareSerializer

    @extend_schema(operation_id="voices_unshare", responses={204: None, **NOT_THERE})
    def delete(self, request: Request, voice_id: uuid.UUID, username: str) -> Response:
        """Stop sharing. The owner does this, or the person themselves."""
        voice = self._voice(username)
        user = User.objects.filter(username=username).first()
        if user is None or not services.voice_unshare(voice=voice, user=user):
            raise Http404
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _voice(self, username: str) -> VoiceProfile:
        return self.voice() if username == person(self.request).username else self.own_voice()
