"""A live worker in the test's own event loop, and the web process's end of its lines."""

from __future__ import annotations

import asyncio
import threading
import uuid
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from channels.db import database_sync_to_async

from accounts.models import User
from live import lines, messages, services
from live.host import worker as worker_module
from live.host.worker import Worker
from live.lines import Kind, Line, LineLost
from live.messages import Chunk, Message, Piece
from live.models import LiveSession, LiveWorker
from tests.waiting import PATIENCE

SLOWLY = 0.02

Told = Message | Piece


async def row_of(owner: User, session_id: str = "session-one") -> LiveSession:
    opened = database_sync_to_async(services.session_open)
    return await opened(owner=owner, session_id=session_id, connection_id="connection-1")


async def fresh(row: LiveSession) -> LiveSession:
    return await LiveSession.objects.aget(pk=row.pk)


class Client:
    """What a client is told over a line, each message checked against the protocol. code: with which it was closed."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self.told: list[Told] = []
        self.code: int | None = None

    async def next(self) -> Told | None:
        """None once the line is over."""
        try:
            while True:
                frame = await asyncio.wait_for(self.line.receive(), PATIENCE)
                if frame.kind is Kind.CONTROL:
                    self.code = frame.value["close"]
                    continue
                told: Told = messages.piece_decode(frame.body) if frame.kind is Kind.BINARY else frame.value
                if not isinstance(told, Piece):
                    messages.check(told)
                self.told.append(told)
                return told
        except LineLost:
            return None

    async def until(self, kind: str, **fields: Any) -> Message:
        """The next message of a type, with these fields."""
        deadline = asyncio.get_running_loop().time() + PATIENCE
        while (told := await self.next()) is not None and asyncio.get_running_loop().time() < deadline:
            if not isinstance(told, Piece) and told["type"] == kind and fields.items() <= told.items():
                return told
        raise AssertionError(f"no {kind} came: {self.told[-5:]}")

    async def over(self) -> int | None:
        """Wait for the end of the line; with which code it was closed."""
        while await self.next() is not None:
            pass
        return self.code

    async def say(self, kind: str, **fields: Any) -> None:
        await self.line.send(lines.message({"type": kind, **fields}))

    async def sound(self, seq: int, pcm: bytes) -> None:
        await self.line.send(lines.binary(messages.chunk_encode(Chunk(seq, pcm))))

    async def error(self) -> str:
        return str((await self.until("error"))["code"])

    @property
    def durable(self) -> list[int]:
        """Numbers of what was told, in order."""
        numbers = [one.seq if isinstance(one, Piece) else one.get("seq", 0) for one in self.told]
        passing = ("ready", "pong")
        return [
            number
            for one, number in zip(self.told, numbers, strict=True)
            if number and (isinstance(one, Piece) or one["type"] not in passing)
        ]


class Host:
    """A worker that runs, as a task."""

    def __init__(self, worker: Worker, task: asyncio.Task[None]) -> None:
        self.worker, self.task = worker, task
        self.clients: list[Client] = []

    async def client(self) -> Client:
        """A line on which nothing was said yet."""
        row = await LiveWorker.objects.aget()
        self.clients.append(client := Client(await lines.connect(row.address)))
        return client

    async def open(
        self, row: LiveSession, after: int = 0, *, connection: str = "connection-1"
    ) -> tuple[Client, Message]:
        """A client's line to a session, and how it was greeted."""
        client = await self.client()
        opening = {"session": str(row.pk), "owner": row.owner_id, "connection_id": connection, "after": after}
        await client.line.send(lines.control({"open": opening}))
        ready = await client.next()
        assert isinstance(ready, dict)
        return client, ready

    async def stop(self) -> None:
        self.worker.stop()
        await asyncio.wait_for(self.task, PATIENCE)


@pytest.fixture
async def host(settings: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch, db: None) -> AsyncIterator[Host]:
    settings.LIVE_SOCKETS = tmp_path / "live"
    settings.WATERMARK = "off"
    for name, seconds in (("BEAT_SECONDS", 0.1), ("WRITE_SECONDS", 0.3), ("TICK_SECONDS", SLOWLY)):
        monkeypatch.setattr(worker_module, name, seconds)
    monkeypatch.setattr(worker_module, "WARM_BYTES", 2**62)  # nothing is loaded before somebody asks for it
    worker = Worker(f"worker-{uuid.uuid4().hex[:6]}", room=2)
    task = asyncio.create_task(worker.run())
    while not await LiveWorker.objects.aexists():
        assert not task.done(), task.exception()
        await asyncio.sleep(SLOWLY)
    started = Host(worker, task)
    yield started
    for client in started.clients:
        await client.line.close()
    await started.stop()
    for thread in threading.enumerate():
        if thread.name == "warm":  # it works for sessions to come, which a process that ends has none of
            await asyncio.to_thread(thread.join, PATIENCE)


async def until(true: Callable[[], Any]) -> None:
    """Wait for it: something to await, or at once."""
    deadline = asyncio.get_running_loop().time() + PATIENCE
    while True:
        found = true()
        if await found if asyncio.iscoroutine(found) else found:
            return
        assert asyncio.get_running_loop().time() < deadline, "it did not come"
        await asyncio.sleep(SLOWLY)
