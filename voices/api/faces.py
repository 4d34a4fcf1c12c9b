"""Faces that can be made to speak: for their owner alone."""

from __future__ import annotations

import uuid
from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.parsers import FormParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from voices import consent, errands, files, selectors, services
from voices.api.base import NOT_THERE, REFUSED, UPLOADED, LibraryView, Throttled
from voices.api.consent import ReasonSerializer, RecordSerializer, StatementSerializer
from voices.models import FaceProfile
from web.api.pages import Pages
from web.api.parsers import JSONParser
from web.api.serializers import ErrorSerializer
from web.downloads import send_private
from web.people import person

PICTURE = {(200, "image/png"): OpenApiTypes.BINARY, (404, "application/json"): ErrorSerializer}


class FaceProblemSerializer(serializers.Serializer[Any]):
    """``refuse``: it keeps the face from speaking; ``warn``: it will not look its best."""

    code = serializers.CharField()
    severity = serializers.ChoiceField(("refuse", "warn"))
    text = serializers.CharField()
    advice = serializers.CharField(allow_blank=True)


class SeenFaceSerializer(serializers.Serializer[Any]):
    """A face of the picture, in its pixels. ``box``: left, top, right, bottom. ``landmarks``: x and y of the 468 points
    of MediaPipe's face mesh."""

    box = serializers.ListField(child=serializers.FloatField())
    landmarks = serializers.ListField(child=serializers.ListField(child=serializers.FloatField()))
    problems = FaceProblemSerializer(many=True)


class FaceSerializer(serializers.ModelSerializer[FaceProfile]):
    """A face. ``state``: ``checking`` until the photo was looked at (see ``errand``), then ``ready`` or ``refused``;
    ``advice`` says why, and what to do. ``chosen``: which of ``faces`` speaks, null while that is open."""

    faces = serializers.SerializerMethodField()
    problems = serializers.SerializerMethodField(help_text="Of the picture as a whole.")
    advice = serializers.SerializerMethodField()
    errand = serializers.SerializerMethodField(help_text="What looks at it now: see ``/api/errands/<id>``.")

    class Meta:
        model = FaceProfile
        fields = (
            "id",
            "name",
            "whose",
            "person_name",
            "consent",
            "taken_down_at",
            "takedown_reason",
            "state",
            "advice",
            "chosen",
            "faces",
            "problems",
            "file_name",
            "size",
            "width",
            "height",
            "created_at",
            "updated_at",
            "errand",
        )
        read_only_fields = tuple(name for name in fields if name not in ("name", "whose", "person_name"))

    @extend_schema_field(SeenFaceSerializer(many=True))
    def get_faces(self, face: FaceProfile) -> Any:
        return face.report.get("faces", [])

    @extend_schema_field(FaceProblemSerializer(many=True))
    def get_problems(self, face: FaceProfile) -> Any:
        return face.report.get("problems", [])

    def get_advice(self, face: FaceProfile) -> str:
        return str(face.report.get("advice", ""))

    def get_errand(self, face: FaceProfile) -> uuid.UUID | None:
        waiting = errands.open_errand("face", face.pk) if face.state == FaceProfile.State.CHECKING else None
        return waiting.pk if waiting else None


class FaceCreateSerializer(serializers.Serializer[Any]):
    """A photo of somebody's face: JPEG, PNG, WebP, AVIF, TIFF or BMP of 25 MB at most."""

    picture = serializers.FileField(allow_empty_file=True, max_length=None)
    whose = serializers.ChoiceField(FaceProfile.Whose.choices)
    person_name = serializers.CharField(required=False, allow_blank=True, max_length=120, default="")
    name = serializers.CharField(required=False, allow_blank=True, max_length=120, default="")


class FaceChangeSerializer(serializers.Serializer[Any]):
    """Its name, and whose face it is."""

    name = serializers.CharField(required=False, max_length=120)
    whose = serializers.ChoiceField(FaceProfile.Whose.choices, required=False)
    person_name = serializers.CharField(required=False, allow_blank=True, max_length=120)


class ChosenSerializer(serializers.Serializer[Any]):
    """``number``: the place in ``faces``, from 0."""

    number = serializers.IntegerField(min_value=0)


class FaceView(LibraryView):
    """Of the faces of the person who asks."""

    def get_queryset(self) -> QuerySet[FaceProfile]:
        return selectors.faces_of(self.request.user)

    def face(self) -> FaceProfile:
        """The one in the address."""
        wanted: uuid.UUID = self.kwargs["face_id"]
        try:
            return selectors.face_of(self.request.user, wanted)
        except FaceProfile.DoesNotExist as error:
            raise Http404 from error


