"""The person's own keys for services. A key goes in, and never out again."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from engines import keys
from engines.keys import KeptKey
from vocasync.engines.services import SERVICES
from web.api.permissions import HasScope, InPerson
from web.api.serializers import ErrorSerializer
from web.people import person


class EngineKeySerializer(serializers.Serializer[Any]):
    """A service, and your key for it. ``hint``: its last four characters; ``set_at``: null where you have none.
    ``readable``: false when the site's encryption key changed, and yours has to be set again. ``site``: whether the
    site has a key of its own, which is used where you have none."""

    service = serializers.CharField(source="service.name", read_only=True)
    label = serializers.CharField(source="service.label", read_only=True)  # type: ignore[assignment]
    kind = serializers.CharField(source="service.key", read_only=True)
    url = serializers.URLField(source="service.url", read_only=True)
    hint = serializers.CharField(read_only=True)
    set_at = serializers.DateTimeField(read_only=True, allow_null=True)
    readable = serializers.BooleanField(read_only=True)
    site = serializers.BooleanField(read_only=True)


class NewEngineKeySerializer(serializers.Serializer[Any]):
    """A key for a service; for Google Cloud the JSON text of a service account's key file."""

    key = serializers.CharField(write_only=True, max_length=16_384, trim_whitespace=True)


class EngineKeyView(APIView):
    """Your keys for services."""

    permission_classes = (IsAuthenticated, InPerson, HasScope)


class EngineKeyList(EngineKeyView):
    """Every service that can be given a key, with yours."""

    @extend_schema(operation_id="engine_keys_list", responses={200: EngineKeySerializer(many=True)})
    def get(self, request: Request) -> Response:
        return Response(EngineKeySerializer(keys.keys_of(person(request)), many=True).data)


class EngineKeyDetail(EngineKeyView):
    """Your key for one service."""

    @extend_schema(operation_id="engine_keys_retrieve", responses={200: EngineKeySerializer, 404: ErrorSerializer})
    def get(self, request: Request, service: str) -> Response:
        return _answer(keys.key_of(person(request), _known(service)))

    @extend_schema(
        operation_id="engine_keys_set",
        request=NewEngineKeySerializer,
        responses={200: EngineKeySerializer, 400: ErrorSerializer, 403: ErrorSerializer, 404: ErrorSerializer},
    )
    def put(self, request: Request, service: str) -> Response:
        """Set your key, or put another in its place. Not with an API key: sign in for it."""
        name = _known(service)
        given = NewEngineKeySerializer(data=request.data)
        given.is_valid(raise_exception=True)
        return _answer(keys.key_set(user=person(request), service=name, key=given.validated_data["key"]))

    @extend_schema(operation_id="engine_keys_delete", responses={204: None, 403: ErrorSerializer, 404: ErrorSerializer})
    def delete(self, request: Request, service: str) -> Response:
        """Forget your key."""
        if not keys.key_delete(user=person(request), service=_known(service)):
            raise Http404
        return Response(status=204)


def _known(service: str) -> str:
    if service not in {one.name for one in SERVICES}:
        raise Http404
    return service


def _answer(key: KeptKey) -> Response:
    return Response(EngineKeySerializer(key).data, headers={"Cache-Control": "no-store"})
