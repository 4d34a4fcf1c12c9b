"""Request bodies are stopped at the door.

Django under ASGI writes a whole body to disk before any middleware or view sees the request, so a limit further in
comes too late. This ASGI application sits around Django: it refuses by ``Content-Length`` before the first byte, and
counts what comes where the length is not said or not true.
"""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from channels.db import database_sync_to_async
from django.conf import settings

from accounts.identify import person_of
from accounts.limits import limits_for
from vocasync.errors import PipelineError
from web.api.errors import problem, status_of
from web.uploads import request_limit, too_large

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Any, Any, Any], Awaitable[None]]

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
    ended: bool = False

    @property
    def exceeded(self) -> bool:
        return self.count > self.limit

    async def __call__(self) -> Message:
        message = await self.receive()
        self.count += len(message.get("body", b""))
        self.ended = not message.get("more_body", False)
        return {"type": "http.disconnect"} if self.exceeded else message


@dataclass(frozen=True, slots=True)
class _Allowance:
    """What a request may send. body: bytes of it all. file: bytes of its largest file, which is what a person knows."""

    body: int
    file: int


class BodyLimit:
    """ASGI: lets bodies up to the sender's limit through to ``app``, and answers 413 for the rest.

    Only a form with files, of somebody who is signed in, may be larger than ``DATA_UPLOAD_MAX_MEMORY_SIZE``; and not
    when the disk has no room for it (507).
    """

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in BODILESS:
            await self.app(scope, receive, send)
            return
        headers: dict[bytes, bytes] = dict(scope["headers"])
        declared = _declared(headers)
        allowed = await _allowance(headers, declared)
        refusal = _refusal(declared or 0, allowed)
        if refusal is not None:
            await _answer(scope, send, refusal, rest=receive)
            return
        meter = _Meter(receive, allowed.body)
        await self.app(scope, meter, send)
        if meter.exceeded:
            refusal = too_large(meter.count, allowed.file).problem
            await _answer(scope, send, refusal, rest=None if meter.ended else receive)


def _declared(headers: dict[bytes, bytes]) -> int | None:
    text = headers.get(b"content-length", b"")
    return int(text) if text.isdigit() else None


async def _allowance(headers: dict[bytes, bytes], declared: int | None) -> _Allowance:
    small = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    form = headers.get(b"content-type", b"").lower().startswith(b"multipart/form-data")
    if not form or (declared is not None and declared <= small):
        return _Allowance(small, small)
    user = await database_sync_to_async(person_of)(headers)
    if not user.is_authenticated:
        return _Allowance(small, small)
    return _Allowance(max(small, request_limit(user)), limits_for(user).upload_bytes)


def _refusal(declared: int, allowed: _Allowance) -> PipelineError | None:
    if declared > allowed.body:
        return too_large(declared, allowed.file).problem
    if declared > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
        # Once as it arrives, once as the form's file; the file is then moved, not copied, to its place.
        needed, free = 2 * declared, shutil.disk_usage(settings.FILE_UPLOAD_TEMP_DIR).free
        if needed > free:
            return PipelineError("disk_full", needed=needed / 2**20, free=free / 2**20)
    return None


async def _answer(scope: Scope, send: Send, refusal: PipelineError, rest: Receive | None) -> None:
    """Say why. ``rest``: where the remainder of the body comes from, if there is any."""
    accept = dict(scope["headers"]).get(b"accept", b"")
    programs = scope["path"].startswith("/api/") or b"application/json" in accept
    mime = b"application/json" if programs else b"text/plain; charset=utf-8"
    body = (json.dumps(problem(refusal)) if programs else str(refusal)).encode()
    headers = [(b"content-type", mime), (b"content-length", str(len(body)).encode()), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": status_of(refusal), "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": True})
    if rest is not None:
        await _drain(rest)
    await send({"type": "http.response.body", "body": b""})


async def _drain(receive: Receive) -> None:
    """Read on for a moment, keeping nothing."""
    with suppress(asyncio.TimeoutError):  # its own before Python 3.11
        await asyncio.wait_for(_read(receive, LINGER_BYTES), LINGER_SECONDS)


async def _read(receive: Receive, left: int) -> None:
    while left > 0:
        message = await receive()
        left -= len(message.get("body", b""))
        if message["type"] == "http.disconnect" or not message.get("more_body", False):
            return
