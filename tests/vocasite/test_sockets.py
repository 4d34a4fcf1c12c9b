"""Who opens a socket, and that a key in a subprotocol is seen by nobody further in."""

from __future__ import annotations

from typing import Any

import pytest
from channels.db import database_sync_to_async

from accounts.models import ApiKey, User
from accounts.services import api_key_create
from vocasite.sockets import KeyOrSession

pytestmark = pytest.mark.django_db(transaction=True)


async def seen(user: User, *offered: str, header: str = "", scopes: tuple[str, ...] = ("live",)) -> dict[str, Any]:
    """The scope as the application gets it; ``{}`` in what is offered, and in the header, is the key."""
    _row, secret = await database_sync_to_async(api_key_create)(owner=user, name="program", scopes=list(scopes))
    given = [one.format(secret) for one in offered]
    headers = [(b"sec-websocket-protocol", ", ".join(given).encode()), (b"origin", b"chrome-extension://abc")]
    if header:
        headers.append((b"authorization", header.format(secret).encode()))
    found: dict[str, Any] = {}

    async def inner(scope: dict[str, Any], receive: Any, send: Any) -> None:
        found.update(scope)

    scope = {"type": "websocket", "path": "/ws/x", "headers": headers, "subprotocols": given}
    await KeyOrSession(inner, "live")(scope, None, None)
    return found


async def test_a_key_as_a_subprotocol_signs_in_and_is_gone(alice: User) -> None:
    found = await seen(alice, "vocasync.live.v1", "vocasync.key.{}")
    assert (found["user"], found["subprotocols"]) == (alice, ["vocasync.live.v1"])
    assert "voca_" not in str(found["headers"])
    assert dict(found["headers"])[b"sec-websocket-protocol"] == b"vocasync.live.v1"
    assert (await ApiKey.objects.aget()).last_used_at is not None


async def test_the_header_goes_before(alice: User) -> None:
    found = await seen(alice, "vocasync.key.voca_wrong_wrong", header="Bearer {}")
    assert (found["user"], found["subprotocols"]) == (alice, [])


@pytest.mark.parametrize("key", ["vocasync.key.", "vocasync.key.voca_wrong_wrong", "vocasync.key.{}x"])
async def test_a_wrong_key_is_nobodys(alice: User, key: str) -> None:
    found = await seen(alice, "vocasync.live.v1", key)
    assert (found["user"].is_authenticated, found["scope_missing"]) == (False, False)


async def test_a_key_that_does_not_open_it(alice: User) -> None:
    found = await seen(alice, "vocasync.key.{}", scopes=("read", "jobs"))
    assert (found["user"].is_authenticated, found["scope_missing"]) == (False, True)
    assert (await ApiKey.objects.aget()).last_used_at is None
