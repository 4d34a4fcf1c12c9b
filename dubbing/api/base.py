"""What the views of the REST interface share."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet
from django.http import Http404
from rest_framework.generics import GenericAPIView

from accounts.models import ApiKey
from dubbing import selectors
from dubbing.models import Job

if TYPE_CHECKING:
    JobGeneric = GenericAPIView[Any]
else:
    JobGeneric = GenericAPIView


class JobView(JobGeneric):
    """A view of one job of the person who asks. Another person's job is not there for them (404)."""

    scope = ApiKey.Scope.JOBS
    lookup_url_kwarg = "job_id"

    def get_queryset(self) -> QuerySet[Job]:
        return selectors.jobs_of(self.request.user)

    def job(self) -> Job:
        """The job in the address."""
        wanted: uuid.UUID = self.kwargs["job_id"]
        try:
            return selectors.job_of(self.request.user, wanted)
        except Job.DoesNotExist as error:
            raise Http404 from error
