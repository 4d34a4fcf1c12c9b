"""One file over HTTP, in as many goes as it takes.

What has arrived lies in ``<name>.part``; beside it ``<name>.part.json`` remembers of what it is a part. It is gone on
with only if the server says that its file is still that one (``If-Range``); else it is begun anew.
"""

from __future__ import annotations

import ipaddress
import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import requests

from vocasync import retries
from vocasync.artifacts import structure
from vocasync.errors import PipelineError
from vocasync.version import VERSION
from vocasync.weights.disk import room, writing

_TIMEOUT = (10.0, 30.0)
_BLOCK = 1 << 16
_LOOK_EVERY = 64 << 20
_HOPS = 5
_TRIES = 5
_LONGEST_PAUSE = 30.0
_HEADERS = {"User-Agent": f"Vocasync/{VERSION}", "Accept-Encoding": "identity"}
_SHA256 = re.compile(r"[0-9a-f]{64}")
_BUSY = frozenset({408, 425, 429, 500, 502, 503, 504})


class NotThere(Exception):
    """The server has no such file."""


class _Anew(Exception):
    """What has arrived is not a part of what the server has now."""


class _Busy(Exception):
    """The server asks to come again. after: seconds, 0 where it does not say."""

    def __init__(self, status: int, after: float) -> None:
        self.after = after
        super().__init__(f"it answers {status}")


@dataclass(frozen=True, slots=True)
class Stated:
    """What a server says of a file. url: as it was asked for. etag: of the bytes, for ``If-Range``. modified: of the
    same use. size: bytes, 0 where it does not say. sha256: "" where it does not say."""

    url: str
    etag: str
    modified: str
    size: int
    sha256: str

    @property
    def validator(self) -> str:
        """What ``If-Range`` may name: a strong ETag, else the date; "" for neither."""
        return self.modified if not self.etag or self.etag.startswith("W/") else self.etag


@dataclass(frozen=True, slots=True)
class Order:
    """What to fetch. file, folder: what it and its model's folder are called, for messages. part: where it grows.
    check: called often, may raise to stop. told: bytes there, and in all (0 where unknown)."""

    session: requests.Session
    url: str
    file: str
    folder: str
    part: Path
    check: Callable[[], None]
    told: Callable[[int, int], None]


# --- addresses --------------------------------------------------------------------------------------------------------
def mirrored(url: str, mirror: str, home: str) -> str:
    """The address to ask instead. mirror: "" for none; an address that stands in for ``home``, or, where it has
    ``{host}`` in it, for every host."""
    if not mirror:
        return url
    if "{host}" in mirror:
        parts = urlsplit(url)
        query = f"?{parts.query}" if parts.query else ""
        return f"{mirror.format(host=parts.netloc).rstrip('/')}{parts.path}{query}"
    return mirror.rstrip("/") + url.removeprefix(home) if url.startswith(home) else url


def _permit(url: str, first: str) -> None:
    """Only encrypted connections; a server on this very machine may do without, and be sent on to itself."""
    plain = _on_this_machine(url) and _on_this_machine(first)
    if urlsplit(url).scheme != "https" and not plain:
        raise PipelineError("weights_insecure", url=url)


def _on_this_machine(url: str) -> bool:
    parts = urlsplit(url)
    if parts.scheme != "http":
        return False
    if parts.hostname == "localhost":
        return True
    try:
        return ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return False


def _host(url: str) -> str:
    return urlsplit(url).netloc


# --- asking -----------------------------------------------------------------------------------------------------------
@contextmanager
def _asked(
    session: requests.Session, url: str, headers: dict[str, str], method: str = "GET"
) -> Iterator[tuple[requests.Response, str]]:
    """The answer after all redirections, and the SHA-256 that one of them stated.

    Hugging Face states it as the ``X-Linked-ETag`` of a large file before it redirects to where that lies; the one of a
    small file is a git hash, which is shorter and of no use here.
    """
    sha256 = ""
    target = url
    for _ in range(_HOPS + 1):
        _permit(target, url)
        with session.request(
            method, target, headers=_HEADERS | headers, stream=True, timeout=_TIMEOUT, allow_redirects=False
        ) as response:
            sha256 = sha256 or _linked(response)
            if not response.is_redirect:
                yield response, sha256
                return
            target = urljoin(target, response.headers["Location"])
    raise PipelineError("weights_unreachable", host=_host(url), reason="it redirects without end")


def _linked(response: requests.Response) -> str:
    tag = response.headers.get("X-Linked-ETag", "").removeprefix("W/").strip('"').lower()
    return tag if _SHA256.fullmatch(tag) else ""


def stated(session: requests.Session, url: str) -> Stated | None:
    """What the server says of a file without sending it; None where it cannot be asked."""
    with suppress(requests.RequestException, PipelineError), _asked(session, url, {}, "HEAD") as (response, sha256):
        if response.ok:
            return _stated(url, response, sha256, 0)
    return None


