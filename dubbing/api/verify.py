"""Was this file made here? Open to everybody."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadedfile import TemporaryUploadedFile
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.generics import GenericAPIView
from rest_framework.parsers import MultiPartParser
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import ScopedRateThrottle

from dubbing import listening, verification
from dubbing.verification import Certainty
from web.api.serializers import ErrorSerializer
from web.names import clean_name


class EvidenceSerializer(serializers.Serializer[Any]):
    """One thing that was looked at."""

    kind = serializers.ChoiceField(["hash", "seal", "tag", "watermark"])
    found = serializers.BooleanField(allow_null=True)
    text = serializers.CharField()


class FindingSerializer(serializers.Serializer[Any]):
    """What was found out about a file."""

    made_here = serializers.BooleanField()
    certainty = serializers.ChoiceField([one.value for one in Certainty])
    made_at = serializers.DateTimeField(allow_null=True)
    manifest = serializers.JSONField(allow_null=True)
    ended = serializers.ListField(child=serializers.CharField())
    errand = serializers.UUIDField(
        allow_null=True,
        help_text="Where a worker listens for the watermark: of the errand, whose result is the finding, completed. "
        "Nobody has to sign in to follow it.",
    )
    evidence = EvidenceSerializer(many=True)


class VerifySerializer(serializers.Serializer[Any]):
    """A file to look at."""

    file = serializers.FileField(allow_empty_file=False)


class Verify(GenericAPIView[Any]):
    """Whether this site made a file."""

    serializer_class = VerifySerializer
    permission_classes = (AllowAny,)
    parser_classes = (MultiPartParser,)
    throttle_classes = (ScopedRateThrottle,)
    throttle_scope = "verify"

    @extend_schema(
        operation_id="verify_hash",
        parameters=[OpenApiParameter("sha256", str, required=True, description="SHA-256 of the file, hex.")],
        responses={200: FindingSerializer, 400: ErrorSerializer},
        auth=[],
    )
    def get(self, request: Request) -> Response:
        """By the hash of the file, which stays with you."""
        try:
            finding = verification.by_hash(request.query_params.get("sha256", ""))
        except ValueError as error:
            raise ValidationError({"sha256": [str(error)]}) from error
        return Response(FindingSerializer(finding).data)

    @extend_schema(
        operation_id="verify_file",
        responses={200: FindingSerializer, 400: ErrorSerializer, 413: ErrorSerializer, 422: ErrorSerializer},
        auth=[],
    )
    def post(self, request: Request) -> Response:
        """By the file itself: hash, content credentials and tag, at once; where those prove nothing and an engine for
        it is ready, by the watermark as well, in an errand. It is deleted when it was looked at."""
        given = VerifySerializer(data=request.data)
        given.is_valid(raise_exception=True)
        upload: TemporaryUploadedFile = given.validated_data["file"]
        finding = listening.look(upload, clean_name(upload.name))
        return Response(FindingSerializer(finding).data)
