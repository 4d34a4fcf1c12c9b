"""Recordings for voices of live sessions."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.generics import GenericAPIView
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import ApiKey
from live import selectors, uploads
from live.api.serializers import LiveUploadCreateSerializer, LiveUploadedSerializer, LiveUploadSerializer
from live.models import LiveUpload
from voices.api.base import NOT_THERE, UPLOADED, Throttled
from web.api.pages import Pages
from web.people import person

if TYPE_CHECKING:
    UploadGeneric = GenericAPIView[LiveUpload]
else:
    UploadGeneric = GenericAPIView


class LiveUploadList(Throttled):
    """Recordings that you brought for voices of live sessions, as long as they are kept."""

    scope = ApiKey.Scope.LIVE
    serializer_class = LiveUploadSerializer
    parser_classes = (MultiPartParser,)
    pagination_class = Pages
    filterset_class = None

    def get_queryset(self) -> QuerySet[LiveUpload]:
        return selectors.uploads_of(self.request.user)

    @extend_schema(operation_id="upload_audio_list", responses={200: LiveUploadSerializer(many=True)})
    def get(self, request: Request) -> Response:
        """Newest first."""
        rows: Any = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(self.get_serializer(rows, many=True).data)

    @extend_schema(
        operation_id="upload_audio",
        request=LiveUploadCreateSerializer,
        responses={201: LiveUploadedSerializer, **UPLOADED},
    )
    def post(self, request: Request) -> Response:
        """Bring one: its ``id`` is what ``create_voice_clone`` names on the socket. It can be used at once; how well it
        will do is in its ``report`` when the ``errand`` is done."""
        given = self.checked(LiveUploadCreateSerializer)
        row, errand = uploads.upload_add(owner=person(request), upload=given["audio"], name=given["name"])
        body = {**self.get_serializer(row).data, "errand": str(errand.pk)}
        return Response(body, status=status.HTTP_201_CREATED)


class LiveUploadDetail(UploadGeneric):
    """One recording."""

    scope = ApiKey.Scope.LIVE
    serializer_class = LiveUploadSerializer
    lookup_url_kwarg = "upload_id"

    def get_queryset(self) -> QuerySet[LiveUpload]:
        return selectors.uploads_of(self.request.user)

    def upload(self) -> LiveUpload:
        """The one in the address."""
        try:
            return selectors.upload_of(self.request.user, self.kwargs["upload_id"])
        except LiveUpload.DoesNotExist as error:
            raise Http404 from error

    @extend_schema(operation_id="upload_audio_retrieve", responses={200: LiveUploadSerializer, **NOT_THERE})
    def get(self, request: Request, upload_id: uuid.UUID) -> Response:
        return Response(self.get_serializer(self.upload()).data)

    @extend_schema(operation_id="upload_audio_destroy", responses={204: None, **NOT_THERE})
    def delete(self, request: Request, upload_id: uuid.UUID) -> Response:
        """Delete it before its time."""
        uploads.upload_delete(upload=self.upload())
        return Response(status=status.HTTP_204_NO_CONTENT)
