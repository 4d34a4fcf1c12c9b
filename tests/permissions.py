"""What tests of permissions share: every address of a URL configuration, and the methods that its views know."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from django.test import Client
from django.urls import URLPattern, URLResolver
from django.urls.resolvers import RoutePattern

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
READS = ("GET", "HEAD")


def views(patterns: Iterable[URLPattern | URLResolver]) -> dict[str, Any]:
    """Every address, as it is written in the URL configuration, and the view behind it."""
    found: dict[str, Any] = {}
    for pattern in patterns:
        assert isinstance(pattern, URLPattern), "give nested URL configurations rules of their own"
        assert isinstance(pattern.pattern, RoutePattern)
        found[str(pattern.pattern)] = pattern.callback
    return found


def routes(patterns: Iterable[URLPattern | URLResolver]) -> list[str]:
    """The addresses without a slash at their end."""
    return [route for route in views(patterns) if not route.endswith("/")]


def methods_of(view: Any) -> set[str]:
    """What the class behind a view answers (HEAD goes with GET)."""
    return {method for method in METHODS if hasattr(view.view_class, method.lower())} - {"HEAD"}


def filled(route: str, values: Mapping[str, object]) -> str:
    """An address with values in the place of its parameters, by their names. Raises KeyError for one without."""
    return "/api/" + re.sub(r"<\w+:(\w+)>", lambda found: str(values[found[1]]), route)


def status_of(client: Client, method: str, address: str, data: Any, kind: str = "application/json") -> int:
    """What is answered; every answer with words is JSON."""
    response = client.generic(method, address, "" if data is None else json.dumps(data), kind)
    if response.streaming:
        b"".join(response)  # type: ignore[arg-type]
    else:
        assert method == "HEAD" or not response.content or response.headers["Content-Type"] == "application/json"
    return response.status_code
