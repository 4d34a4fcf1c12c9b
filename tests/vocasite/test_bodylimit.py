"""Bodies are stopped at the door, before Django writes them to disk."""

from __future__ import annotations

import json
import shutil
from types import SimpleNamespace
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator as UntypedCommunicator
from pytest_django import Settings

from accounts.models import User
from accounts.services import api_key_create
from vocasite import bodylimit
from vocasite.bodylimit import BodyLimit, Message, Receive, Scope, Send
from web.uploads import request_limit

SMALL = 1000
ApplicationCommunicator: Any = UntypedCommunicator
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _small(settings: Settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = SMALL
    settings.PLANS = {"standard": settings.PLANS["standard"] | {"upload_mb": 0}}


class Reader:
    """An application that reads a body to its end and answers how long it was, as Django does."""

    def __init__(self) -> None:
        self.called = False
        self.disconnected = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.called = True
        length, more = 0, True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                self.disconnected = True
                return
            length += len(message.get("body", b""))
            more = message.get("more_body", False)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": str(length).encode()})


def scope(*headers: tuple[str, str], method: str = "POST", path: str = "/api/jobs/dubbing") -> dict[str, Any]:
    named = {"content-type": "multipart/form-data; boundary=x", **dict(headers)}
    raw = [(name.encode(), value.encode()) for name, value in named.items()]
    return {"type": "http", "method": method, "path": path, "headers": raw}


async def talk(app: Any, where: dict[str, Any], *parts: bytes) -> tuple[int, bytes]:
    """Send a body in parts; the status and the body of the answer."""
    communicator = ApplicationCommunicator(BodyLimit(app), where)
    for number, part in enumerate(parts, 1):
        await communicator.send_input({"type": "http.request", "body": part, "more_body": number < len(parts)})
    start: Message = await communicator.receive_output(10)
    body, more = b"", True
    while more:
        message: Message = await communicator.receive_output(10)
        body += message.get("body", b"")
        more = message.get("more_body", False)
    await communicator.wait()
    return start["status"], body


async def test_a_small_body_passes_unasked() -> None:
    assert await talk(Reader(), scope(("content-length", "5")), b"hello") == (200, b"5")
    assert await talk(Reader(), scope(), b"hel", b"lo") == (200, b"5")


async def test_a_body_that_says_it_is_too_large_is_not_let_in() -> None:
    app = Reader()
    status, body = await talk(app, scope(("content-length", str(SMALL + 1))), b"x" * (SMALL + 1))
    assert status == 413
    assert json.loads(body)["code"] == "too_large"
    assert not app.called


async def test_a_body_that_does_not_say_is_cut_off() -> None:
    app = Reader()
    status, body = await talk(app, scope(path="/accounts/login/"), *[b"x" * 300] * 10)
    assert status == 413
    assert b"limit" in body
    assert app.disconnected


async def test_a_lying_length_is_counted() -> None:
    app = Reader()
    status, _ = await talk(app, scope(("content-length", "5")), b"x" * SMALL, b"x" * SMALL)
    assert status == 413
    assert app.disconnected


async def test_reading_has_no_body_to_limit() -> None:
    assert (await talk(Reader(), scope(method="GET"), b""))[0] == 200


async def test_a_person_may_send_what_they_may_send() -> None:
    user = await sync_to_async(User.objects.create_user)("alice", max_upload_mb=1)
    secret = (await sync_to_async(api_key_create)(owner=user, name="laptop"))[1]
    limit = request_limit(user)
    key = ("authorization", f"Bearer {secret}")
    assert await talk(Reader(), scope(key, ("content-length", "5000")), b"x" * 5000) == (200, b"5000")
    assert await talk(Reader(), scope(key), b"x" * 3000, b"x" * 2000) == (200, b"5000")
    status, body = await talk(Reader(), scope(key, ("content-length", str(limit + 1))), b"x")
    assert status == 413
    assert "your limit is 1 MB" in json.loads(body)["message"]
    as_json = ("content-type", "application/json")  # read into memory, so never large
    assert (await talk(Reader(), scope(key, as_json, ("content-length", "5000")), b"x"))[0] == 413
    wrong = ("authorization", f"Bearer {secret}x")
    assert (await talk(Reader(), scope(wrong, ("content-length", "5000")), b"x" * 5000))[0] == 413


async def test_a_full_disk_is_said_before_the_upload(monkeypatch: pytest.MonkeyPatch) -> None:
    user = await sync_to_async(User.objects.create_user)("alice")
    secret = (await sync_to_async(api_key_create)(owner=user, name="laptop"))[1]
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=9_999))
    app = Reader()
    headers = (("authorization", f"Bearer {secret}"), ("content-length", "5000"))
    status, body = await talk(app, scope(*headers), b"x" * 5000)
    assert (status, json.loads(body)["code"]) == (507, "disk_full")
    assert not app.called


async def test_a_slow_sender_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodylimit, "LINGER_SECONDS", 0.05)
    communicator = ApplicationCommunicator(BodyLimit(Reader()), scope(("content-length", "99999")))
    await communicator.send_input({"type": "http.request", "body": b"x", "more_body": True})
    await communicator.wait(5)
    assert (await communicator.receive_output(1))["status"] == 413


async def test_sockets_pass() -> None:
    seen: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope["type"])

    await BodyLimit(app)({"type": "websocket"}, None, None)  # type: ignore[arg-type]
    assert seen == ["websocket"]
