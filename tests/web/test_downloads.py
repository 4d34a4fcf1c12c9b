"""Private files: ranges, validators, names, and no way out of the media folder."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core import signals
from django.db import close_old_connections
from django.http import Http404
from django.http.response import HttpResponseBase
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from web.downloads import BLOCK, BlockResponse, Span, Unsatisfiable, parse_range, send_private

BYTES = bytes(range(256)) * (3 * BLOCK // 256) + b"tail"
SIZE = len(BYTES)
Get = Callable[..., HttpResponseBase]


@pytest.fixture
def media(tmp_path: Path, settings: Settings) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.MEDIA_ROOT.mkdir()
    (settings.MEDIA_ROOT / "film.mp4").write_bytes(BYTES)
    return Path(settings.MEDIA_ROOT)


@pytest.fixture
def get(media: Path) -> Iterator[Get]:
    """Ask for a file. Responses are closed at the end, without touching the database as a server would."""
    sent: list[HttpResponseBase] = []
    signals.request_finished.disconnect(close_old_connections)

    def ask(method: str = "GET", path: str = "film.mp4", headers: dict[str, str] | None = None, **kwargs: Any) -> Any:
        request = RequestFactory().generic(method, "/", headers=headers or {})
        sent.append(send_private(request, media / path, **{"mime": "video/mp4", **kwargs}))
        return sent[-1]

    yield ask
    for response in sent:
        response.close()
    signals.request_finished.connect(close_old_connections)


def content(response: Any) -> bytes:
    body = b"".join(response.streaming_content) if response.streaming else response.content
    return bytes(body)


def test_the_whole_file(get: Get) -> None:
    response = get()
    assert response.status_code == 200
    assert content(response) == BYTES
    assert response["Content-Length"] == str(SIZE)
    assert response["Accept-Ranges"] == "bytes"
    assert response["Content-Type"] == "video/mp4"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "private" in response["Cache-Control"]
    assert "sandbox" in response["Content-Security-Policy"]
    assert "Cookie" in response["Vary"]


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=0-99", 0, 99),
        (f"bytes={BLOCK - 1}-{BLOCK}", BLOCK - 1, BLOCK),
        ("bytes=100-", 100, SIZE - 1),
        ("bytes=-4", SIZE - 4, SIZE - 1),
        (f"bytes=-{SIZE * 2}", 0, SIZE - 1),
        (f"bytes=5-{SIZE * 9}", 5, SIZE - 1),
        (" bytes= 7 - 9 ", 7, 9),
    ],
)
def test_a_range(get: Get, asked: str, first: int, last: int) -> None:
    response = get(headers={"Range": asked})
    assert response.status_code == 206
    assert response["Content-Range"] == f"bytes {first}-{last}/{SIZE}"
    assert response["Content-Length"] == str(last - first + 1)
    assert content(response) == BYTES[first : last + 1]


@pytest.mark.parametrize("asked", [f"bytes={SIZE}-", f"bytes={SIZE + 5}-{SIZE + 9}", "bytes=-0"])
def test_a_range_outside_the_file(get: Get, asked: str) -> None:
    response = get(headers={"Range": asked})
    assert response.status_code == 416
    assert response["Content-Range"] == f"bytes */{SIZE}"
    assert content(response) == b""


@pytest.mark.parametrize(
    "asked", ["bytes=5-2", "bytes=a-b", "items=0-5", "bytes=0-1,4-5", "bytes=-", "bytes=", "bytes=" + "9" * 40 + "-"]
)
def test_a_range_that_is_none_is_ignored(get: Get, asked: str) -> None:
    response = get(headers={"Range": asked})
    assert response.status_code == 200
    assert len(content(response)) == SIZE


@given(st.integers(0, 300), st.integers(0, 300), st.integers(1, 200))
def test_a_range_lies_in_the_file(first: int, last: int, size: int) -> None:
    for header in (f"bytes={first}-{last}", f"bytes={first}-", f"bytes=-{last}"):
        try:
            span = parse_range(header, size)
        except Unsatisfiable:
            continue
        assert span is None or (0 <= span.first <= span.last < size and span.length >= 1)
    assert parse_range("bytes=0-", size) == Span(0, size - 1)


def test_an_empty_file(media: Path, get: Get) -> None:
    (media / "empty.wav").touch()
    assert content(get(path="empty.wav")) == b""
    assert get(path="empty.wav", headers={"Range": "bytes=0-"}).status_code == 416
    assert get(path="empty.wav", headers={"Range": "bytes=-5"}).status_code == 416


def test_if_range(get: Get) -> None:
    whole = get("HEAD")
    for known in (whole["ETag"], whole["Last-Modified"]):
        assert get(headers={"Range": "bytes=0-9", "If-Range": known}).status_code == 206
    for stale in ('"old"', "Mon, 01 Jan 2001 00:00:00 GMT", "W/" + whole["ETag"], "nonsense"):
        response = get(headers={"Range": "bytes=0-9", "If-Range": stale})
        assert response.status_code == 200
        assert len(content(response)) == SIZE


def test_conditions(media: Path, get: Get) -> None:
    whole = get("HEAD")
    same = get(headers={"If-None-Match": whole["ETag"]})
    assert same.status_code == 304
    assert same["ETag"] == whole["ETag"]
    assert get(headers={"If-Modified-Since": whole["Last-Modified"]}).status_code == 304
    assert get(headers={"If-None-Match": '"other"', "Range": "bytes=0-1"}).status_code == 206
    assert get(headers={"If-Match": '"other"'}).status_code == 412
    os.utime(media / "film.mp4", ns=(1, 1))
    assert get("HEAD")["ETag"] != whole["ETag"]
    assert get(headers={"If-None-Match": whole["ETag"]}).status_code == 200


def test_head_says_all_and_sends_nothing(get: Get) -> None:
    response = get("HEAD", headers={"Range": "bytes=0-9"})
    assert response.status_code == 200  # ranges are defined for GET alone
    assert response["Content-Length"] == str(SIZE)
    assert response["Accept-Ranges"] == "bytes"
    assert content(response) == b""


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("plain.mp4", 'inline; filename="plain.mp4"'),
        ('quo"te\\.mp4', 'inline; filename="quo\\"te\\\\.mp4"'),
        ("नमस्ते é.mp4", "inline; filename*=utf-8''%E0%A4%A8%E0%A4%AE%E0%A4%B8%E0%A5%8D%E0%A4%A4%E0%A5%87%20%C3%A9.mp4"),
        ("two\r\nSet-Cookie: a=b\x00.mp4", 'inline; filename="two  Set-Cookie: a=b .mp4"'),
        ("", 'inline; filename="film.mp4"'),
    ],
)
def test_names(get: Get, name: str, header: str) -> None:
    assert get(filename=name)["Content-Disposition"] == header


@pytest.mark.parametrize("mime", ["text/html", "image/svg+xml", "application/xml", "application/zip", ""])
def test_what_could_run_in_a_browser_is_only_downloaded(get: Get, mime: str) -> None:
    response = get(mime=mime)
    assert response["Content-Disposition"].startswith("attachment")
    assert get(attach=True)["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize(
    "path",
    ["../secret", "/etc/passwd", "missing", "folder", "link", "linked/secret", "fifo", "x" * 300, "a\0b", "loop"],
)
def test_no_way_out(tmp_path: Path, media: Path, get: Get, path: str) -> None:
    (tmp_path / "secret").write_text("secret")
    (media / "folder").mkdir()
    (media / "link").symlink_to(tmp_path / "secret")
    (media / "linked").symlink_to(tmp_path)
    (media / "loop").symlink_to(media / "loop")
    os.mkfifo(media / "fifo")
    with pytest.raises(Http404):
        get(path=path)


def test_a_link_inside_is_followed(media: Path, get: Get) -> None:
    (media / "alias.mp4").symlink_to(media / "film.mp4")
    assert content(get(path="alias.mp4")) == BYTES


def test_nginx_sends(media: Path, get: Get, settings: Settings) -> None:
    settings.ACCEL_REDIRECT = "/protected/"
    (media / "a b").mkdir()
    (media / "a b" / "ä?.mp4").write_bytes(b"x")
    response = get(path="a b/ä?.mp4", filename="ä.mp4", headers={"Range": "bytes=0-1"})
    assert response["X-Accel-Redirect"] == "/protected/a%20b/%C3%A4%3F.mp4"
    assert response["Content-Type"] == "video/mp4"
    assert response["Content-Disposition"] == "inline; filename*=utf-8''%C3%A4.mp4"
    assert content(response) == b""
    with pytest.raises(Http404):
        get(path="../secret")


async def test_under_asgi_it_streams_in_blocks(get: Get) -> None:
    response = get(headers={"Range": "bytes=1-"})
    assert isinstance(response, BlockResponse)
    blocks = [bytes(block) async for block in response]
    response.close()
    assert b"".join(blocks) == BYTES[1:]
    assert max(map(len, blocks)) <= BLOCK
    assert len(blocks) == 4


def open_files() -> set[str]:
    return {str(link.readlink()) for link in Path("/proc/self/fd").iterdir() if link.is_symlink()}


def test_files_are_closed(get: Get) -> None:
    before = open_files()
    responses = [get(), get("HEAD"), get(headers={"Range": "bytes=99999999-"}), get(headers={"Range": "bytes=0-1"})]
    for response in responses:
        response.close()
    assert open_files() - before == set()
