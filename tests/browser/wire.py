"""A server that speaks the wire of live dubbing and understands no speech: what it tells is what a test has it tell.

Both directions are checked against the protocol's own document.
"""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
from playwright.sync_api import Page
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve

from live import messages
from live.messages import Chunk, Message, Piece

PROTOCOL = "vocasync.live.v1"
RATE, CHUNK = 16_000, 1024
ELSEWHERE = """(port) => {
  const Own = WebSocket;
  globalThis.WebSocket = class extends Own {
    constructor(url, protocols) { super(url.replace(location.host, `127.0.0.1:${port}`), protocols); }
  };
}"""
NUMBERS: Message = {
    "heard_seconds": 12.0,
    "spoken_seconds": 10.5,
    "clauses": 5,
    "lag": 0.8,
    "real_time_factor": 0.34,
    "similarity": 0.71,
    "errors": {},
    "dropped": {"partials": 0, "pauses": 0, "clauses": 0},
    "waiting": {},
}


def spread(p50: float, p95: float, count: int = 5) -> Message:
    return {"count": count, "p50": p50, "p95": p95, "p99": p95}


DELAYS: Message = {
    "recognition": spread(0.2, 0.28),
    "translation": spread(0.01, 0.02),
    "synthesis": spread(0.16, 0.31),
    "total": spread(0.41, 0.58),
}


