"""A line of a session's client, as long as it lasts: what is in the outbox goes out over it."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from live.host.outbox import Outbox
from live.lines import Frame, Line, LineLost, control

STUCK_SECONDS = 60.0
"""How long a line may take nothing of what it is sent, until it counts as lost."""

LAST_SECONDS = 3.0
"""How long a line that is ended may take to say what it still has to say, and then why it ends."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What the web process says of a connection. after: number of the last durable message that its client has."""

    session: str
    owner: int
    connection_id: str
    after: int

    @classmethod
    def read(cls, frame: Frame) -> Opened:
        """Raises ValueError for another frame than the first of a line is."""
        value = frame.value.get("open")
        if not isinstance(value, dict):
            raise ValueError("a line begins with `open`")
        return cls(
            str(value["session"]), int(value["owner"]), str(value["connection_id"]), max(0, int(value.get("after", 0)))
        )


class Connection:
    """One line. After :meth:`begin` one task writes to it; what comes from it is read by whoever made this."""

    def __init__(self, line: Line, opened: Opened, outbox: Outbox) -> None:
        self.line, self.opened = line, opened
        self._outbox = outbox
        self._news = asyncio.Event()
        self._writing: asyncio.Task[None] | None = None
        self._saying = self._over = False

    async def begin(self, first: Frame) -> None:
        """Say ``first``, and from now on what is in the outbox. Raises LineLost."""
        await self._send(first)
        if not self._over:
            self._writing = asyncio.create_task(self._write())

    def wake(self) -> None:
        """There is something new in the outbox."""
        self._news.set()

    async def drained(self) -> None:
        """Wait until everything in the outbox was said, but not for long."""
        until = time.monotonic() + LAST_SECONDS
        while self._has_more and not self._over and time.monotonic() < until:
            await asyncio.sleep(0.02)

    @property
    def _has_more(self) -> bool:
        """Whether there is something to be said, or it is just being said."""
        return bool(self._outbox.waiting) or self._news.is_set() or self._saying

    async def hang_up(self, code: int, reason: str) -> None:
        """Nothing more is said but why. reason: for programs."""
        if self._over:
            return
        self._over = True
        await self._quiet()
        with suppress(LineLost, asyncio.TimeoutError):
            await asyncio.wait_for(self.line.send(control({"close": code, "reason": reason})), LAST_SECONDS)
        await self.line.close()

    async def lost(self) -> None:
        """The line is no more."""
        self._over = True
        await self._quiet()
        await self.line.close()

    async def _quiet(self) -> None:
        writing, self._writing = self._writing, None
        if writing is not None and writing is not asyncio.current_task():
            self._news.set()  # should the cancellation be swallowed by what has ended in the same moment
            writing.cancel()
            with suppress(asyncio.CancelledError):
                await writing

    async def _write(self) -> None:
        try:
            while not self._over:
                self._news.clear()
                self._saying = True
                while (frame := self._outbox.next()) is not None:
                    await self._send(frame)
                self._saying = False
                await self._news.wait()
        except LineLost:
            self._saying = False
            await self.line.close()  # so that whoever reads from it notices

    async def _send(self, frame: Frame) -> None:
        sending: Any = self.line.send(frame)
        try:
            await asyncio.wait_for(sending, STUCK_SECONDS)
        except asyncio.TimeoutError:
            raise LineLost from None