def _stated(url: str, response: requests.Response, sha256: str, have: int) -> Stated:
    headers = response.headers
    size = int(headers.get("Content-Length", 0)) + (have if response.status_code == 206 else 0)
    encoded = headers.get("Content-Encoding", "identity") != "identity"
    return Stated(url, headers.get("ETag", ""), headers.get("Last-Modified", ""), 0 if encoded else size, sha256)


# --- fetching ---------------------------------------------------------------------------------------------------------
def download(order: Order) -> Stated:
    """Fetch a file whole into ``order.part``, going on with what is there already; returns what its server says of it.

    Connections that break, time out or are put off are tried again, five times in a row without a byte at most. Raises
    NotThere, ``weights_unreachable``, ``weights_refused``, ``weights_insecure`` and ``weights_disk_full``, and whatever
    ``order.check`` raises; the part stays.
    """
    failures = 0
    while True:
        before = _size(order.part)
        try:
            return _attempt(order)
        except _Anew:
            forget(order.part)
            reason, after = "its file changes all the time", 0.0
        except (requests.RequestException, _Busy) as error:
            reason, after = _reason(error), getattr(error, "after", 0.0)
        failures = 1 if _size(order.part) > before else failures + 1
        if failures >= _TRIES:
            raise PipelineError("weights_unreachable", host=_host(order.url), reason=reason)
        retries.wait(min(after or 2.0 ** (failures - 1) / 2, _LONGEST_PAUSE), order.check)


def forget(part: Path) -> None:
    """Throw away what has arrived."""
    part.unlink(missing_ok=True)
    _memory(part).unlink(missing_ok=True)


def _attempt(order: Order) -> Stated:
    known = _remembered(order)
    have = _size(order.part) if known else 0
    if known and known.size and have == known.size:  # stopped between the last byte and its new name
        return known
    ranged = {"Range": f"bytes={have}-", "If-Range": known.validator} if known and have else {}
    with _asked(order.session, order.url, ranged) as (response, sha256):
        _judge(order, response, have)
        found = _stated(order.url, response, sha256, have)
        if response.status_code == 206:
            _same(response, have, found, known)
        else:
            have = 0
        _memory(order.part).write_text(json.dumps(asdict(found)), encoding="utf-8")
        _receive(order, response, have, found.size)
    return found


def _judge(order: Order, response: requests.Response, have: int) -> None:
    status = response.status_code
    if status in (404, 410):
        raise NotThere
    if status == 416 and have:
        raise _Anew
    if status in _BUSY:
        raise _Busy(status, retries.seconds_told(response.headers.get("Retry-After")))
    page = response.headers.get("Content-Type", "").startswith("text/html")
    if not response.ok or page:
        reason = "it sends a web page instead" if page and response.ok else f"it answers {status}"
        raise refused(order, reason)


def refused(order: Order, reason: str) -> PipelineError:
    """The error that says that a server does not give a file out."""
    return PipelineError("weights_refused", host=_host(order.url), file=order.file, reason=reason, folder=order.folder)


def _same(response: requests.Response, have: int, found: Stated, known: Stated | None) -> None:
    """A part of a file was sent: whether it is the rest of what we have."""
    starts = response.headers.get("Content-Range", "").startswith(f"bytes {have}-")
    if known is None or not starts or found.sha256 != known.sha256 or (known.size and found.size != known.size):
        raise _Anew


def _receive(order: Order, response: requests.Response, have: int, size: int) -> None:
    looked = have
    room(order.part.parent, order.file, size - have)
    with writing(order.part.parent, order.file, size - have), order.part.open("ab" if have else "wb") as stream:
        for block in response.iter_content(_BLOCK):
            stream.write(block)
            have += len(block)
            order.check()
            order.told(have, size)
            if have - looked >= _LOOK_EVERY:
                looked = have
                room(order.part.parent, order.file, size - have)
        stream.flush()
        os.fsync(stream.fileno())
    if size and have != size:
        raise requests.ConnectionError("it ended early")


def _remembered(order: Order) -> Stated | None:
    """What the part is a part of; None where it is nothing that can be gone on with."""
    try:
        known = structure(json.loads(_memory(order.part).read_text(encoding="utf-8")), Stated)
    except (FileNotFoundError, ValueError, KeyError):
        return None
    return known if known.url == order.url and known.validator and order.part.is_file() else None


def _memory(part: Path) -> Path:
    return part.with_name(part.name + ".json")


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


# --- time and words ------------------------------------------------------------------------------------------------
def _reason(error: Exception) -> str:
    """Why it did not work, in words for whoever runs the site."""
    if isinstance(error, requests.exceptions.SSLError):
        return "its certificate is not trusted"
    if isinstance(error, requests.exceptions.ProxyError):
        return "the proxy refuses"
    if isinstance(error, requests.Timeout):
        return "it does not answer in time"
    if isinstance(error, requests.ConnectionError):
        return "the connection fails"
    return str(error) if isinstance(error, _Busy) else "the connection broke off"
