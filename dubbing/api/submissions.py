"""Submitting a job: the same of every kind."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

from drf_spectacular.utils import OpenApiParameter
from rest_framework import status
from rest_framework.parsers import BaseParser, FormParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import ScopedRateThrottle, UserRateThrottle

from accounts.models import ApiKey, User
from dubbing import selectors
from dubbing.api.base import JobView
from dubbing.api.serializers import JobSerializer
from dubbing.models import Job
from web.api.serializers import ErrorSerializer
from web.people import person

KEY_HEADER = "Idempotency-Key"
KEY_LENGTH = 64
KEY = OpenApiParameter(
    KEY_HEADER,
    str,
    OpenApiParameter.HEADER,
    description="Any text of your own, one for each submission: sent twice, it gives the same answer (200).",
)
REFUSED = {400: ErrorSerializer, 413: ErrorSerializer, 422: ErrorSerializer, 429: ErrorSerializer}


def submission_key(request: Request) -> str:
    """The client's own id of the submission, of any length, as a key of at most ``KEY_LENGTH`` characters."""
    given = request.headers.get(KEY_HEADER, "").strip()
    return given if len(given) <= KEY_LENGTH else hashlib.sha256(given.encode()).hexdigest()


class SubmitView(JobView):
    """Submits a job of some kind."""

    scope = ApiKey.Scope.JOBS
    parser_classes: Sequence[type[BaseParser]] = (MultiPartParser, FormParser)
    throttle_classes = (UserRateThrottle, ScopedRateThrottle)
    throttle_scope = "submit"

    def submit(self, take_in: Callable[[User, str], Job]) -> Response:
        """The job that ``take_in(owner, key)`` gives: a new one (201), or that of an earlier submission (200)."""
        owner, key = person(self.request), submission_key(self.request)
        known = bool(key) and selectors.jobs_of(owner).filter(submission_key=key).exists()
        body = JobSerializer(take_in(owner, key), context={"request": self.request}).data
        code = status.HTTP_200_OK if known else status.HTTP_201_CREATED
        return Response(body, status=code, headers={"Location": body["url"]})
