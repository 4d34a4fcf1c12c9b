"""Sound that is sent while it is spoken."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

from asgiref.sync import sync_to_async
from django.db import connections
from django.http import StreamingHttpResponse

from voices.following import Broken, Following

LOOK_SECONDS = 0.05
"""Between two looks for more of it."""

Left = Callable[[], Awaitable[None]]
"""What is done when a client hangs up."""


async def first(following: Following, seconds: float) -> bytes | None:
    """The beginning, waited for so long; b"" where there is none by then, None where there is nothing at all. Raises
    :class:`voices.following.Broken`."""
    end = time.monotonic() + seconds
    while (block := await sync_to_async(_read)(following)) == b"" and time.monotonic() < end:
        await asyncio.sleep(LOOK_SECONDS)
    return block


class LiveResponse(StreamingHttpResponse):
    """What was read already, then the rest as it comes; of a length that nobody knows.

    What breaks on the way breaks the connection: a stream that ended as if it were whole would lie.
    """

    def __init__(self, following: Following, begun: bytes, mime: str, left: Left | None = None) -> None:
        super().__init__(_rest(following, begun), content_type=mime)
        self._following, self._begun, self._left = following, begun, left
        self["Cache-Control"] = "no-store"
        self["X-Accel-Buffering"] = "no"  # nginx would collect it first

    async def __aiter__(self) -> AsyncIterator[bytes]:
        whole = False
        try:
            block: bytes | None = self._begun
            while block is not None:
                if block:
                    yield block
                else:
                    await asyncio.sleep(LOOK_SECONDS)
                block = await sync_to_async(_read)(self._following)
            whole = True
        except Broken:
            whole = True
            raise asyncio.CancelledError from None  # the server closes the connection, and writes no traceback
        finally:
            await sync_to_async(self._following.close)()
            if not whole and self._left is not None:
                await self._left()


def _rest(following: Following, begun: bytes) -> Iterator[bytes]:
    """The same without an event loop."""
    block: bytes | None = begun
    try:
        while block is not None:
            if block:
                yield block
            else:
                time.sleep(LOOK_SECONDS)
            block = following.read()
    finally:
        following.close()


def _read(following: Following) -> bytes | None:
    """The connection is given back: many may listen, and each has a thread of its own."""
    try:
        return following.read()
    finally:
        for connection in connections.all(initialized_only=True):
            if not connection.in_atomic_block:
                connection.close()
