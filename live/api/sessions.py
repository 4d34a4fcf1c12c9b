"""Live sessions: of their owner alone. They are begun on the socket."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django_filters import ChoiceFilter, FilterSet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.generics import GenericAPIView, ListAPIView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import ApiKey
from live import messages, selectors, services
from live.api.serializers import LiveSessionSerializer
from live.models import LiveSession
from web.api.pages import Pages
from web.api.serializers import ErrorSerializer

if TYPE_CHECKING:
    SessionGeneric = GenericAPIView[LiveSession]
else:
    SessionGeneric = GenericAPIView


class LiveSessionFilter(FilterSet):  # type: ignore[misc]
    """``?state=running``."""

    state = ChoiceFilter(choices=LiveSession.State.choices)

    class Meta:
        model = LiveSession
        fields = ("state",)


class LiveSessionList(ListAPIView[LiveSession]):
    """Your live sessions, newest first; their numbers are kept for a while after they ended."""

    serializer_class = LiveSessionSerializer
    filterset_class = LiveSessionFilter
    pagination_class = Pages

    def get_queryset(self) -> QuerySet[LiveSession]:
        return selectors.sessions_of(self.request.user)


class LiveSessionDetail(SessionGeneric):
    """One live session."""

    scope = ApiKey.Scope.LIVE
    serializer_class = LiveSessionSerializer
    lookup_url_kwarg = "session_id"

    def get_queryset(self) -> QuerySet[LiveSession]:
        return selectors.sessions_of(self.request.user)

    def session(self) -> LiveSession:
        """The one in the address."""
        try:
            return selectors.session_of(self.request.user, self.kwargs["session_id"])
        except LiveSession.DoesNotExist as error:
            raise Http404 from error

    @extend_schema(operation_id="sessions_retrieve", responses={200: LiveSessionSerializer, 404: ErrorSerializer})
    def get(self, request: Request, session_id: str) -> Response:
        """Its state, who speaks, and how it goes."""
        return Response(self.get_serializer(self.session()).data)

    @extend_schema(operation_id="sessions_stop", responses={204: None, 404: ErrorSerializer})
    def delete(self, request: Request, session_id: str) -> Response:
        """Stop it, within a few seconds. Its numbers stay."""
        services.session_stop(session=self.session())
        return Response(status=status.HTTP_204_NO_CONTENT)


class LiveSchema(APIView):
    """The protocol of the live socket, as an AsyncAPI 3 document."""

    permission_classes = (AllowAny,)

    @extend_schema(operation_id="live_schema", auth=[], responses={(200, "application/yaml"): OpenApiTypes.STR})
    def get(self, request: Request) -> HttpResponse:
        return HttpResponse(messages.DOCUMENT.read_bytes(), content_type="application/yaml")
