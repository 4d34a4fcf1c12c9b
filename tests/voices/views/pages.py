"""What tests of the library's pages share."""

from __future__ import annotations

from typing import Any

from django.test import Client

from accounts.models import User

JSON = {"Accept": "application/json"}


def browser(user: User) -> Client:
    """A browser in which somebody is signed in."""
    client = Client()
    client.force_login(user)
    return client


def html(response: Any) -> str:
    """The page, on one line with single blanks, so that words can be looked for."""
    assert response.headers["Content-Type"].startswith("text/html")
    return " ".join(response.content.decode().split())
