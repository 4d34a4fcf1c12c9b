"""Several portraits as one submission."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Q, QuerySet
from django.http import Http404
from django.http.response import HttpResponseBase
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.generics import GenericAPIView
from rest_framework.parsers import FormParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle, ScopedRateThrottle, UserRateThrottle

from accounts.models import ApiKey
from dubbing import batches, selectors
from dubbing.api.base import NOT_THERE
from dubbing.api.portraits import MOVED, FaceField, PictureSerializer, said_of
from dubbing.api.serializers import JobSerializer
from dubbing.api.submissions import KEY, REFUSED, submission_key
from dubbing.models import Batch, Job
from dubbing.packing import packed
from dubbing.portraits import Portrait
from engines.spending import bills_of_jobs
from web.api.pages import Pages
from web.api.parsers import JSONParser
from web.api.serializers import ErrorSerializer
from web.downloads import send_made
from web.people import person

if TYPE_CHECKING:
    Generic = GenericAPIView[Batch]
else:
    Generic = GenericAPIView


class BatchSerializer(serializers.ModelSerializer[Batch]):
    """Jobs that were submitted as one: how many there are, and how many are done or stopped."""

    url = serializers.SerializerMethodField()
    archive = serializers.SerializerMethodField(help_text="Everything that is done, as a zip.")
    count = serializers.IntegerField(read_only=True)
    done = serializers.IntegerField(read_only=True)
    stopped = serializers.IntegerField(read_only=True)

    class Meta:
        model = Batch
        fields = ("id", "url", "archive", "title", "created_at", "count", "done", "stopped")
        read_only_fields = fields

    def get_url(self, batch: Batch) -> str:
        return reverse("api:batch", args=[batch.pk])

    def get_archive(self, batch: Batch) -> str:
        return reverse("api:batch-archive", args=[batch.pk])


class BatchDetailSerializer(BatchSerializer):
    """A batch with its jobs."""

    jobs = serializers.SerializerMethodField()

    class Meta(BatchSerializer.Meta):
        fields = (*BatchSerializer.Meta.fields, "jobs")  # type: ignore[assignment]

    @extend_schema_field(JobSerializer(many=True))
    def get_jobs(self, batch: Batch) -> Any:
        jobs = list(selectors.jobs_in(batch).prefetch_related("voice_uses"))
        context = {**self.context, "bills": bills_of_jobs(job.pk for job in jobs)}
        return JobSerializer(jobs, many=True, context=context).data


class BatchCreateSerializer(PictureSerializer):
    """Several talking portraits: each of the ``faces`` says the ``text``, or each row of the table of ``scripts``."""

    faces = serializers.ListField(
        child=FaceField(), allow_empty=False, max_length=batches.MOST, help_text="Of your library."
    )
    text = serializers.CharField(default="", allow_blank=True, trim_whitespace=False)
    scripts = serializers.FileField(
        required=False,
        allow_empty_file=True,
        help_text="CSV with a row of headings: title, text, and if you like language, voice and emotion.",
    )


def _counted(rows: QuerySet[Batch]) -> QuerySet[Batch]:
    stopped = Q(jobs__status__in=(Job.Status.FAILED, Job.Status.CANCELLED))
    return rows.annotate(
        count=Count("jobs"),
        done=Count("jobs", filter=Q(jobs__status=Job.Status.SUCCEEDED)),
        stopped=Count("jobs", filter=stopped),
    )


class BatchView(Generic):
    """A view of one of the person's batches; any other is not there for them (404)."""

    scope = ApiKey.Scope.JOBS
    serializer_class = BatchDetailSerializer

    def get_queryset(self) -> QuerySet[Batch]:
        return _counted(selectors.batches_of(self.request.user))

    def batch(self) -> Batch:
        """The one in the address."""
        try:
            return self.get_queryset().get(pk=self.kwargs["batch_id"])
        except Batch.DoesNotExist as error:
            raise Http404 from error


class BatchList(Generic):
    """Your batches."""

    scope = ApiKey.Scope.JOBS
    serializer_class = BatchSerializer
    pagination_class = Pages
    parser_classes = (MultiPartParser, FormParser, JSONParser)
    throttle_scope = "submit"

    def get_throttles(self) -> list[BaseThrottle]:
        """Submitting is limited as it is for single jobs, looking is not."""
        own: list[BaseThrottle] = [ScopedRateThrottle()] if self.request.method == "POST" else []
        return [UserRateThrottle(), *own]

    def get_queryset(self) -> QuerySet[Batch]:
        return _counted(selectors.batches_of(self.request.user))

    @extend_schema(operation_id="batches_list", responses={200: BatchSerializer(many=True)})
    def get(self, request: Request) -> Response:
        """Newest first."""
        rows: Any = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(self.get_serializer(rows, many=True).data)

    @extend_schema(
        operation_id="batches_create",
        parameters=[KEY],
        request={"multipart/form-data": BatchCreateSerializer},
        responses={201: BatchDetailSerializer, 200: BatchDetailSerializer, **REFUSED},
    )
    def post(self, request: Request) -> Response:
        """All of it is taken in, or nothing."""
        key, owner = submission_key(request), person(request)
        known = batches.submitted(owner, key)
        batch = known or self._create(key)
        fresh = _counted(selectors.batches_of(owner)).get(pk=batch.pk)
        body = BatchDetailSerializer(fresh, context=self.get_serializer_context()).data
        code = status.HTTP_200_OK if known else status.HTTP_201_CREATED
        return Response(body, status=code, headers={"Location": body["url"]})

    def _create(self, key: str) -> Batch:
        given = BatchCreateSerializer(data=self.request.data, context=self.get_serializer_context())
        given.is_valid(raise_exception=True)
        asked = given.validated_data
        like = Portrait(said=said_of(asked), face=asked["faces"][0], **{name: asked[name] for name in MOVED})
        return batches.batch_create(
            owner=person(self.request),
            like=like,
            faces=asked["faces"],
            table=asked.get("scripts"),
            title=asked["title"],
            submission_key=key,
        )


class BatchDetail(BatchView):
    """One batch."""

    @extend_schema(operation_id="batches_retrieve", responses={200: BatchDetailSerializer, **NOT_THERE})
    def get(self, request: Request, batch_id: uuid.UUID) -> Response:
        """With its jobs."""
        return Response(self.get_serializer(self.batch()).data)


class BatchArchive(BatchView):
    """What came of a batch."""

    @extend_schema(
        operation_id="batches_archive",
        responses={(200, "application/zip"): OpenApiTypes.BINARY, (404, "application/json"): ErrorSerializer},
    )
    def get(self, request: Request, batch_id: uuid.UUID) -> HttpResponseBase:
        """Everything that is done, as a zip that is made while it is sent."""
        batch = self.batch()
        return send_made(packed(batch), filename=f"{batch.title}.zip", mime="application/zip")