class WireServer:
    """One session. refuse: close code for whoever connects, 0 for none. forgetful: it resumes nothing. path, offered:
    of the last connection, and the subprotocols that it offered. away: seconds from the last :meth:`drop` until the
    client was back."""

    def __init__(self) -> None:
        self.refuse = 0
        self.forgetful = False
        self.connections = 0
        self.port = 0
        self.session = ""
        self.path = ""
        self.offered = ""
        self.away = 0.0
        self._dropped = 0.0
        self.started: Message = {}
        self.told: list[Message] = []
        self.chunks: dict[int, bytes] = {}
        self.seq = 0
        self._outbox: list[tuple[int, str | bytes]] = []
        self._socket: ServerConnection | None = None
        self._lock = threading.Lock()

    # --- what a test does ---------------------------------------------------------------------------------------------
    def say(self, kind: str, **values: Any) -> None:
        """Tell a message; those that are durable get their number, and wait for a client that is away."""
        durable = kind in {"started", "translation", "spoken", "speaker", "stopped"} or values.get("final", False)
        with self._lock:
            if durable:
                self.seq += 1
                values["seq"] = self.seq
            message = {"type": kind, **values}
            messages.check(message)
            text = json.dumps(message)
            if durable:
                self._outbox.append((self.seq, text))
            self._send(text)

    def dub(self, clause: int, seconds: float, rate: int = 22_050, *, last: bool = True, pause_ms: int = 0) -> None:
        """A tone as a clause's sound."""
        wave = 0.3 * np.sin(2 * np.pi * 330 * np.arange(round(seconds * rate)) / rate)
        pcm = (wave * 32767).astype("<i2").tobytes()
        with self._lock:
            self.seq += 1
            frame = messages.piece_encode(Piece(self.seq, clause, rate, pcm, pause_ms, last))
            self._outbox.append((self.seq, frame))
            self._send(frame)

    def clause(self, number: int, text: str, translation: str, speaker: int = 0, **more: Any) -> None:
        """All that is told of a clause that went well."""
        self._heard_as(number, text, speaker=speaker, confidence=0.8, final=True)
        self.say("translation", clause=number, text=translation, language="es", unsure=more.get("unsure", False))
        self.dub(number, more.get("seconds", 0.3))
        recognition = more.get("recognition", 0.2)
        delays = {"recognition": recognition, "translation": 0.01, "synthesis": 0.16, "total": recognition + 0.17}
        self.say("spoken", clause=number, speaker=speaker, voice="own", seconds=0.3, rate=1.0, delays=delays, reason="")

    def guess(self, number: int, text: str) -> None:
        """What is under way."""
        self._heard_as(number, text, speaker=None, confidence=None, final=False)

    def _heard_as(self, number: int, text: str, **more: Any) -> None:
        start = 2.2 * number
        self.say("transcript", clause=number, text=text, language="en", start=start, end=start + 1.8, **more)

    def speaker(self, number: int, name: str, voice: str, similarity: float = 1.0) -> None:
        self.say(
            "speaker",
            speaker=number,
            name=name,
            actor="",
            similarity=similarity,
            voice=voice,
            seconds=4.2,
            new=similarity == 1.0,
        )

    def metrics(self) -> None:
        self.say("metrics", delays=DELAYS, heard=len(self.chunks), **NUMBERS)

    def fail(self, code: str, text: str, field: str) -> None:
        """End the session with an error."""
        self.say("error", code=code, message=text, field=field, fatal=True)
        if self._socket is not None:
            self._socket.close(messages.Close.STOPPED)

    def drop(self) -> None:
        """The network is gone: the socket ends without a word."""
        self._dropped = time.monotonic()
        if self._socket is not None:
            with suppress(OSError):  # it is closed already
                self._socket.socket.shutdown(socket.SHUT_RDWR)

    # --- the socket --------------------------------------------------------------------------------------------------
    def _send(self, frame: str | bytes) -> None:
        try:
            if self._socket is not None:
                self._socket.send(frame)
        except ConnectionClosed:
            pass  # it is told again when the client is back

    def __call__(self, connection: ServerConnection) -> None:
        request = connection.request
        assert request is not None
        self.connections += 1
        self.path, self.offered = request.path, request.headers.get("Sec-WebSocket-Protocol", "")
        if self.refuse:
            connection.close(self.refuse)
            return
        address = urlsplit(request.path)
        session = address.path.strip("/").split("/")[2]
        after = int(parse_qs(address.query).get("after", ["0"])[0])
        self._greet(connection, session, after)
        try:
            for frame in connection:
                self._heard(frame)
        except ConnectionClosed:
            pass

    def _greet(self, connection: ServerConnection, session: str, after: int) -> None:
        resumed = session == self.session and not self.forgetful
        self.away = time.monotonic() - self._dropped
        with self._lock:
            if not resumed:
                self.session, self.started, self.chunks, self.seq, self._outbox = session, {}, {}, 0, []
            ready = {
                "type": "ready",
                "version": 1,
                "session_id": session,
                "connection_id": "connection",
                "resumed": resumed,
                "state": "running" if self.started else "waiting",
                "heard": max(self.chunks, default=-1) + 1,
                "seq": self.seq,
                "sample_rate": RATE,
                "chunk_size": CHUNK,
                "max_chunk_duration": 1.0,
                "limits": {},
            }
            messages.check(ready)
            connection.send(json.dumps(ready))
            for seq, frame in self._outbox:
                if seq > after:
                    connection.send(frame)
            self._socket = connection

    def _heard(self, frame: str | bytes) -> None:
        if isinstance(frame, bytes):
            chunk: Chunk = messages.chunk_decode(frame)
            self.chunks.setdefault(chunk.seq, chunk.pcm)
            return
        message = messages.parse(frame)
        self.told.append(message)
        kind = message["type"]
        if kind == "start_dubbing":
            self._start(message)
        elif kind == "ping":
            self.say("pong", at=message["at"], heard=len(self.chunks), seq=self.seq)
        elif kind == "ack":
            self._outbox = [row for row in self._outbox if row[0] > message["seq"]]
        elif kind == "stop":
            self.say("stopped", numbers={"delays": DELAYS, **NUMBERS})

    def _start(self, message: Message) -> None:
        self.started = message
        self.say("loading", stage="asr", progress=0.5, eta_seconds=1.0)
        self.say(
            "started",
            engines={"asr": "pocketsphinx", "translate": "apertium", "tts": "espeak"},
            source_language="en",
            target_language=message["target_language"],
            notes=[],
        )

    def missing(self) -> float:
        """Seconds of sound whose chunks did not come, though later ones did."""
        numbers = list(self.chunks)
        return (max(numbers, default=-1) + 1 - len(numbers)) * CHUNK / RATE

    def samples(self) -> Any:
        """All sound that came, int16, in the order of its numbers."""
        return np.frombuffer(b"".join(pcm for _, pcm in sorted(self.chunks.items())), "<i2")


@contextmanager
def serving() -> Iterator[WireServer]:
    """Such a server, at a port of its own."""
    wire = WireServer()
    with serve(wire, "127.0.0.1", 0, subprotocols=[PROTOCOL], max_size=2**24) as server:  # type: ignore[list-item]
        wire.port = server.socket.getsockname()[1]
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield wire
        finally:
            wire.drop()
            server.shutdown()
            thread.join(5)


@contextmanager
def speaking(page: Page) -> Iterator[WireServer]:
    """Such a server, which the page connects to in the place of its own site. The page's context must bypass its
    policy, which refuses sockets of other ports."""
    with serving() as wire:
        page.add_init_script(f"({ELSEWHERE})({wire.port})")
        yield wire
