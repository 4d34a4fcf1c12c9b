"""A local HTTP/1.1 server that gives out files as model publishers do: byte ranges, ETags, redirections, and failures
of every kind."""

from __future__ import annotations

import hashlib
import re
import socket
import struct
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Item:
    """A file. ranged: whether parts of it are given out. validated: whether answers have an ETag. linked: an SHA-256
    that is stated, ``True`` for the right one. via: redirections that lead here. breaks: after how many bytes of an
    answer the connection breaks, one number an answer; ``None`` for not at all. statuses: answers instead of the file,
    one after the other. slow: seconds between blocks."""

    body: bytes
    ranged: bool = True
    validated: bool = True
    linked: bool | str = False
    via: list[str] = field(default_factory=list)
    breaks: list[int | None] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    mime: str = "application/octet-stream"
    slow: float = 0.0

    @property
    def etag(self) -> str:
        return f'"{hashlib.md5(self.body, usedforsecurity=False).hexdigest()}"'

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.body).hexdigest()

    @property
    def stated(self) -> str:
        return self.sha256 if self.linked is True else str(self.linked or "")


@dataclass(frozen=True)
class Asked:
    """A request that came."""

    method: str
    path: str
    range: str
    if_range: str
    agent: str


class Shelf(ThreadingHTTPServer):
    """``items`` by path. ``asked``: what came."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.items: dict[str, Item] = {}
        self.asked: list[Asked] = []

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def url(self, path: str) -> str:
        return self.base + path

    def put(self, path: str, body: bytes, **how: Any) -> Item:
        self.items[path] = Item(body, **how)
        return self.items[path]

    def gets(self, path: str) -> list[Asked]:
        return [one for one in self.asked if one.path == path and one.method == "GET"]

    def __enter__(self) -> Shelf:
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: Any) -> None:
        self.shutdown()
        self.server_close()

    def handle_error(self, *_: Any) -> None:
        """Those who hang up are no error here."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Shelf

    def log_message(self, *_: Any) -> None:
        """No noise."""

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        headers = self.headers
        given = (headers.get("Range", ""), headers.get("If-Range", ""), headers.get("User-Agent", ""))
        self.server.asked.append(Asked(self.command, self.path, *given))
        hop = next((item for item in self.server.items.values() if self.path in item.via), None)
        if hop is not None:
            self._redirect(hop)
            return
        item = self.server.items.get(self.path)
        if item is None:
            self._plain(404)
        elif item.statuses and self.command == "GET":
            self._plain(item.statuses.pop(0))
        else:
            self._file(item)

    def _redirect(self, item: Item) -> None:
        here = item.via.index(self.path)
        path = next(path for path, other in self.server.items.items() if other is item)
        self.send_response(302)
        self.send_header("Location", [*item.via, path][here + 1])
        if item.stated:
            self.send_header("X-Linked-ETag", f'"{item.stated}"')
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _plain(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        if status in (429, 503):
            self.send_header("Retry-After", "1")
        self.end_headers()

    def _file(self, item: Item) -> None:
        start = self._start(item)
        if start > len(item.body) or (start and start == len(item.body)):
            self._plain(416)
            return
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(item.body) - 1}/{len(item.body)}")
        if item.validated:
            self.send_header("ETag", item.etag)
        if item.stated and not item.via:
            self.send_header("X-Linked-ETag", f'"{item.stated}"')
        self.send_header("Content-Type", item.mime)
        self.send_header("Content-Length", str(len(item.body) - start))
        self.end_headers()
        if self.command == "GET":
            self._send(item, item.body[start:])

    def _start(self, item: Item) -> int:
        found = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        fits = self.headers.get("If-Range", item.etag) == item.etag
        return int(found.group(1)) if found and item.ranged and fits else 0

    def _send(self, item: Item, body: bytes) -> None:
        breaks = item.breaks.pop(0) if item.breaks else None
        with suppress(OSError):
            for first in range(0, len(body[:breaks]), 65_536):
                self.wfile.write(body[first : min(first + 65_536, breaks or len(body))])
                self.wfile.flush()
                time.sleep(item.slow)
        if breaks is not None:
            self.close_connection = True
        if breaks == 0:
            with suppress(OSError):  # a reset, not an orderly end
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.connection.close()
