"""Sign-up, verification, sign-in, sign-out and reset, through the pages and the letters."""

from __future__ import annotations

import re

import pytest
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from accounts.models import User

GOOD = "a good long pass"


@pytest.fixture(autouse=True)
def _fresh(db: None) -> None:
    cache.clear()  # allauth counts attempts there


def link() -> str:
    """The address in the newest letter."""
    found = re.search(r"https?://[^/\s]+(/\S+)", str(mail.outbox[-1].body))
    assert found is not None
    return found.group(1)


def sign_up(client: Client, name: str = "dana", password: str = GOOD) -> int:
    email = f"{name}@example.org"
    data = {"email": email, "username": name, "password1": password, "password2": password}
    return client.post(reverse("account_signup"), data).status_code


def test_from_sign_up_to_a_new_password(client: Client) -> None:
    assert sign_up(client) == 302
    assert client.get(reverse("dubbing:dashboard")).status_code == 200
    assert mail.outbox[-1].to == ["dana@example.org"]
    address = link()
    assert client.get(address).status_code == 200
    client.post(address)
    user = User.objects.get(username="dana")
    assert user.emailaddress_set.filter(verified=True).exists()  # type: ignore[attr-defined]

    client.post(reverse("account_logout"))
    assert client.get(reverse("dubbing:dashboard")).status_code == 302

    assert client.post(reverse("account_reset_password"), {"email": "dana@example.org"}).status_code == 302
    form = client.get(link(), follow=True)
    assert form.status_code == 200
    new = {"password1": "another long pass", "password2": "another long pass"}
    client.post(form.request["PATH_INFO"], new)
    client.post(reverse("account_logout"))

    def sign_in(password: str) -> int:
        client.post(reverse("account_login"), {"login": "dana@example.org", "password": password})
        return client.get(reverse("dubbing:dashboard")).status_code

    assert sign_in("a good long pass") == 302
    assert sign_in("another long pass") == 200


@pytest.mark.parametrize(("name", "password"), [("root", "a good long pass"), ("eve", "12345678"), ("eve", "short")])
def test_what_is_refused_at_sign_up(client: Client, name: str, password: str) -> None:
    assert sign_up(client, name, password) == 200
    assert not User.objects.exists()


def test_a_reset_does_not_tell_who_is_known(client: Client) -> None:
    sign_up(client)
    client.post(reverse("account_logout"))
    known, unknown = (
        client.post(reverse("account_reset_password"), {"email": email}).headers["Location"]
        for email in ("dana@example.org", "nobody@example.org")
    )
    assert known == unknown


def test_guessing_passwords_is_slowed_down(client: Client) -> None:
    sign_up(client)
    client.post(reverse("account_logout"))
    for _ in range(12):
        client.post(reverse("account_login"), {"login": "dana", "password": "a guess"})
    response = client.post(reverse("account_login"), {"login": "dana", "password": "a good long pass"})
    assert response.status_code in (200, 429)
    assert client.get(reverse("dubbing:dashboard")).status_code == 302
