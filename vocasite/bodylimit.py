"""Request bodies are stopped at the door.

Django under ASGI writes a whole body to disk before any middleware or view sees the request, so a limit further in
comes too late. This ASGI application sits around Django: it refuses by ``Content-Length`` before the first byte, and
counts what comes where the length is not said or not true.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

from channels.db import database_sync_to_async
from django.conf import settings

from accounts.identify import person_of
from dubbing.uploads import request_limit, too_large

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

BODILESS = ("GET", "HEAD", "OPTIONS")
LINGER_SECONDS = 5.0
LINGER_BYTES = 64 * 2**20
"""How much of a refused body is still read, and thrown away: a client that is busy sending does not see an answer
whose connection is closed under it (nginx: ``lingering_close``)."""


@dataclass(slots=True)
class _Meter:
    """Counts a body as it is received; past the limit the application is told that the client has gone."""

    receive: Receive
    limit: int
    count: int = 0

    @property
    def exceeded(self) -> bool:
        return self.count > self.limit

    async def __call__(self) -> Message:
        message = await self.receive()
        self.count += len(message.get("body", b""))
        return {"type": "http.disconnect"} if self.exceeded else message


class BodyLimit:
    """ASGI: lets bodies up to the sender's limit through to ``app``, and answers 413 for the rest.

    Somebody who is not signed in may send ``DATA_UPLOAD_MAX_MEMORY_SIZE``, which is enough for every form.
    """

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in BODILESS:
            await self.app(scope, receive, send)
            return
        headers: dict[bytes, bytes] = dict(scope["headers"])
        declared = _declared(headers)
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        if declared is None or declared > limit:
            limit = max(limit, await database_sync_to_async(_limit_of)(headers))
        if declared is not None and declared > limit:
            await _refuse(scope, receive, send, declared, limit)
            return
        meter = _Meter(receive, limit)
        await self.app(scope, meter, send)
        if meter.exceeded:
            await _refuse(scope, receive, send, meter.count, limit)


def _declared(headers: dict[bytes, bytes]) -> int | None:
    text = headers.get(b"content-length", b"")
    return int(text) if text.isdigit() else None


def _limit_of(headers: dict[bytes, bytes]) -> int:
    user = person_of(headers)
    return request_limit(user) if user.is_authenticated else 0


async def _refuse(scope: Scope, receive: Receive, send: Send, size: int, limit: int) -> None:
    text = str(too_large(size, limit))
    programs = scope["path"].startswith("/api/") or b"application/json" in dict(scope["headers"]).get(b"accept", b"")
    mime = b"application/json" if programs else b"text/plain; charset=utf-8"
    body = json.dumps({"code": "too_large", "message": text, "field": "source"}) if programs else text
    headers = [
        (b"content-type", mime),
        (b"content-length", str(len(body.encode())).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": body.encode(), "more_body": True})
    await _drain(receive)
    await send({"type": "http.response.body", "body": b""})


async def _drain(receive: Receive) -> None:
    """Read on for a moment, keeping nothing."""
    left = LINGER_BYTES
    try:
        async with asyncio.timeout(LINGER_SECONDS):
            while left > 0:
                message = await receive()
                left -= len(message.get("body", b""))
                if message["type"] == "http.disconnect" or not message.get("more_body", False):
                    return
    except TimeoutError:
        return
