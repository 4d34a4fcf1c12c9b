"""Reports of what others do, decisions against oneself, and appeals."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from voices import moderation, selectors
from voices.models import Appeal, Decision, Report, VoiceProfile
from voices.moderation import jobs
from web.api.pages import Pages
from web.api.serializers import ErrorSerializer
from web.people import person

if TYPE_CHECKING:
    ReportGeneric = GenericAPIView[Report]
    DecisionGeneric = GenericAPIView[Any]
else:
    ReportGeneric = DecisionGeneric = GenericAPIView

ERRORS = {400: ErrorSerializer, 404: ErrorSerializer, 422: ErrorSerializer}


class ReportSerializer(serializers.ModelSerializer[Report]):
    """Either ``voice`` (public, or shared with you) or ``job`` (shared with you)."""

    voice = serializers.UUIDField(source="voice_id", required=False, allow_null=True)
    job = serializers.UUIDField(source="job_id", required=False, allow_null=True)

    class Meta:
        model = Report
        fields = ("id", "voice", "job", "reason", "details", "subject_name", "status", "answer", "created_at")
        read_only_fields = ("id", "subject_name", "status", "answer", "created_at")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """One thing at a time."""
        if (attrs.get("voice_id") is None) == (attrs.get("job_id") is None):
            raise serializers.ValidationError("Give either a voice or a job.")
        return attrs


class AppealSerializer(serializers.ModelSerializer[Appeal]):
    """The one appeal. ``answer``: why, as a moderator said."""

    class Meta:
        model = Appeal
        fields = ("text", "status", "answer", "created_at", "decided_at")
        read_only_fields = ("status", "answer", "created_at", "decided_at")


class DecisionSerializer(serializers.ModelSerializer[Decision]):
    """A moderator's decision against you."""

    job = serializers.UUIDField(source="job_id", read_only=True)
    appeal = serializers.SerializerMethodField()

    class Meta:
        model = Decision
        fields = ("id", "kind", "voice", "job", "subject_name", "reason", "at", "reversed_at", "appeal")
        read_only_fields = fields

    @extend_schema_field(AppealSerializer(allow_null=True))
    def get_appeal(self, decision: Decision) -> dict[str, Any] | None:
        appeal: Appeal | None = getattr(decision, "appeal", None)
        return dict(AppealSerializer(appeal).data) if appeal else None


class ReportList(ReportGeneric):
    """Your reports."""

    scope = "voices"
    queryset = Report.objects.none()
    serializer_class = ReportSerializer
    pagination_class = Pages

    def get_queryset(self) -> QuerySet[Report]:
        return Report.objects.filter(reporter=person(self.request)).order_by("-created_at")

    @extend_schema(operation_id="reports_list", responses={200: ReportSerializer(many=True)})
    def get(self, request: Request) -> Response:
        rows = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(ReportSerializer(rows, many=True).data)

    @extend_schema(operation_id="reports_create", responses={201: ReportSerializer, **ERRORS})
    def post(self, request: Request) -> Response:
        """Report a voice or a result that you see and that is not yours."""
        serializer = ReportSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        given = serializer.validated_data
        about = _voice(request, given["voice_id"]) if given.get("voice_id") else _job(request, given["job_id"])
        report = moderation.report_create(
            reporter=person(request), reason=given["reason"], details=given.get("details", ""), **about
        )
        return Response(ReportSerializer(report).data, status=status.HTTP_201_CREATED)


def _voice(request: Request, voice_id: uuid.UUID) -> dict[str, Any]:
    try:
        return {"voice": selectors.voice_of(request.user, voice_id)}
    except VoiceProfile.DoesNotExist as error:
        raise Http404 from error


def _job(request: Request, job_id: uuid.UUID) -> dict[str, Any]:
    job = jobs.seen_by(person(request), job_id)
    if job is None:
        raise Http404
    return {"job_id": job.pk, "subject_name": job.title, "subject_owner": job.owner}


class DecisionView(DecisionGeneric):
    """Of the decisions against the person who asks."""

    scope = "voices"
    queryset = Decision.objects.none()
    pagination_class = Pages

    def get_queryset(self) -> QuerySet[Decision]:
        return Decision.objects.filter(user=person(self.request)).select_related("appeal")


class DecisionList(DecisionView):
    """Decisions against you, newest first."""

    serializer_class = DecisionSerializer

    @extend_schema(operation_id="decisions_list", responses={200: DecisionSerializer(many=True)})
    def get(self, request: Request) -> Response:
        rows = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(DecisionSerializer(rows, many=True).data)


class DecisionAppeal(DecisionView):
    """The one appeal against a decision."""

    serializer_class = AppealSerializer

    @extend_schema(operation_id="decisions_appeal", responses={201: AppealSerializer, **ERRORS})
    def post(self, request: Request, decision_id: uuid.UUID) -> Response:
        """Appeal. Granted, the decision is reversed."""
        decision = self.get_queryset().filter(pk=decision_id).first()
        if decision is None:
            raise Http404
        serializer = AppealSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        text = serializer.validated_data["text"]
        appeal = moderation.appeal_create(decision=decision, user=person(request), text=text)
        return Response(AppealSerializer(appeal).data, status=status.HTTP_201_CREATED)
