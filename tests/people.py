"""People as the site meets them: with a browser that is signed in, and programs that have a key."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.test import Client

from accounts.models import ApiKey, User
from accounts.services import api_key_create


@dataclass(frozen=True)
class Person:
    """Somebody, with a browser that is signed in and a program that has a key."""

    user: User
    browser: Client
    program: Client
    key: ApiKey


def meet(name: str) -> Person:
    """Somebody new."""
    user = User.objects.create_user(name, f"{name}@example.org", "correct horse")
    browser = Client()
    browser.force_login(user)
    key, secret = api_key_create(owner=user, name="laptop")
    return Person(user, browser, with_key(secret), key)


def program_of(person: Person, scopes: Iterable[str]) -> Client:
    """A program of theirs with a key of its own, which opens these scopes."""
    return with_key(api_key_create(owner=person.user, name="script", scopes=scopes)[1])


def with_key(secret: str) -> Client:
    """A program that sends this key."""
    return Client(headers={"Authorization": f"Bearer {secret}"})
