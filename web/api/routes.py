"""Addresses of the REST interface, each with and without a slash at its end.

A redirect between the two would lose the body of a POST. The form without is the documented one.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.urls import URLPattern, path

Route = tuple[str, Any, str]
"""Address below ``/api/``, view class, name."""


def patterns(routes: Iterable[Route]) -> list[URLPattern]:
    """The named addresses without a slash at their end, and the same with one."""
    return [pattern for row in routes for pattern in _both_forms(*row)]


def _both_forms(route: str, view: Any, name: str) -> list[URLPattern]:
    function = view.as_view()
    return [path(route, function, name=name), path(f"{route}/", function)]


def documented(endpoints: list[tuple[Any, ...]], **kwargs: Any) -> list[tuple[Any, ...]]:
    """For the OpenAPI schema: each address once."""
    return [endpoint for endpoint in endpoints if not endpoint[0].endswith("/")]
