"""What the views of the REST interface share."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, cast

from django.db.models import QuerySet
from django.http import Http404
from rest_framework.generics import GenericAPIView
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.models import ApiKey, User
from dubbing import selectors
from dubbing.models import Job

if TYPE_CHECKING:
    JobGeneric = GenericAPIView[Any]
else:
    JobGeneric = GenericAPIView


def person(request: Request) -> User:
    """Who asks; the views let nobody in who is not signed in."""
    return cast("User", request.user)


class JobView(JobGeneric):
    """A view of one job of the person who asks. Another person's job is not there for them (404)."""

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


class InPerson(BasePermission):
    """Not with an API key: a key that leaked must not make others that outlive it."""

    message = "API keys are made and revoked by a person who is signed in, not with another key."

    def has_permission(self, request: Request, view: APIView) -> bool:
        return request.method in ("GET", "HEAD", "OPTIONS") or not isinstance(request.auth, ApiKey)
