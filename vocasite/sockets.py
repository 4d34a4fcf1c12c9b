"""Who opens a socket: a page of this site by its session, or a program by its API key."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from channels.auth import AuthMiddlewareStack
from channels.db import database_sync_to_async
from channels.security.websocket import AllowedHostsOriginValidator
from django.contrib.auth.models import AnonymousUser

from accounts.authentication import bearer, key_of
from accounts.models import ApiKey, User

Scope = dict[str, Any]
Application = Callable[..., Awaitable[Any]]


class KeyOrSession:
    """``Authorization: Bearer …`` decides where there is one; else the session, for pages of allowed hosts only.

    No page can set that header on a socket, so a request that has it is no page's, and its origin does not matter.
    """

    def __init__(self, inner: Application) -> None:
        self._inner = inner
        self._by_session: Application = AllowedHostsOriginValidator(AuthMiddlewareStack(inner))

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> Any:
        secret = bearer(dict(scope["headers"]).get(b"authorization", b""))
        if secret is None:
            return await self._by_session(scope, receive, send)
        user = await database_sync_to_async(_owner)(secret)
        return await self._inner({**scope, "user": user}, receive, send)


def _owner(secret: str) -> User | AnonymousUser:
    """Sockets only tell: what a key must open for them is reading."""
    key = key_of(secret)
    return key.owner if key is not None and key.opens(ApiKey.Scope.READ) else AnonymousUser()
