"""The OpenAPI schema is valid, complete and the one in the documentation."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
import yaml
from django.core.management import call_command
from django.test import Client

from tests.dubbing.api.test_permissions import RULES

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
    plain = {
        (route.replace("<uuid:", "{").replace("<int:", "{").replace("<str:", "{").replace(">", "}"), method)
        for route, rules in RULES.items()
        for method in rules
    }
    assert described == plain


def test_every_operation_needs_a_key_or_a_session(generated: str) -> None:
    for path, methods in yaml.safe_load(generated)["paths"].items():
        for method, operation in methods.items():
            assert operation["security"] == [{"apiKey": []}, {"cookieAuth": []}], (path, method)


@pytest.mark.django_db
def test_the_schema_and_its_page_are_served(client: Client) -> None:
    assert client.get("/api/schema/?format=json").json()["info"]["title"] == "Vocasync"
    page = client.get("/api/docs/")
    assert page.status_code == 200
    script = client.get("/api/docs/?script=")
    assert script.headers["Content-Type"].startswith("application/javascript")
    assert b"/api/schema/" in script.content
