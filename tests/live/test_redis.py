"""Several machines: the live socket here, ``manage.py live`` in a process of its own, and Redis between them."""

from __future__ import annotations

import json
import shutil
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from channels.db import database_sync_to_async

from accounts.models import User
from live import messages
from live.messages import Chunk, Close
from live.models import LiveSession, LiveWorker
from tests.dubbing.workers import LIVE, Worker, running
from tests.live.host.conftest import until
from tests.redis_server import redis_server
from tests.sockets import ORIGIN, Socket, cookie
from tests.waiting import PATIENCE

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(120),
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(shutil.which("redis-server") is None, reason="redis-server is not installed"),
]


@pytest.fixture
def worker(transactional_db: None, tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Worker]:
    with redis_server(tmp_path) as url:
        settings.REDIS_URL = url
        monkeypatch.setenv("VOCASYNC_REDIS_URL", url)
        with running(tmp_path, "tests.settings", LIVE, "takes 10 sessions") as started:
            yield started


@pytest.fixture
async def socket(worker: Worker, alice: User) -> AsyncIterator[Socket]:
    socket = Socket("/ws/connection-1/session-one", ORIGIN, await database_sync_to_async(cookie)(alice))
    assert await socket.opens()
    yield socket
    await socket.leave()


async def next_of(socket: Socket) -> dict[str, Any]:
    """What is sent next, or how the socket is closed; not that engines are loaded, which is told when they are."""
    while True:
        sent: dict[str, Any] = await socket.receive_output(PATIENCE)
        told = json.loads(sent["text"]) if sent["type"] == "websocket.send" else sent
        if told["type"] != "loading":
            return told


async def test_a_session_goes_through_redis(socket: Socket, worker: Worker) -> None:
    assert (await LiveWorker.objects.aget()).address.startswith("redis:")
    ready = await next_of(socket)
    assert (ready["type"], ready["state"]) == ("ready", "waiting")
    await socket.say({"type": "ping", "at": 4.5})
    assert (await next_of(socket))["at"] == 4.5
    await socket.say(messages.chunk_encode(Chunk(0, bytes(2048))))
    assert (await next_of(socket))["code"] == "live_unstarted"
    await socket.say({"type": "stop"})
    stopped = await next_of(socket)
    assert stopped["type"] == "stopped"
    await socket.say({"type": "ack", "seq": stopped["seq"]})
    assert (await next_of(socket))["code"] == Close.STOPPED
    await until(lambda: LiveSession.objects.filter(state="stopped").aexists())


async def test_a_worker_that_stops_says_so(socket: Socket, worker: Worker) -> None:
    assert (await next_of(socket))["type"] == "ready"
    worker.process.send_signal(signal.SIGTERM)
    assert (await next_of(socket))["code"] == "live_worker_lost"
    assert (await next_of(socket))["code"] == Close.WORKER_LOST
