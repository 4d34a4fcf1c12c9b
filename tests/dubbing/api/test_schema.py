"""The OpenAPI schema is valid, complete and the one in the documentation."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
import yaml
from django.core.management import call_command
from django.test import Client

from dubbing.api.urls import urlpatterns as dubbing_api
from engines.api.urls import urlpatterns as engines_api
from live.api.urls import urlpatterns as live_api
from tests.permissions import methods_of, views
from voices.api.urls import urlpatterns as voices_api
from web.api.urls import urlpatterns as web_api

STORED = Path(__file__).resolve().parent.parent.parent.parent / "docs" / "schema.yml"


@pytest.fixture(scope="module")
def generated() -> str:
    out = io.StringIO()
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=out)
    return out.getvalue().strip()


def test_the_stored_schema_is_up_to_date(generated: str) -> None:
    stored = STORED.read_text().strip()
    assert stored == generated, "run: manage.py spectacular --validate --fail-on-warn --file docs/schema.yml"


def test_every_address_and_method_is_described(generated: str) -> None:
    described = {
        (path.removeprefix("/api/"), method.upper())
        for path, methods in yaml.safe_load(generated)["paths"].items()
        for method in methods
    }
    found = {
        (re.sub(r"<\w+:(\w+)>", r"{\1}", route), method)
        for patterns in (dubbing_api, engines_api, live_api, voices_api, web_api)
        for route, view in views(patterns).items()
        if not route.endswith("/")
        for method in methods_of(view)
    }
    assert described == found | {("health", "GET")}  # of the site itself


KEY_OR_SESSION: list[dict[str, list[str]]] = [{"apiKey": []}, {"cookieAuth": []}]
OPEN = {"/api/verify": None, "/api/live/schema": None, "/api/health": [*KEY_OR_SESSION, {}]}
"""Open to everybody; the last one says more to whoever is signed in."""


def test_every_operation_needs_a_key_or_a_session(generated: str) -> None:
    for path, methods in yaml.safe_load(generated)["paths"].items():
        for method, operation in methods.items():
            assert operation.get("security") == OPEN.get(path, KEY_OR_SESSION), (path, method)


@pytest.mark.django_db
def test_the_schema_and_its_page_are_served(client: Client) -> None:
    assert client.get("/api/schema/?format=json").json()["info"]["title"] == "Vocasync"
    page = client.get("/api/docs/")
    assert page.status_code == 200
    script = client.get("/api/docs/?script=")
    assert script.headers["Content-Type"].startswith("application/javascript")
    assert b"/api/schema/" in script.content
