"""Who sends a request, from its headers alone."""

from __future__ import annotations

from django.test import Client

from accounts.identify import person_of
from accounts.models import User
from accounts.services import api_key_create


def test_by_key_by_session_or_not_at_all(alice: User, client: Client) -> None:
    secret = api_key_create(owner=alice, name="laptop")[1]
    assert person_of({b"authorization": f"Bearer {secret}".encode()}) == alice
    assert not person_of({b"authorization": b"Bearer voca_x_y"}).is_authenticated
    assert not person_of({}).is_authenticated
    client.force_login(alice)
    session = client.cookies["sessionid"].value
    assert person_of({b"cookie": f"theme=dark; sessionid={session}".encode()}) == alice
    assert not person_of({b"cookie": b"sessionid=made-up; \xff=1"}).is_authenticated
    # A wrong key is not made good by a session: what the request says first is what counts.
    both = {b"authorization": b"Bearer voca_x_y", b"cookie": f"sessionid={session}".encode()}
    assert not person_of(both).is_authenticated
