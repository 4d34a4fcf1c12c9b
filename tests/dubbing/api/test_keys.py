"""Keys and limits over REST."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.limits import limits_for, take_audio
from accounts.models import ApiKey, User
from dubbing.models import Job
from tests.dubbing.api.conftest import Person


def test_a_key_is_made_shown_once_used_and_revoked(alice: Person) -> None:
    response = alice.browser.post("/api/keys", {"name": "build server"}, content_type="application/json")
    assert response.status_code == 201
    assert response.headers["Cache-Control"] == "no-store"
    made = response.json()
    program = Client(headers={"Authorization": f"Bearer {made['key']}"})
    assert program.get("/api/me").json()["username"] == "alice"
    rows = alice.browser.get("/api/keys").json()["results"]
    assert [row["name"] for row in rows] == ["build server", "laptop"]
    assert [row["scopes"] for row in rows] == [["read", "jobs", "voices", "live"]] * 2
    assert all("key" not in row and "digest" not in row for row in rows)
    assert rows[0]["last_used_at"] is not None
    address = f"/api/keys/{made['id']}"
    assert alice.browser.delete(address).status_code == 204
    assert alice.browser.delete(address).status_code == 404
    refused = program.get("/api/me")
    assert (refused.status_code, refused.json()["code"]) == (401, "authentication_failed")
    assert refused.headers["WWW-Authenticate"] == "Bearer"


def test_a_key_needs_a_name(alice: Person) -> None:
    for name in ("", "  ", "x" * 81):
        response = alice.browser.post("/api/keys", {"name": name}, content_type="application/json")
        assert response.status_code == 400
        assert list(response.json()["fields"]) == ["name"]


@pytest.mark.parametrize("scopes", [[], ["everything"], ["read", "admin"], "read", None, [{}]])
def test_a_key_needs_scopes_that_are_known(alice: Person, scopes: Any) -> None:
    body = {"name": "laptop", "scopes": scopes}
    response = alice.browser.post("/api/keys", body, content_type="application/json")
    assert response.status_code == 400
    assert list(response.json()["fields"]) == ["scopes"]
    assert ApiKey.objects.count() == 1


def test_a_key_has_the_scopes_that_were_chosen(alice: Person) -> None:
    body = {"name": "player", "scopes": ["voices", "read", "read"]}
    made = alice.browser.post("/api/keys", body, content_type="application/json").json()
    assert made["scopes"] == ["read", "voices"]
    program = Client(headers={"Authorization": f"Bearer {made['key']}"})
    assert program.get("/api/me").status_code == 200
    assert program.post("/api/jobs/dubbing").status_code == 403


def test_who_is_suspended_makes_no_keys_and_reads_with_those_there_are(alice: Person) -> None:
    User.objects.filter(pk=alice.user.pk).update(suspended_at=timezone.now(), suspended_reason="Somebody's voice.")
    response = alice.browser.post("/api/keys", {"name": "laptop"}, content_type="application/json")
    assert (response.status_code, response.json()["code"]) == (403, "suspended")
    assert "Somebody's voice." in response.json()["message"]
    assert ApiKey.objects.count() == 1
    assert alice.program.get("/api/me").json()["suspended"] is True


def test_a_key_makes_no_keys(alice: Person) -> None:
    response = alice.program.post("/api/keys", {"name": "heir"}, content_type="application/json")
    assert response.status_code == 403
    assert "signed in" in response.json()["message"]
    assert alice.program.delete(f"/api/keys/{alice.key.pk}").status_code == 403


def test_limits_and_what_is_used_of_them(alice: Person, dub: Job) -> None:
    User.objects.filter(pk=alice.user.pk).update(max_upload_mb=7, plan="studio")
    Job.objects.filter(pk=dub.pk).update(upload_bytes=40, result_bytes=2)
    take_audio(alice.user, 90.0)
    body = alice.program.get("/api/me").json()
    assert (body["email"], body["suspended"], body["active_jobs"]) == ("alice@example.org", False, 0)
    assert body["limits"] == asdict(limits_for(User(max_upload_mb=7, plan="studio")))
    assert body["used"] == {"audio_seconds": 90.0, "storage_bytes": 42, "active_jobs": 0, "voices": 0, "usd_month": 0.0}
