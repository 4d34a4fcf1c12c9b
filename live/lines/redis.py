"""Lines between machines: two lists in Redis a line, and for each side a key that lives while that side does.

Nothing waits for ever: every key expires, lists are bounded by their sender, and a side whose key is gone is no more.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

from live.lines.base import Frame, LineLost, Listener, Taken, pack, unpack

SCHEME = "redis:"
PREFIX = "vocasync:live"
WAITING_FRAMES = 256
"""Frames that are sent ahead of a side that does not take them up."""

BEAT_SECONDS = 2.0
DEAD_SECONDS = 8.0
"""How long a side that says nothing of itself is taken to live; everything of a line expires a little after."""

ANSWER_SECONDS = 5.0
LOOK_SECONDS = 1.0
"""How long Redis is asked to wait for the next frame, before it is looked whether the other side lives."""

ROOM_SECONDS = 0.02
END = b""
"""The last of a list: its sender closed the line."""


@contextmanager
def _lost() -> Iterator[None]:
    """Without Redis there is no line."""
    try:
        yield
    except (RedisError, OSError):
        raise LineLost from None


class RedisLine:
    """See :class:`live.lines.base.Line`. out, into: names of the sides, ``web`` and ``worker``."""

    def __init__(self, client: Redis, line: str, out: str, into: str) -> None:
        self._client = client
        self._out, self._in = (f"{PREFIX}:{line}:to-{side}" for side in (into, out))
        self._mine, self._theirs = (f"{PREFIX}:{line}:{side}-lives" for side in (out, into))
        self._dead = self._closed = False
        self._beating: asyncio.Task[None] | None = None

    async def begin(self) -> None:
        """Say that this side lives, and go on saying so from when the other side does. Raises LineLost where it does
        not in time."""
        until = time.monotonic() + ANSWER_SECONDS
        with _lost():
            while not await self._beat():
                if time.monotonic() > until:
                    raise LineLost
                await asyncio.sleep(ROOM_SECONDS)
        self._beating = asyncio.create_task(self._beat_on())

    async def send(self, frame: Frame) -> None:
        packed = pack(frame)
        with _lost():
            self._check()
            waiting = await self._push(packed)
            while waiting > WAITING_FRAMES:
                await asyncio.sleep(ROOM_SECONDS)
                self._check()
                waiting = await _value(self._client.llen(self._out))

    async def receive(self) -> Frame:
        while True:
            over = self._dead or self._closed  # looked at before: what was sent until then is still received
            with _lost():
                found = await _value(self._client.blpop([self._in], timeout=LOOK_SECONDS))
            if found is not None:
                return self._opened(found[1])
            if over:
                raise LineLost

    def _opened(self, packed: bytes) -> Frame:
        if packed == END:
            self._dead = True
            raise LineLost
        try:
            return unpack(packed)
        except ValueError:
            self._dead = True
            raise LineLost from None

    async def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        if self._beating is not None:
            self._beating.cancel()
            with suppress(asyncio.CancelledError):
                await self._beating
        try:
            with suppress(RedisError, OSError):
                await self._push(END)
                await self._client.delete(self._mine)
        finally:  # whoever closes it may be called off meanwhile
            await self._client.aclose()

    def _check(self) -> None:
        if self._dead or self._closed:
            raise LineLost

    async def _push(self, packed: bytes) -> int:
        """How many frames wait now."""
        async with self._client.pipeline(transaction=False) as calls:
            calls.rpush(self._out, packed)
            calls.expire(self._out, round(2 * DEAD_SECONDS))
            waiting, _ = await calls.execute()
        return int(waiting)

    async def _beat_on(self) -> None:
        heard = time.monotonic()
        while not self._dead:
            await asyncio.sleep(BEAT_SECONDS)
            try:
                if not await self._beat():
                    self._dead = True
                heard = time.monotonic()
            except (RedisError, OSError):
                self._dead = time.monotonic() - heard > DEAD_SECONDS

    async def _beat(self) -> bool:
        """Whether the other side lives."""
        async with self._client.pipeline(transaction=False) as calls:
            calls.set(self._mine, 1, px=round(DEAD_SECONDS * 1000))
            for list_ in (self._in, self._out):
                calls.expire(list_, round(2 * DEAD_SECONDS))
            calls.exists(self._theirs)
            *_, lives = await calls.execute()
        return bool(lives)


async def _value(answer: Any) -> Any:
    """What a call gives: the client's types leave open whether it is asynchronous."""
    return await answer


def _calls(name: str) -> str:
    return f"{PREFIX}:calls:{name}"


class RedisListener:
    """See :class:`live.lines.base.Listener`."""

    def __init__(self, url: str, name: str, taken: Taken) -> None:
        self.address = f"{SCHEME}{name}"
        self._url, self._name, self._taken = url, name, taken
        self._client = Redis.from_url(url)
        self._lines: set[asyncio.Task[None]] = set()
        self._task = asyncio.create_task(self._listen())

    async def close(self) -> None:
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task
        await self._client.aclose()

    async def _listen(self) -> None:
        while True:
            try:
                called = await _value(self._client.blpop([_calls(self._name)], timeout=LOOK_SECONDS))
            except (RedisError, OSError):  # it comes back, or whoever watches over us ends us
                await asyncio.sleep(LOOK_SECONDS)
                continue
            if called is not None:
                task = asyncio.create_task(self._answer(called[1].decode()))
                self._lines.add(task)
                task.add_done_callback(self._lines.discard)

    async def _answer(self, name: str) -> None:
        line = RedisLine(Redis.from_url(self._url), name, "worker", "web")
        try:
            await line.begin()
            await self._taken(line)
        except LineLost:
            await line.close()


async def listen(url: str, name: str, taken: Taken) -> Listener:
    """Take lines as the worker of a name."""
    return RedisListener(url, name, taken)


async def connect(url: str, name: str) -> RedisLine:
    """A line to the worker of a name. Raises LineLost where it does not answer."""
    called = secrets.token_hex(12)
    client = Redis.from_url(url)
    line = RedisLine(client, called, "web", "worker")
    try:
        with _lost():
            await _value(client.rpush(_calls(name), called))
            await client.expire(_calls(name), round(ANSWER_SECONDS))
        await line.begin()
    except LineLost:
        await line.close()
        raise
    return line
