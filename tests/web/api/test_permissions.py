"""What an API key opens: every address of the REST interface, by the key's scopes.

The cases come from the URL configuration: a view that writes and does not say which scope it needs fails.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.permissions import SAFE_METHODS, AllowAny
from rest_framework.views import APIView

from accounts.models import ApiKey, User
from accounts.services import api_key_create
from web.api.permissions import HasScope, InPerson

METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
Scope = ApiKey.Scope


def views(resolver: URLResolver, before: str = "") -> Iterator[tuple[str, type[APIView]]]:
    """(route, view) of everything below, without the second form of each route."""
    for pattern in resolver.url_patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from views(pattern, route)
        elif isinstance(pattern, URLPattern) and not route.endswith("/"):
            view = getattr(pattern.callback, "view_class", None)
            if view is not None and issubclass(view, APIView) and AllowAny not in view.permission_classes:
                yield route, view


VIEWS = [(route, view) for route, view in views(get_resolver()) if route.startswith("api/")]
CASES = [(route, method) for route, view in VIEWS for method in METHODS if hasattr(view, method.lower())]


def address(route: str) -> str:
    values = {"uuid": str(uuid.uuid4()), "int": "1", "str": "x", "slug": "x"}
    return "/" + re.sub(r"<(\w+):\w+>", lambda found: values[found[1]], route)


def program(user: User, *scopes: str) -> Client:
    cache.clear()  # throttles
    return Client(headers={"Authorization": f"Bearer {api_key_create(owner=user, name='laptop', scopes=scopes)[1]}"})


@pytest.mark.parametrize(("route", "view"), VIEWS, ids=[route for route, _view in VIEWS])
def test_every_view_that_writes_says_what_it_needs(route: str, view: Any) -> None:
    assert HasScope in view.permission_classes
    writes = {method for method in METHODS if hasattr(view, method.lower())} - set(SAFE_METHODS)
    if writes and InPerson not in view.permission_classes:
        assert view.scope in Scope.values


@pytest.mark.parametrize(("route", "method"), CASES, ids=[f"{method} {route}" for route, method in CASES])
def test_a_key_without_the_scope_is_refused(route: str, method: str, alice: User) -> None:
    view = dict(VIEWS)[route]
    needed = Scope.READ if method in SAFE_METHODS else getattr(view, "scope", None)
    others = program(alice, *(scope for scope in Scope if scope != needed))
    answer = others.generic(method, address(route), "{}", "application/json")
    assert answer.status_code == 403
    if needed is None:
        assert answer.json()["code"] == "permission_denied"
    elif method != "HEAD":
        body = answer.json()
        assert body["code"] == "scope_missing"
        assert f"“{needed}”" in body["message"]
        assert Scope(needed).label in body["message"]


def test_a_key_reads_or_writes_as_it_may(alice: User) -> None:
    reads, writes = program(alice, "read"), program(alice, "jobs", "voices")
    assert reads.get("/api/jobs").status_code == 200
    assert reads.post("/api/jobs/dubbing").status_code == 403
    assert writes.get("/api/jobs").status_code == 403
    assert writes.post("/api/jobs/dubbing").status_code == 400
    assert reads.post("/api/check", {"target": "es"}).status_code == 200


def test_a_method_that_is_not_there_is_not_a_matter_of_scopes(alice: User) -> None:
    assert program(alice, "read").delete("/api/jobs").status_code == 405


def test_who_is_signed_in_needs_none(alice: User, client: Client) -> None:
    client.force_login(alice)
    assert client.get("/api/jobs").status_code == 200
    assert client.post("/api/jobs/dubbing").status_code == 400
