"""Private files over HTTP: ranges, validators, and no way out of ``MEDIA_ROOT``.

The caller has checked that the viewer may see the file. Behind nginx (``settings.ACCEL_REDIRECT``) nginx sends it;
else it is streamed in blocks, under ASGI without holding up the event loop. RFC 9110: section 13 (conditions) and 14
(ranges; of several ranges in one request the whole file is sent, as 14.2 allows).
"""

from __future__ import annotations

import asyncio
import os
import re
import stat
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast
from urllib.parse import quote

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.http import content_disposition_header, http_date, parse_http_date_safe

BLOCK = 256 * 1024
INLINE = ("audio/", "video/", "image/png", "image/jpeg", "image/webp", "text/vtt", "text/plain", "application/json")
"""What a browser may show in the page's place; anything else is only ever downloaded, whatever it claims to be."""

POLICY = "default-src 'none'; media-src 'self'; img-src 'self'; style-src 'unsafe-inline'; sandbox"
_RANGE = re.compile(r"bytes=\s*(?:(\d{1,18})\s*-\s*(\d{1,18})?|-\s*(\d{1,18}))\s*")


@dataclass(frozen=True, slots=True)
class Span:
    """Bytes ``first`` to ``last``, both counted in."""

    first: int
    last: int

    @property
    def length(self) -> int:
        return self.last - self.first + 1


class Unsatisfiable(Exception):
    """The range asked for lies outside the file."""


def parse_range(header: str, size: int) -> Span | None:
    """The one range of a ``Range`` header over ``size`` bytes; None where the header is to be ignored.

    Raises :class:`Unsatisfiable`.
    """
    match = _RANGE.fullmatch(header.strip())
    if match is None:
        return None
    first, last, suffix = match.groups()
    if suffix is not None:
        if int(suffix) == 0 or size == 0:
            raise Unsatisfiable
        return Span(max(0, size - int(suffix)), size - 1)
    start, end = int(first), size - 1 if last is None else int(last)
    if last is not None and end < start:
        return None  # invalid, which is not the same as outside the file
    if start >= size:
        raise Unsatisfiable
    return Span(start, min(end, size - 1))


@dataclass(slots=True)
class Blocks:
    """The next ``left`` bytes of an open file, a block at a time. Closes the file when it is closed itself."""

    stream: BinaryIO
    left: int

    def __iter__(self) -> Blocks:
        return self

    def __next__(self) -> bytes:
        block = self.stream.read(min(BLOCK, self.left))
        if not block:
            raise StopIteration
        self.left -= len(block)
        return block

    def close(self) -> None:
        self.stream.close()


class StreamedResponse(StreamingHttpResponse):
    """What an iterator gives, piece by piece. Works under WSGI and, reading in threads, under ASGI."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        # Not the event loop's business: disks can be slow. (``is_async`` is False: the content is a plain iterator.)
        blocks = cast("Iterator[bytes]", self.streaming_content)
        while block := await asyncio.to_thread(next, blocks, b""):
            yield block


class BlockResponse(StreamedResponse):
    """A stretch of an open file, in blocks."""

    def __init__(self, stream: BinaryIO, length: int, **kwargs: object) -> None:
        super().__init__(Blocks(stream, length), **kwargs)


def send_private(
    request: HttpRequest,
    path: Path,
    *,
    filename: str = "",
    mime: str = "application/octet-stream",
    attach: bool = False,
) -> HttpResponseBase:
    """Send a file below ``MEDIA_ROOT``: 200, 206, 304, 412 or 416.

    filename: the name it is saved under (any text; "" for the file's own). attach: download instead of showing.
    Raises ``Http404`` when the file is not there or lies elsewhere.
    """
    relative, stream = _open(path)
    try:
        response = _answer(request, relative, stream, mime)
    except BaseException:
        stream.close()
        raise
    if not isinstance(response, BlockResponse):
        stream.close()
    _describe(response, filename or relative.name, mime, attach)
    return response


def _open(path: Path) -> tuple[Path, BinaryIO]:
    """The path below ``MEDIA_ROOT`` after every link was followed, and the open file."""
    root = Path(settings.MEDIA_ROOT).resolve()
    try:
        real = (root / path).resolve(strict=True)
        relative = real.relative_to(root)
        descriptor = os.open(real, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except (OSError, ValueError, RuntimeError) as error:
        raise Http404("There is no such file.") from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise Http404("There is no such file.")
    return relative, os.fdopen(descriptor, "rb")


def _answer(request: HttpRequest, relative: Path, stream: BinaryIO, mime: str) -> HttpResponseBase:
    if settings.ACCEL_REDIRECT:
        response = HttpResponse(content_type=mime)
        response["X-Accel-Redirect"] = settings.ACCEL_REDIRECT + quote(relative.as_posix())
        return response
    found = os.fstat(stream.fileno())
    etag = f'"{found.st_mtime_ns:x}-{found.st_size:x}-{found.st_ino:x}"'
    modified = int(found.st_mtime)
    validators = {"ETag": etag, "Last-Modified": http_date(modified), "Accept-Ranges": "bytes"}
    response_or_none = get_conditional_response(request, etag, modified)
    sent = response_or_none or _body(request, stream, found.st_size, mime, validators)
    for name, value in validators.items():
        sent[name] = value
    return sent


def _body(request: HttpRequest, stream: BinaryIO, size: int, mime: str, validators: dict[str, str]) -> HttpResponseBase:
    if request.method == "HEAD":
        return HttpResponse(content_type=mime, headers={"Content-Length": str(size)})
    try:
        span = parse_range(request.headers["Range"], size) if _range_counts(request, validators) else None
    except Unsatisfiable:
        return HttpResponse(status=416, content_type=mime, headers={"Content-Range": f"bytes */{size}"})
    if span is None:
        return BlockResponse(stream, size, content_type=mime, headers={"Content-Length": str(size)})
    stream.seek(span.first)
    headers = {"Content-Length": str(span.length), "Content-Range": f"bytes {span.first}-{span.last}/{size}"}
    return BlockResponse(stream, span.length, status=206, content_type=mime, headers=headers)


def _range_counts(request: HttpRequest, validators: dict[str, str]) -> bool:
    """Whether there is a range, of the file as the client knows it (``If-Range``: an exact tag or date)."""
    if "Range" not in request.headers:
        return False
    known = request.headers.get("If-Range")
    if known is None or known == validators["ETag"]:
        return True
    date = parse_http_date_safe(known)
    return date is not None and date == parse_http_date_safe(validators["Last-Modified"])


def send_made(pieces: Iterator[bytes], *, filename: str, mime: str) -> StreamedResponse:
    """Send what is made while it is sent, to be saved as ``filename``."""
    response = StreamedResponse(pieces, content_type=mime)
    _describe(response, filename, mime, attach=True)
    return response


def _describe(response: HttpResponseBase, filename: str, mime: str, attach: bool) -> None:
    """What the file is called, and that a browser must neither guess its type, run it, nor share it."""
    shown = not attach and mime.startswith(INLINE)
    name = "".join(" " if ord(sign) < 32 or ord(sign) == 127 else sign for sign in filename)
    response["Content-Disposition"] = content_disposition_header(not shown, name) or "inline"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = POLICY
    response["Cache-Control"] = "private, no-cache"
    patch_vary_headers(response, ["Cookie", "Authorization"])
