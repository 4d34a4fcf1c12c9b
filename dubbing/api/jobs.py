"""Jobs: list, submit, follow, steer, delete."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from dubbing import selectors, services
from dubbing.api.base import JobView
from dubbing.api.filters import JobFilter
from dubbing.api.serializers import DubbingCreateSerializer, EventsSerializer, JobSerializer
from dubbing.api.submissions import KEY, REFUSED, SubmitView
from dubbing.models import Job
from engines.spending import bills_of_jobs
from web.api.pages import Pages
from web.api.serializers import ErrorSerializer

WHOSE = {"shared": selectors.shared_jobs, "all": selectors.visible_jobs}


class JobList(ListAPIView[Job]):
    """Your jobs, newest first; with ``whose=shared`` those of others that are shared with you, with ``all`` both."""

    serializer_class = JobSerializer
    filterset_class = JobFilter
    pagination_class = Pages

    def get_queryset(self) -> QuerySet[Job]:
        jobs = WHOSE.get(self.request.query_params.get("whose", ""), selectors.jobs_of)
        return jobs(self.request.user).prefetch_related("voice_uses")

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """A page, with what its jobs cost looked up at once."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        context = {**self.get_serializer_context(), "bills": bills_of_jobs(job.pk for job in page)}
        return self.get_paginated_response(JobSerializer(page, many=True, context=context).data)


class DubbingCreate(SubmitView):
    """Submit a dub."""

    serializer_class = DubbingCreateSerializer

    @extend_schema(
        operation_id="jobs_dubbing_create",
        parameters=[KEY],
        responses={201: JobSerializer, 200: JobSerializer, **REFUSED},
    )
    def post(self, request: Request) -> Response:
        return self.submit(self._create)

    def _create(self, owner: User, key: str) -> Job:
        asked = self.checked(DubbingCreateSerializer)
        return services.job_create_dubbing(owner=owner, submission_key=key, **asked)


class JobDetail(JobView):
    """One job."""

    serializer_class = JobSerializer

    @extend_schema(operation_id="jobs_retrieve", responses={200: JobSerializer, 404: ErrorSerializer})
    def get(self, request: Request, job_id: str) -> Response:
        return Response(JobSerializer(self.job(), context={"request": request}).data)

    @extend_schema(operation_id="jobs_destroy", responses={204: None, 404: ErrorSerializer})
    def delete(self, request: Request, job_id: str) -> Response:
        """Delete the job with everything that was made for it."""
        services.job_delete(job=self.job())
        return Response(status=status.HTTP_204_NO_CONTENT)


class JobAction(JobView):
    """Something to do with a job."""

    serializer_class = JobSerializer

    def steer(self, service: Callable[..., None]) -> Response:
        """Do it, and say where the job stands."""
        job = self.job()
        service(job=job)
        fresh = selectors.job_of(self.request.user, job.pk)
        return Response(JobSerializer(fresh, context={"request": self.request}).data)


def _steering(name: str) -> Callable[[Any], Any]:
    answers = {200: JobSerializer, 404: ErrorSerializer, 409: ErrorSerializer}
    return extend_schema(operation_id=f"jobs_{name}", request=None, responses=answers)


class JobCancel(JobAction):
    """Stop a job."""

    @_steering("cancel")
    def post(self, request: Request, job_id: str) -> Response:
        """Stop a job that is queued, running or waiting."""
        return self.steer(services.job_cancel)


class JobRetry(JobAction):
    """Queue a job again."""

    @_steering("retry")
    def post(self, request: Request, job_id: str) -> Response:
        """Queue a failed or cancelled job again; what is done already is not done twice."""
        return self.steer(services.job_retry)


class JobApprove(JobAction):
    """Go on after the review."""

    @_steering("approve")
    def post(self, request: Request, job_id: str) -> Response:
        """Go on with a job that waits for review."""
        return self.steer(services.job_approve)


class JobRerun(JobAction):
    """Speak edits."""

    @_steering("rerun")
    def post(self, request: Request, job_id: str) -> Response:
        """Speak again what was edited. The old result stays until the new one is there."""
        return self.steer(services.job_rerun_stale)


class JobEvents(JobView):
    """The job's log, to be polled: each answer holds what came after ``after``."""

    serializer_class = EventsSerializer

    @extend_schema(
        operation_id="jobs_events",
        parameters=[OpenApiParameter("after", int, description="The last ``seq`` that you have; 0 for all.")],
        responses={200: EventsSerializer, 400: ErrorSerializer, 404: ErrorSerializer},
    )
    def get(self, request: Request, job_id: str) -> Response:
        job = self.job()
        after = whole_number(request.query_params.get("after", "0"), "after")
        events = selectors.events_after(job.pk, after)
        last = events[-1]["seq"] if events else after
        return Response({"status": job.status, "last": last, "events": events})


def whole_number(text: str, field: str) -> int:
    """``text`` as a number from 0 on. Raises ``ValidationError``."""
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise ValidationError({field: ["A whole number from 0 on is needed."]})
    return int(text)
