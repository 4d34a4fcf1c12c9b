"""Every page under the site's own Content-Security-Policy: nothing inline without its nonce, nothing from elsewhere."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from http.cookies import Morsel
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from accounts.models import User

PUBLIC = (
    "landing",
    "account_login",
    "account_signup",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key_done",
    "account_email_verification_sent",
    "account_inactive",
    "admin:login",
    "dubbing:engines",
    "api-docs",
)
SIGNED_IN = (
    "dubbing:dashboard",
    "dubbing:new",
    "dubbing:account",
    "voices:library",
    "voices:new",
    "voices:emotions",
    "voices:actors",
    "account_email",
    "account_change_password",
    "account_logout",
    "account_reauthenticate",
)
MODERATED = (
    "admin:index",
    "admin:accounts_user_changelist",
    "admin:accounts_user_add",
    "admin:accounts_apikey_changelist",
    "admin:dubbing_job_changelist",
)


class Offences(HTMLParser):
    """What a page holds that its policy would block."""

    def __init__(self, nonces: set[str]) -> None:
        super().__init__()
        self.nonces = nonces
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        data = given.get("type") in ("application/json", "importmap")
        inline = tag == "style" or (tag == "script" and "src" not in given and not data)
        if inline and given.get("nonce") not in self.nonces:
            self.found.append(f"<{tag}> without the nonce")
        self.found += [f"<{tag} {name}>" for name in given if name == "style" or name.startswith("on")]
        for name in ("src", "href", "action"):
            address = given.get(name) or ""
            if address.startswith("javascript:") or (tag != "a" and re.match(r"(https?:)?//", address)):
                self.found.append(f"<{tag} {name}={address}>")


def hold(response: Any) -> None:
    """The headers of a page, and that the page keeps to them."""
    policy = dict(part.strip().partition(" ")[::2] for part in response["Content-Security-Policy"].split(";"))
    assert "'unsafe-inline'" not in response["Content-Security-Policy"]
    assert "'unsafe-eval'" not in response["Content-Security-Policy"]
    assert policy["frame-ancestors"] == "'none'"
    assert policy["object-src"] == "'none'"
    assert policy["base-uri"] == "'self'"
    assert "'self'" in policy["script-src"]
    assert response["X-Frame-Options"] == "DENY"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Referrer-Policy"] == "same-origin"
    offences = Offences(set(re.findall(r"'nonce-([^']+)'", response["Content-Security-Policy"])))
    offences.feed(response.content.decode())
    assert offences.found == []


@pytest.fixture
def alice(db: None) -> User:
    cache.clear()
    return User.objects.create_user("alice", "alice@example.org", "correct horse")


@pytest.mark.django_db
@pytest.mark.parametrize("name", PUBLIC)
def test_public_pages(client: Client, name: str) -> None:
    response = client.get(reverse(name))
    assert response.status_code == 200
    hold(response)


@pytest.mark.parametrize("name", SIGNED_IN)
def test_pages_of_a_person(client: Client, alice: User, name: str) -> None:
    assert client.get(reverse(name)).status_code == 302
    client.force_login(alice)
    response = client.get(reverse(name))
    assert response.status_code == 200
    hold(response)


@pytest.mark.parametrize("name", MODERATED)
def test_pages_of_a_moderator(client: Client, alice: User, admin_client: Client, name: str) -> None:
    client.force_login(alice)
    assert client.get(reverse(name)).status_code == 302
    response = admin_client.get(reverse(name))
    assert response.status_code == 200
    hold(response)


def test_pages_of_errors(client: Client, alice: User) -> None:
    missing = client.get("/no-such-page/")
    assert missing.status_code == 404
    hold(missing)
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(alice)
    forged = strict.post(reverse("dubbing:account"), {"first_name": "x"})
    assert forged.status_code == 403
    hold(forged)


@pytest.mark.django_db
def test_the_nonce_is_new_each_time(client: Client) -> None:
    policies = {client.get(reverse("api-docs"))["Content-Security-Policy"] for _ in range(3)}
    assert len(policies) == 3
    assert all("'nonce-" in policy for policy in policies)


def test_cookies(client: Client, alice: User) -> None:
    client.get(reverse("account_login"))
    client.post(reverse("account_login"), {"login": "alice", "password": "correct horse"})
    session: Morsel[str] = client.cookies["sessionid"]
    assert session["httponly"]
    assert session["samesite"] == "Lax"
    assert client.cookies["csrftoken"]["samesite"] == "Lax"
