"""What the views of the REST interface share."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet
from django.http import Http404
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.permissions import SAFE_METHODS

from accounts.models import ApiKey, User
from dubbing import selectors, states
from dubbing.models import Job
from web.api.serializers import ErrorSerializer

if TYPE_CHECKING:
    JobGeneric = GenericAPIView[Any]
else:
    JobGeneric = GenericAPIView


NOT_THERE = {404: ErrorSerializer}
CHANGED = {
    400: ErrorSerializer,
    403: ErrorSerializer,
    404: ErrorSerializer,
    409: ErrorSerializer,
    422: ErrorSerializer,
    451: ErrorSerializer,
}
"""What may be answered to a change of a job: of it, of its state, of a voice, of what was taken down."""


class JobView(JobGeneric):
    """A view of one job: to be read by whom it is shared with, to be changed by its owner alone. For everybody else it
    is not there (404)."""

    scope = ApiKey.Scope.JOBS
    lookup_url_kwarg = "job_id"

    def get_queryset(self) -> QuerySet[Job]:
        return selectors.visible_jobs(self.request.user)

    def job(self) -> Job:
        """The job in the address: one to look at for reading methods, else the person's own."""
        return self._found(selectors.visible_job if self.request.method in SAFE_METHODS else selectors.job_of)

    def own_job(self) -> Job:
        """The job in the address, which is the person's own whatever is asked."""
        return self._found(selectors.job_of)

    def result(self) -> Job:
        """The job in the address, for what was made of it. Raises ``job_taken_down``."""
        job = self.job()
        states.refuse_taken_down(job)
        return job

    def _found(self, find: Callable[[User | AnonymousUser, uuid.UUID], Job]) -> Job:
        wanted: uuid.UUID = self.kwargs["job_id"]
        try:
            return find(self.request.user, wanted)
        except Job.DoesNotExist as error:
            raise Http404 from error

    def checked(self, serializer: type[serializers.BaseSerializer[Any]], **options: Any) -> dict[str, Any]:
        """What was sent, checked."""
        given = serializer(data=self.request.data, context=self.get_serializer_context(), **options)
        given.is_valid(raise_exception=True)
        fields: dict[str, Any] = given.validated_data
        return fields
