"""What you were told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet
from django_filters import BooleanFilter, FilterSet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.generics import GenericAPIView, ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import ApiKey, Notice
from accounts.notices import mark_read, notices_of
from web.api.pages import Pages
from web.api.serializers import ErrorSerializer
from web.people import person

if TYPE_CHECKING:
    ReadGeneric = GenericAPIView[Notice]
else:
    ReadGeneric = GenericAPIView


class NoticeSerializer(serializers.ModelSerializer[Notice]):
    """Something that you were told. ``link``: the page of this site that it is about, empty for none."""

    class Meta:
        model = Notice
        fields = ("id", "text", "link", "created_at", "read_at")
        read_only_fields = fields


class NoticeFilter(FilterSet):  # type: ignore[misc]
    """``?unread=true``."""

    unread = BooleanFilter("read_at", lookup_expr="isnull")

    class Meta:
        model = Notice
        fields = ("unread",)


class ReadSerializer(serializers.Serializer[Any]):
    """Which notices were read; left out: all of them."""

    ids = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1), required=False, max_length=500
    )


class MarkedSerializer(serializers.Serializer[Any]):
    """How many of them were unread."""

    marked = serializers.IntegerField()


class NoticeList(ListAPIView[Notice]):
    """What you were told, newest first."""

    serializer_class = NoticeSerializer
    filterset_class = NoticeFilter
    pagination_class = Pages

    def get_queryset(self) -> QuerySet[Notice]:
        return notices_of(person(self.request))


class NoticesRead(ReadGeneric):
    """Mark notices as read."""

    scope = ApiKey.Scope.READ  # to have read them is part of reading
    serializer_class = ReadSerializer

    @extend_schema(operation_id="notices_read", responses={200: MarkedSerializer, 400: ErrorSerializer})
    def post(self, request: Request) -> Response:
        """Mark notices as read: those with the ids given, or all."""
        serializer = ReadSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        marked = mark_read(user=person(request), ids=serializer.validated_data.get("ids"))
        return Response({"marked": marked})
