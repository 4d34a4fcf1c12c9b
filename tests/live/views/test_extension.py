"""The pages of the browser extension: everybody may read and download; a press of who is signed in makes a key."""

from __future__ import annotations

import io
import json
import zipfile

import pytest
from django.test import Client
from django.urls import reverse

from accounts import services
from accounts.authentication import key_of
from accounts.models import ApiKey, User
from live import extension

INSTALL, DOWNLOAD = reverse("live:extension"), reverse("live:extension-download")
CONNECT, REVOKE = reverse("live:extension-connect"), reverse("live:extension-revoke")


@pytest.fixture
def as_alice(alice: User) -> Client:
    browser = Client()
    browser.force_login(alice)
    return browser


def test_everybody_may_read_how_it_is_installed(db: None, as_alice: Client) -> None:
    seen = Client().get(INSTALL)
    assert seen.status_code == 200
    assert f'data-id="{extension.extension_id()}"' in seen.text
    assert "Sign in to connect it" in seen.text
    assert 'id="do-connect"' not in seen.text
    assert 'id="do-connect"' in as_alice.get(INSTALL).text


def test_the_paths_that_the_extension_knows_are_these() -> None:
    assert (extension.PAGE, extension.REVOKE) == (INSTALL, REVOKE)


def test_the_zip_is_for_the_address_by_which_it_is_asked_for(db: None) -> None:
    seen = Client().get(DOWNLOAD, headers={"host": "localhost:8123"})
    assert seen["Content-Type"] == "application/zip"
    assert 'filename="vocasync-extension-localhost-' in seen["Content-Disposition"]
    with zipfile.ZipFile(io.BytesIO(seen.content)) as archive:
        told = json.loads(archive.read("manifest.json"))
    assert told["externally_connectable"]["matches"] == ["http://localhost:8123/live/extension/*"]
    again = Client().get(DOWNLOAD, headers={"host": "localhost:8123", "if-none-match": seen["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert Client().get(DOWNLOAD, headers={"host": "evil.example"}).status_code == 400


def test_a_press_makes_a_key_that_dubs_live_alone(alice: User, as_alice: Client) -> None:
    made = as_alice.post(CONNECT)
    assert made.status_code == 201
    assert "no-store" in made["Cache-Control"]
    key = key_of(made.json()["key"])
    assert key is not None
    assert (key.owner, key.name, key.scopes) == (alice, "Browser extension", ["live"])


def test_no_key_without_a_press(as_alice: Client, alice: User) -> None:
    assert as_alice.get(CONNECT).status_code == 405
    assert Client().post(CONNECT).status_code == 302
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(alice)
    assert strict.post(CONNECT).status_code == 403
    assert not ApiKey.objects.exists()


def test_who_is_suspended_connects_nothing(alice: User, bob: User, as_alice: Client) -> None:
    services.suspend(user=alice, by=bob, reason="Somebody else's voice.")
    refused = as_alice.post(CONNECT)
    assert (refused.status_code, refused.json()["code"]) == (403, "suspended")
    assert "no new key can be made" in as_alice.get(INSTALL).text
    assert not ApiKey.objects.exists()


def test_who_holds_a_key_may_give_it_up(as_alice: Client, alice: User) -> None:
    other, _secret = services.api_key_create(owner=alice, name="laptop")
    secret = as_alice.post(CONNECT).json()["key"]
    stranger = Client(enforce_csrf_checks=True)
    assert stranger.get(REVOKE).status_code == 405
    assert stranger.post(REVOKE, {"key": f"{secret[:-1]}~"}).status_code == 204
    assert key_of(secret) is not None
    given = stranger.post(REVOKE, {"key": secret})
    assert (given.status_code, given.content) == (204, b"")
    assert given["Access-Control-Allow-Origin"] == f"chrome-extension://{extension.extension_id()}"
    assert key_of(secret) is None
    other.refresh_from_db()
    assert other.revoked_at is None
