"""A local HTTP/1.1 server that stands for a vendor's: it answers as told, well or badly, and remembers the requests."""

from __future__ import annotations

import json
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit

MODES = frozenset({"", "slow", "drop", "short", "reset"})


@dataclass(frozen=True, slots=True)
class Asked:
    """A request. query: of the address. connection: number of the connection that it came over."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    body: bytes
    connection: int

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer. mode: ``slow`` (after ``seconds``), ``drop`` (nothing at all), ``short`` (half of the body, then the
    end), ``reset`` (half of the body, then a reset)."""

    status: int = 200
    body: bytes | str | dict[str, Any] | list[Any] = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    mode: str = ""
    seconds: float = 1.0

    @property
    def data(self) -> bytes:
        if isinstance(self.body, bytes):
            return self.body
        return (self.body if isinstance(self.body, str) else json.dumps(self.body, ensure_ascii=False)).encode()


class LocalServer(ThreadingHTTPServer):
    """``script``: replies to the next requests (None: as :meth:`answer` says), before all are answered that way.
    ``asked``: what came."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.script: list[Reply | None] = []
        self.asked: list[Asked] = []
        self.connections = 0
        self.changed = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def answer(self, asked: Asked) -> Reply:
        """As the vendor's documentation says."""
        return Reply(body={"path": asked.path})

    def process_request(self, request: Any, client_address: Any) -> None:
        self.connections += 1
        super().process_request(request, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Whoever asked hung up; anything else is a mistake of this server, and said."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    server: LocalServer
    protocol_version = "HTTP/1.1"

    def setup(self) -> None:
        super().setup()
        self._number = self.server.connections

    def _handle(self) -> None:
        url = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        asked = Asked(self.command, url.path, parse_qs(url.query), headers, body, self._number)
        self.server.asked.append(asked)
        self.server.changed.set()
        told = self.server.script.pop(0) if self.server.script else None
        reply = told or self.server.answer(asked)
        with suppress(BrokenPipeError, ConnectionResetError):  # whoever asked did not wait
            self._send(reply)

    do_GET = do_POST = do_DELETE = do_PUT = _handle  # noqa: N815

    def _send(self, reply: Reply) -> None:
        assert reply.mode in MODES
        if reply.mode == "slow":
            time.sleep(reply.seconds)
        if reply.mode == "drop":
            self.close_connection = True
            return
        self.send_response(reply.status)
        headers = {"Content-Type": "application/json; charset=utf-8", "Content-Length": str(len(reply.data))}
        for name, value in (headers | dict(reply.headers)).items():
            self.send_header(name, value)
        self.end_headers()
        broken = reply.mode in {"short", "reset"}
        self.wfile.write(reply.data[: len(reply.data) // 2] if broken else reply.data)
        self.wfile.flush()
        self.close_connection = self.close_connection or broken
        if reply.mode == "reset":  # closed with nothing to linger for: the other side hears a reset
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def log_message(self, *args: object) -> None:
        return None


Server = TypeVar("Server", bound=LocalServer)


@contextmanager
def serving(kind: Callable[[], Server]) -> Iterator[Server]:
    """The server, running."""
    server = kind()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
