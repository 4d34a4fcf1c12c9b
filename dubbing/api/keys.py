"""The person who asks: their limits and their API keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.generics import GenericAPIView
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.limits import limits_for, uses_of
from accounts.models import ApiKey
from accounts.services import api_key_create, api_key_revoke
from dubbing.api.serializers import ApiKeySerializer, MeSerializer, NewApiKeySerializer
from web.api.pages import Pages
from web.api.permissions import HasScope, InPerson
from web.api.serializers import ErrorSerializer
from web.people import person

if TYPE_CHECKING:
    KeyGeneric = GenericAPIView[ApiKey]
else:
    KeyGeneric = GenericAPIView


class Me(APIView):
    """Who you are, and what you may use."""

    @extend_schema(operation_id="me", responses={200: MeSerializer})
    def get(self, request: Request) -> Response:
        user = person(request)
        used = uses_of(user)
        body = {
            "username": user.username,
            "email": user.email,
            "suspended": user.is_suspended,
            "limits": limits_for(user),
            "used": used,
            "active_jobs": used.active_jobs,
        }
        return Response(MeSerializer(body).data)


class KeyView(KeyGeneric):
    """The keys of the person who asks."""

    permission_classes = (IsAuthenticated, InPerson, HasScope)
    serializer_class = ApiKeySerializer

    def get_queryset(self) -> QuerySet[ApiKey]:
        return ApiKey.objects.filter(owner_id=self.request.user.pk)


class KeyList(KeyView):
    """Your API keys."""

    pagination_class = Pages

    @extend_schema(operation_id="keys_list", responses={200: ApiKeySerializer(many=True)})
    def get(self, request: Request) -> Response:
        rows = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(ApiKeySerializer(rows, many=True).data)

    @extend_schema(
        operation_id="keys_create",
        responses={201: NewApiKeySerializer, 400: ErrorSerializer, 403: ErrorSerializer},
    )
    def post(self, request: Request) -> Response:
        """Make a key. It is shown this once. Not with another key: sign in for it."""
        serializer = ApiKeySerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        row, secret = api_key_create(owner=person(request), **serializer.validated_data)
        body = {**ApiKeySerializer(row).data, "key": secret}
        return Response(body, status=status.HTTP_201_CREATED, headers={"Cache-Control": "no-store"})


class KeyDetail(KeyView):
    """One of your API keys."""

    @extend_schema(operation_id="keys_revoke", responses={204: None, 403: ErrorSerializer, 404: ErrorSerializer})
    def delete(self, request: Request, key_id: int) -> Response:
        """Revoke the key."""
        key = self.get_queryset().filter(pk=key_id, revoked_at=None).first()
        if key is None:
            raise Http404
        api_key_revoke(key=key)
        return Response(status=status.HTTP_204_NO_CONTENT)
