"""A program's side of a live session: what the commands and the load script speak, and an example for whoever writes
their own. Knows no Django.

    async with LiveClient("http://127.0.0.1:8000", key="voca_…") as client:
        await client.send({"type": "start_dubbing", "target_language": "es", "source_language": "en"})
        await client.say(pcm)
        told = await client.receive()
"""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from types import TracebackType
from typing import Any
from urllib.parse import quote

import websockets.exceptions
from websockets.asyncio.client import ClientConnection, connect

from live import messages
from live.messages import Chunk, Message, Piece

MOST_BYTES = 16 * 2**20
"""Of a frame that is taken: far above what the site sends."""

ACK_SECONDS = 1.0


class Closed(Exception):
    """The site closed the socket. code: of :class:`live.messages.Close`."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"{code} {reason}".strip())
        self.code, self.reason = code, reason


class LiveClient:
    """One session; after :meth:`connect` once more it is resumed, with nothing said or heard twice.

    site: address of its pages. after: number of the last message that need not be told again. ready: how the site
    greeted.
    """

    def __init__(self, site: str, key: str, session_id: str = "") -> None:
        self.session_id = session_id or secrets.token_hex(16)
        self.after = 0
        self.ready: Message = {}
        self._site = site.rstrip("/").replace("http", "ws", 1)
        self._key = key
        self._next = 0
        self._acked = 0.0
        self._socket: ClientConnection | None = None

    async def __aenter__(self) -> LiveClient:
        await self.connect()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def connect(self) -> None:
        """Open a socket, the first or another one. Raises :class:`Closed`, OSError."""
        await self.close()
        address = f"{self._site}/ws/{secrets.token_hex(16)}/{quote(self.session_id)}?after={self.after}&origin=program"
        protocols: Any = [messages.SUBPROTOCOL]
        headers = {"Authorization": f"Bearer {self._key}"}
        self._socket = await connect(address, subprotocols=protocols, additional_headers=headers, max_size=MOST_BYTES)
        told = await self.receive()
        if isinstance(told, Piece) or told["type"] != "ready":
            raise Closed(messages.Close.BROKEN, str(told))
        self.ready = told

    async def close(self) -> None:
        """Hang up; the session waits for a while."""
        socket, self._socket = self._socket, None
        if socket is not None:
            await socket.close()

    async def send(self, message: Message) -> None:
        """Say something. Raises :class:`Closed`."""
        await self._put(json.dumps(message))

    async def say(self, pcm: bytes) -> int:
        """Send a chunk of sound (16 bits, little-endian, channels interleaved); returns its number. Raises
        :class:`Closed`."""
        seq, self._next = self._next, self._next + 1
        await self.say_again(seq, pcm)
        return seq

    async def say_again(self, seq: int, pcm: bytes) -> None:
        """Send a chunk under a number of its own. Raises :class:`Closed`."""
        await self._put(messages.chunk_encode(Chunk(seq, pcm)))

    async def receive(self) -> Message | Piece:
        """What the site says next; what it should not say twice is acknowledged. Raises :class:`Closed`."""
        if self._socket is None:
            raise Closed(1000, "not connected")
        try:
            frame = await self._socket.recv()
        except websockets.exceptions.ConnectionClosed as error:
            raise _closed(error) from error
        told: Message | Piece = messages.piece_decode(frame) if isinstance(frame, bytes) else json.loads(frame)
        seq = told.seq if isinstance(told, Piece) else told.get("seq", 0)
        if isinstance(told, Piece) or told["type"] not in ("ready", "pong"):
            self.after = max(self.after, seq)
        await self._acknowledge()
        return told

    async def _acknowledge(self) -> None:
        now = time.monotonic()
        if self.after and now - self._acked >= ACK_SECONDS:
            self._acked = now
            await self.send({"type": "ack", "seq": self.after})

    async def _put(self, frame: str | bytes) -> None:
        if self._socket is None:
            raise Closed(1000, "not connected")
        try:
            await self._socket.send(frame)
        except websockets.exceptions.ConnectionClosed as error:
            raise _closed(error) from error


async def paced(client: LiveClient, pcm: bytes, rate: int, samples: int, speed: float = 1.0) -> list[float]:
    """Send mono sound as a microphone does, in chunks of so many samples; returns when each was sent, by
    ``time.monotonic``. speed: of the clock, 2 for twice as fast as it is spoken."""
    size, began, sent = 2 * samples, time.monotonic(), []
    for number, at in enumerate(range(0, len(pcm), size)):
        await asyncio.sleep(max(0.0, began + (number + 1) * samples / rate / speed - time.monotonic()))
        await client.say(pcm[at : at + size])
        sent.append(time.monotonic())
    return sent


def _closed(error: websockets.exceptions.ConnectionClosed) -> Closed:
    return Closed(error.rcvd.code, error.rcvd.reason) if error.rcvd else Closed(1006, "the connection broke")