class FaceList(Throttled, FaceView):
    """Your faces."""

    serializer_class = FaceSerializer
    pagination_class = Pages
    parser_classes = (MultiPartParser, FormParser)

    @extend_schema(operation_id="faces_list", responses={200: FaceSerializer(many=True)})
    def get(self, request: Request) -> Response:
        """Last changed first."""
        rows: Any = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(FaceSerializer(rows, many=True).data)

    @extend_schema(
        operation_id="faces_create", request=FaceCreateSerializer, responses={201: FaceSerializer, **UPLOADED}
    )
    def post(self, request: Request) -> Response:
        """Add a photo; it is looked at after this answer."""
        given = self.checked(FaceCreateSerializer)
        made = services.face_create(owner=person(request), upload=given.pop("picture"), **given)
        return Response(FaceSerializer(made).data, status=status.HTTP_201_CREATED)


class FaceDetail(FaceView):
    """One face."""

    serializer_class = FaceSerializer
    parser_classes = (JSONParser, FormParser)

    @extend_schema(operation_id="faces_retrieve", responses={200: FaceSerializer, **NOT_THERE})
    def get(self, request: Request, face_id: uuid.UUID) -> Response:
        return Response(FaceSerializer(self.face()).data)

    @extend_schema(
        operation_id="faces_update", request=FaceChangeSerializer, responses={200: FaceSerializer, **REFUSED}
    )
    def patch(self, request: Request, face_id: uuid.UUID) -> Response:
        """Call it otherwise, or say whose it is."""
        changed = services.face_update(face=self.face(), **self.checked(FaceChangeSerializer))
        return Response(FaceSerializer(changed).data)

    @extend_schema(operation_id="faces_destroy", responses={204: None, **NOT_THERE})
    def delete(self, request: Request, face_id: uuid.UUID) -> Response:
        """Delete it with its picture and its consents; portraits under way with it stop."""
        services.face_delete(face=self.face())
        return Response(status=status.HTTP_204_NO_CONTENT)


class FaceChoose(FaceView):
    """Which of several faces speaks."""

    serializer_class = ChosenSerializer
    parser_classes = (JSONParser, FormParser)

    @extend_schema(operation_id="faces_choose", responses={200: FaceSerializer, **REFUSED})
    def post(self, request: Request, face_id: uuid.UUID) -> Response:
        """Pick it."""
        chosen = services.face_choose(face=self.face(), **self.checked(ChosenSerializer))
        return Response(FaceSerializer(chosen).data)


class FacePicture(FaceView):
    """Its picture."""

    serializer_class = FaceSerializer

    @extend_schema(operation_id="faces_picture", responses=PICTURE)
    def get(self, request: Request, face_id: uuid.UUID) -> HttpResponseBase:
        """PNG, 1024 pixels wide and high at most; not there before it was looked at."""
        row = self.face()
        path = files.face_picture(row.pk)
        return send_private(request._request, path, filename=f"{row.name}.png", mime="image/png")


class FaceStatement(FaceView):
    """The statement of the person whose face it is."""

    serializer_class = StatementSerializer
    parser_classes = (MultiPartParser,)

    @extend_schema(operation_id="faces_statement", responses={201: RecordSerializer, **UPLOADED})
    def post(self, request: Request, face_id: uuid.UUID) -> Response:
        """Lay it before the moderators, and declare with it that the person agreed."""
        face, given = self.face(), self.checked(StatementSerializer)
        record = consent.statement_submit(
            likeness=face, by=person(request), upload=given["statement"], person_name=given["person_name"]
        )
        return Response(RecordSerializer(record).data, status=status.HTTP_201_CREATED)


class FaceWithdraw(FaceView):
    """The end of a consent."""

    serializer_class = ReasonSerializer
    parser_classes = (JSONParser, FormParser)

    @extend_schema(operation_id="faces_withdraw", responses={204: None, **REFUSED})
    def post(self, request: Request, face_id: uuid.UUID) -> Response:
        """Take the consent back: nobody can have the face speak any more, portraits that wait with it stop."""
        consent.withdraw(likeness=self.face(), by=person(request), reason=self.checked(ReasonSerializer)["reason"])
        return Response(status=status.HTTP_204_NO_CONTENT)
