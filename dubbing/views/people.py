"""Who asks, and what they may see."""

from __future__ import annotations

import uuid
from typing import cast

from django.http import Http404, HttpRequest

from accounts.models import User
from dubbing import selectors
from dubbing.models import Job


def person(request: HttpRequest) -> User:
    """The signed-in person. Only for views behind ``login_required``."""
    return cast("User", request.user)


def job_or_404(request: HttpRequest, job_id: uuid.UUID) -> Job:
    """A job that the person may see; another person's job does not exist for them."""
    try:
        return selectors.job_of(request.user, job_id)
    except Job.DoesNotExist as error:
        raise Http404("There is no such dub.") from error


def wants_json(request: HttpRequest) -> bool:
    """Whether a script of the page asks."""
    return request.headers.get("Accept", "").startswith("application/json")
