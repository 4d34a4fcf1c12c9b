"""A client's end of a websocket of the site's."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from asgiref.testing import ApplicationCommunicator
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore

from accounts.models import User
from tests.waiting import PATIENCE
from vocasite.asgi import application

ORIGIN = (b"origin", b"http://localhost")


class Socket(ApplicationCommunicator):  # type: ignore[misc]
    """The client's end of a websocket. subprotocol: which of those offered was picked, once it is open."""

    def __init__(self, path: str, *headers: tuple[bytes, bytes], subprotocols: Sequence[str] = ()) -> None:
        path, _, query = path.partition("?")
        scope = {"type": "websocket", "path": path, "query_string": query.encode("latin-1", "replace")}
        super().__init__(application, scope | {"headers": list(headers), "subprotocols": list(subprotocols)})
        self.subprotocol: str | None = None

    async def opens(self) -> bool:
        await self.send_input({"type": "websocket.connect"})
        answer = await self.receive_output(PATIENCE)
        self.subprotocol = answer.get("subprotocol")
        return bool(answer["type"] == "websocket.accept")

    async def sent(self) -> Any:
        """What comes next: text or bytes."""
        sent = await self.receive_output(PATIENCE)
        assert sent["type"] == "websocket.send", sent
        return sent["text"] if sent.get("text") is not None else sent["bytes"]

    async def message(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads(await self.sent())
        return content

    async def say(self, said: Any) -> None:
        """Bytes, text, or what becomes a JSON message."""
        if isinstance(said, bytes):
            frame: dict[str, Any] = {"bytes": said}
        else:
            frame = {"text": said if isinstance(said, str) else json.dumps(said)}
        await self.send_input({"type": "websocket.receive", **frame})

    async def leave(self) -> None:
        await self.send_input({"type": "websocket.disconnect", "code": 1000})
        await self.wait(PATIENCE)


async def closed_with(socket: Socket) -> int:
    message = await socket.receive_output(PATIENCE)
    assert message["type"] == "websocket.close", message
    code: int = message["code"]
    return code


def cookie(user: User) -> tuple[bytes, bytes]:
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return (b"cookie", f"{settings.SESSION_COOKIE_NAME}={session.session_key}".encode())
