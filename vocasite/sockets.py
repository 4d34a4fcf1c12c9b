"""Who opens a socket: a page of this site by its session, or a program by its API key."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from channels.auth import AuthMiddlewareStack
from channels.db import database_sync_to_async
from channels.security.websocket import AllowedHostsOriginValidator
from django.contrib.auth.models import AnonymousUser
from django.urls import URLPattern

from accounts.authentication import bearer, key_of, touch
from live.messages import KEY_SUBPROTOCOL

Scope = dict[str, Any]
Application = Callable[..., Awaitable[Any]]
Header = tuple[bytes, bytes]

OFFERED = b"sec-websocket-protocol"


class KeyOrSession:
    """A key decides where there is one; else the session, for pages of allowed hosts only.

    The key comes as ``Authorization: Bearer …``, or as the subprotocol ``vocasync.key.…``, since pages and extensions
    cannot set that header. Either has to be known to whoever sends it, which no page of another site does, so its
    origin does not matter. Nothing further in sees a key in a subprotocol: it is neither echoed nor logged.

    needed: what a key must open. One that does not leaves nobody signed in, and ``scope["scope_missing"]`` true.
    """

    def __init__(self, inner: Application, needed: str) -> None:
        self._inner, self._needed = inner, needed
        self._by_session: Application = AllowedHostsOriginValidator(AuthMiddlewareStack(inner))

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> Any:
        secret, scope = _without_key(scope)
        if secret is None:
            return await self._by_session(scope, receive, send)
        found = await database_sync_to_async(_signed_in)(secret, self._needed)
        return await self._inner({**scope, **found}, receive, send)


def guarded(patterns: Sequence[URLPattern], needed: str) -> list[URLPattern]:
    """The same addresses, each for whom :class:`KeyOrSession` lets in."""
    return [URLPattern(one.pattern, KeyOrSession(one.callback, needed), one.default_args, one.name) for one in patterns]


def _without_key(scope: Scope) -> tuple[str | None, Scope]:
    """The key that was sent, None for none, and the connection as those further in may know it."""
    offered: list[str] = scope.get("subprotocols", [])
    keys = [one.removeprefix(KEY_SUBPROTOCOL) for one in offered if one.startswith(KEY_SUBPROTOCOL)]
    rest = [one for one in offered if not one.startswith(KEY_SUBPROTOCOL)]
    headers: list[Header] = list(scope["headers"])
    secret = bearer(dict(headers).get(b"authorization", b""))
    if secret is None and keys:
        secret = keys[0]
    kept = [(name, ", ".join(rest).encode("latin-1") if name == OFFERED else value) for name, value in headers]
    return secret, {**scope, "subprotocols": rest, "headers": kept if keys else headers}


def _signed_in(secret: str, needed: str) -> Scope:
    key = key_of(secret)
    if key is None or not key.opens(needed):
        return {"user": AnonymousUser(), "scope_missing": key is not None}
    touch(key)
    return {"user": key.owner, "api_key": key}
