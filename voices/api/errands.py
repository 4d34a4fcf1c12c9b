"""Work that somebody waits for."""

from __future__ import annotations

import uuid

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from voices import errands
from voices.api.base import NOT_THERE, LibraryView
from voices.api.serializers import ErrandSerializer
from voices.models import Errand
from web.api.permissions import HasScope


class OfVisitor(BasePermission):
    """The errand of a visitor, who has nothing to show but its id."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return Errand.objects.filter(pk=view.kwargs["errand_id"], owner=None).exists()


class ErrandDetail(LibraryView):
    """One errand, to be polled until it is ``done`` or ``failed``; kept for a day."""

    permission_classes = (IsAuthenticated | OfVisitor, HasScope)
    serializer_class = ErrandSerializer

    @extend_schema(operation_id="errands_retrieve", responses={200: ErrandSerializer, **NOT_THERE})
    def get(self, request: Request, errand_id: uuid.UUID) -> Response:
        try:
            return Response(ErrandSerializer(errands.errand_of(request.user, errand_id)).data)
        except Errand.DoesNotExist as error:
            raise Http404 from error
