"""Who asks, and what they may see."""

from __future__ import annotations

import uuid

from django.http import Http404, HttpRequest

from dubbing import selectors
from dubbing.models import Job


def job_or_404(request: HttpRequest, job_id: uuid.UUID) -> Job:
    """A job that the person may look at; any other does not exist for them."""
    try:
        return selectors.visible_job(request.user, job_id)
    except Job.DoesNotExist as error:
        raise Http404("There is no such dub.") from error


def own_job_or_404(request: HttpRequest, job_id: uuid.UUID) -> Job:
    """A job of the person's own, which they may change."""
    try:
        return selectors.job_of(request.user, job_id)
    except Job.DoesNotExist as error:
        raise Http404("There is no such dub.") from error
