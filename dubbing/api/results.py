"""What a job has made: its segments, which can be corrected, and its files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from dubbing import selectors, services, speakers
from dubbing.api.base import CHANGED, JobView
from dubbing.api.serializers import ArtifactSerializer, SegmentSerializer
from dubbing.models import Artifact, DubbingJob, Job, Segment, Speaker
from web.api.pages import Pages
from web.api.serializers import ErrorSerializer
from web.downloads import send_private

FILE = {(200, "application/octet-stream"): OpenApiTypes.BINARY, 404: ErrorSerializer}
RANGES = OpenApiParameter("Range", str, OpenApiParameter.HEADER, description="One range of bytes (206, or 416).")
DOWNLOAD = OpenApiParameter("download", bool, description="Save the file instead of showing it.")


class SegmentList(JobView):
    """The segments in order of time, with how each was spoken."""

    serializer_class = SegmentSerializer
    pagination_class = Pages

    @extend_schema(operation_id="jobs_segments", responses={200: SegmentSerializer(many=True), 404: ErrorSerializer})
    def get(self, request: Request, job_id: str) -> Response:
        rows: Any = self.paginate_queryset(selectors.segments_of(self.result()))
        return self.get_paginated_response(SegmentSerializer(rows, many=True).data)


class SegmentDetail(JobView):
    """One segment."""

    serializer_class = SegmentSerializer

    def _segment(self, index: int) -> Segment:
        segments: QuerySet[Segment] = selectors.segments_of(self.result())
        segment = segments.filter(index=index).first()
        if segment is None:
            raise Http404
        return segment

    def _speaker(self, job: Job, number: int) -> Speaker:
        speaker = selectors.speakers_of(job).filter(number=number).first()
        if speaker is None:
            raise ValidationError({"speaker": ["The recording has no such speaker."]})
        return speaker

    @extend_schema(operation_id="jobs_segments_retrieve", responses={200: SegmentSerializer, 404: ErrorSerializer})
    def get(self, request: Request, job_id: str, index: int) -> Response:
        return Response(SegmentSerializer(self._segment(index)).data)

    @extend_schema(
        operation_id="jobs_segments_edit",
        responses={200: SegmentSerializer, **CHANGED},
    )
    def patch(self, request: Request, job_id: str, index: int) -> Response:
        """Correct what was said (``text``), what is to be spoken (``translation``), or who said it (``speaker``)."""
        segment = self._segment(index)
        changes = self.checked(SegmentSerializer, instance=segment, partial=True)
        number = changes.pop("speaker", None)
        with transaction.atomic():
            if number is not None:
                speakers.segment_reassign(segment=segment, speaker=self._speaker(segment.job, number))
            services.segment_edit(segment=segment, **changes)
        return Response(SegmentSerializer(self._segment(index)).data)


class ArtifactList(JobView):
    """The files of the result."""

    serializer_class = ArtifactSerializer
    pagination_class = None

    @extend_schema(operation_id="jobs_artifacts", responses={200: ArtifactSerializer(many=True), 404: ErrorSerializer})
    def get(self, request: Request, job_id: str) -> Response:
        return Response(ArtifactSerializer(selectors.artifacts_of(self.result()), many=True).data)


class ArtifactFile(JobView):
    """One file of the result."""

    serializer_class = ArtifactSerializer

    @extend_schema(operation_id="jobs_artifacts_file", parameters=[RANGES, DOWNLOAD], responses=FILE)
    def get(self, request: Request, job_id: str, path: str) -> HttpResponseBase:
        try:
            artifact = selectors.artifacts_of(self.result()).get(path=path)
            file = selectors.artifact_path(artifact)
        except Artifact.DoesNotExist as error:
            raise Http404 from error
        attach = "download" in request.query_params
        return send_private(request._request, file, filename=artifact.name, mime=artifact.mime, attach=attach)


class SourceFile(JobView):
    """The file that was uploaded to be dubbed."""

    serializer_class = ArtifactSerializer

    @extend_schema(operation_id="jobs_source", parameters=[RANGES], responses=FILE)
    def get(self, request: Request, job_id: str) -> HttpResponseBase:
        dub = self.job().detail
        if not isinstance(dub, DubbingJob):
            raise Http404
        return send_private(request._request, Path(dub.source.path), filename=dub.source_name, attach=True)
