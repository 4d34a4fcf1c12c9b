"""Keys and limits over REST."""

from __future__ import annotations

from django.test import Client

from accounts.models import User
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


def test_a_key_makes_no_keys(alice: Person) -> None:
    response = alice.program.post("/api/keys", {"name": "heir"}, content_type="application/json")
    assert response.status_code == 403
    assert "signed in" in response.json()["message"]
    assert alice.program.delete(f"/api/keys/{alice.key.pk}").status_code == 403


def test_limits(alice: Person) -> None:
    User.objects.filter(pk=alice.user.pk).update(max_upload_mb=7)
    body = alice.program.get("/api/me").json()
    assert (body["email"], body["limits"]["upload_mb"], body["active_jobs"]) == ("alice@example.org", 7, 0)
