"""Who asks, and how."""

from __future__ import annotations

from typing import cast

from django.http import HttpRequest
from rest_framework.request import Request

from accounts.models import User


def person(request: HttpRequest | Request) -> User:
    """The signed-in person. Only for views that let nobody else in."""
    return cast("User", request.user)


def wants_json(request: HttpRequest) -> bool:
    """Whether a script of the page asks."""
    return request.headers.get("Accept", "").startswith("application/json")
