"""Keys for services over REST and on the account page: every address, every method, seen by everybody."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from accounts.models import User
from engines import keys
from engines.api.urls import urlpatterns
from engines.models import EngineKey, Spending
from engines.spending import this_month
from tests.engines.conftest import LINE
from tests.people import Person, meet, program_of
from tests.permissions import METHODS, filled, methods_of, routes, status_of, views
from vocasync.engines.services import SERVICES

JSON = "application/json"


@pytest.fixture(autouse=True)
def _no_throttles(db: None) -> None:
    cache.clear()


@pytest.fixture
def alice() -> Person:
    person = meet("alice")
    keys.key_set(user=person.user, service="elevenlabs", key=LINE)
    return person


@pytest.fixture
def charlie() -> Person:
    return meet("charlie")


SERVICE = "/api/engine-keys/elevenlabs"
CASES = [(route, method) for route in routes(urlpatterns) for method in METHODS]


@pytest.mark.parametrize(("route", "method"), CASES)
def test_nobody_gets_in_without_a_session_or_a_key(route: str, method: str) -> None:
    assert status_of(Client(), method, filled(route, {"service": "elevenlabs"}), {"key": LINE}) == 401


@pytest.mark.parametrize(("route", "method"), CASES)
def test_a_program_looks_and_changes_nothing(route: str, method: str, alice: Person) -> None:
    answered = status_of(alice.program, method, filled(route, {"service": "elevenlabs"}), {"key": LINE[:-4] + "evil"})
    assert answered == (200 if method in ("GET", "HEAD") else 403)
    assert keys.config_for(alice.user).key("elevenlabs") == LINE


def test_a_program_that_may_not_read_does_not_look(alice: Person) -> None:
    assert program_of(alice, ["jobs"]).get(SERVICE).status_code == 403


def test_methods() -> None:
    assert {route: methods_of(view) for route, view in views(urlpatterns).items() if not route.endswith("/")} == {
        "engine-keys": {"GET"},
        "engine-keys/<slug:service>": {"GET", "PUT", "DELETE"},
    }


def test_a_key_goes_in_and_never_out(alice: Person) -> None:
    answer = alice.browser.put("/api/engine-keys/deepl", {"key": LINE[:-4] + "deep"}, content_type=JSON)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert (answer.json()["service"], answer.json()["hint"], answer.json()["readable"]) == ("deepl", "deep", True)
    rows = alice.browser.get("/api/engine-keys").json()
    assert [row["service"] for row in rows] == [row.name for row in SERVICES]
    assert {row["service"] for row in rows if row["set_at"]} == {"elevenlabs", "deepl"}
    assert LINE[:-4] not in str(rows)
    assert alice.browser.delete(SERVICE).status_code == 204
    assert alice.browser.delete(SERVICE).status_code == 404


@pytest.mark.parametrize("body", [{}, {"key": ""}, {"key": "x"}, {"key": None}, {"key": [LINE]}, {"key": "y" * 20_000}])
def test_a_bad_key_is_told_at_its_field(alice: Person, body: dict[str, Any]) -> None:
    answer = alice.browser.put(SERVICE, body, content_type=JSON)
    assert answer.status_code == 400
    assert list(answer.json()["fields"]) == ["key"]
    assert keys.config_for(alice.user).key("elevenlabs") == LINE


def test_a_key_in_the_address_is_not_taken(alice: Person) -> None:
    assert alice.browser.put(f"{SERVICE}?key={LINE[:-4]}wxyz", {}, content_type=JSON).status_code == 400
    assert keys.config_for(alice.user).key("elevenlabs") == LINE


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_there_is_no_such_service(alice: Person, method: str) -> None:
    assert status_of(alice.browser, method, "/api/engine-keys/acme", {"key": LINE}) == 404


def test_charlie_sees_and_deletes_his_own_only(alice: Person, charlie: Person) -> None:
    assert charlie.browser.get(SERVICE).json()["set_at"] is None
    assert charlie.browser.delete(SERVICE).status_code == 404
    charlie.browser.put(SERVICE, {"key": LINE[:-4] + "char"}, content_type=JSON)
    assert alice.browser.get(SERVICE).json()["hint"] == "cdef"


def test_readiness_is_the_askers(alice: Person, charlie: Person, settings: Settings) -> None:
    settings.ENGINES = settings.ENGINES | {"network": True}

    def ready(person: Person) -> bool:
        rows = person.program.get("/api/engines").json()
        return bool(next(row["ready"] for row in rows if row["name"] == "elevenlabs"))

    def possible(person: Person) -> bool:
        asked = {"source": "en", "target": "es", "voice_engine": "elevenlabs", "has_translation": True}
        return bool(person.program.get("/api/check", asked).json()["ok"])

    assert (ready(alice), ready(charlie)) == (possible(alice), possible(charlie)) == (True, False)


# --- the page ---------------------------------------------------------------------------------------------------------
def page(person: Person) -> str:
    return person.browser.get(reverse("dubbing:account")).text


def test_the_page_shows_the_end_of_a_key(alice: Person, charlie: Person) -> None:
    assert "…cdef" in page(alice)
    assert LINE not in page(alice)
    assert "cdef" not in page(charlie)
    for service in SERVICES:
        assert service.label in page(charlie)


def test_a_key_is_set_replaced_and_deleted_on_the_page(charlie: Person) -> None:
    place = reverse("dubbing:engine-key-set", args=["deepl"])
    shown = charlie.browser.post(place, {"key": LINE}, follow=True)
    assert "Your key for DeepL is kept" in shown.text
    assert LINE not in shown.text
    charlie.browser.post(place, {"key": LINE[:-4] + "wxyz"})
    assert keys.key_of(charlie.user, "deepl").hint == "wxyz"
    gone = charlie.browser.post(reverse("dubbing:engine-key-delete", args=["deepl"]), follow=True)
    assert "was deleted" in gone.text
    assert charlie.browser.post(reverse("dubbing:engine-key-delete", args=["deepl"])).status_code == 404
    assert charlie.browser.post(reverse("dubbing:engine-key-set", args=["acme"]), {"key": LINE}).status_code == 404


@pytest.mark.parametrize("service", ["deepl", "google"])
def test_a_refused_key_is_not_sent_back(charlie: Person, service: str) -> None:
    bad = "not a key, and yet a secret"
    answer = charlie.browser.post(reverse("dubbing:engine-key-set", args=[service]), {"key": bad})
    assert answer.status_code == 422
    assert "no-store" in answer["Cache-Control"]
    assert bad not in answer.text
    assert f'id="id_{service}_key-errors"' in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert "<details open" in " ".join(answer.text.split())
    assert not EngineKey.objects.exists()


def test_a_key_that_cannot_be_read_is_said(alice: Person, settings: Settings) -> None:
    settings.ENCRYPTION_KEYS = ["FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFE="]
    assert "cannot be read any more" in page(alice)


def test_what_was_spent_is_shown(alice: Person, charlie: Person) -> None:
    row = {"stage": "tts", "engine": "elevenlabs", "unit": "characters", "month": this_month()}
    Spending.objects.create(user=alice.user, amount=12_000, usd=1.2, **row)
    Spending.objects.create(user=alice.user, amount=30, usd=0.003, own_key=True, **row)
    text = " ".join(page(alice).split())
    for words in ("12,000 characters", "$1.20", "less than $0.01", "your key"):
        assert words in text
    assert "Nothing was spent" in page(charlie)


def test_the_admin_shows_no_key(alice: Person) -> None:
    User.objects.filter(pk=alice.user.pk).update(is_staff=True, is_superuser=True)
    row = EngineKey.objects.get()
    for address in ("/admin/engines/enginekey/", f"/admin/engines/enginekey/{row.pk}/change/"):
        shown = alice.browser.get(address)
        assert shown.status_code == 200
        assert row.secret not in shown.text
        assert LINE not in shown.text
    alice.browser.post(f"/admin/engines/enginekey/{row.pk}/delete/", {"post": "yes"})
    assert not EngineKey.objects.exists()
    assert alice.browser.get("/admin/engines/spending/").status_code == 200
