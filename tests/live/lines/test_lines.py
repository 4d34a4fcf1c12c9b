"""What every kind of line promises, and what each does when a side is no more."""

from __future__ import annotations

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from live import lines
from live.lines import Frame, Kind, Line, LineLost, binary, control, message
from live.lines import unix as unix_lines
from live.lines.base import HEAD_BYTES, MOST_BYTES, pack, unpack, unpack_head
from tests.redis_server import redis_server
from tests.waiting import PATIENCE

NO_REDIS = pytest.mark.skipif(shutil.which("redis-server") is None, reason="redis-server is not installed")


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with redis_server(tmp_path_factory.mktemp("redis")) as url:
        yield url


@pytest.fixture(params=["unix", pytest.param("redis", marks=NO_REDIS)])
def kind(request: pytest.FixtureRequest, settings: Any, tmp_path: Path) -> str:
    settings.LIVE_SOCKETS = tmp_path / "sockets"
    settings.REDIS_URL = request.getfixturevalue("redis_url") if request.param == "redis" else ""
    return str(request.param)


class Ends:
    """Both sides of a line: of the web process and of the worker."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._taken: asyncio.Queue[Line] = asyncio.Queue()

    async def __aenter__(self) -> Ends:
        self.listener = await lines.listen(self._name, self._taken.put)
        self.web = await lines.connect(self.listener.address)
        self.worker = await asyncio.wait_for(self._taken.get(), PATIENCE)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.listener.close()
        await self.web.close()
        await self.worker.close()


@pytest.fixture
async def ends(kind: str) -> AsyncIterator[Ends]:
    async with Ends("worker-1") as both:
        yield both


async def received(line: Line) -> Frame:
    return await asyncio.wait_for(line.receive(), PATIENCE)


async def test_frames_arrive_in_order_both_ways(ends: Ends) -> None:
    said = [
        control({"open": {"after": 3}}),
        message({"type": "ping", "at": 1.5}),
        binary(bytes(range(256))),
        binary(b""),
    ]
    for frame in said:
        await ends.web.send(frame)
        await ends.worker.send(frame)
    assert [await received(ends.worker) for _ in said] == said
    assert [await received(ends.web) for _ in said] == said


async def test_what_was_sent_before_a_line_was_closed_is_received(ends: Ends) -> None:
    await ends.worker.send(control({"close": 4409, "reason": "Elsewhere."}))
    await ends.worker.close()
    assert (await received(ends.web)).value["close"] == 4409
    with pytest.raises(LineLost):
        await received(ends.web)


async def test_a_closed_line_takes_nothing_more(ends: Ends) -> None:
    await ends.web.close()
    with pytest.raises(LineLost):
        await ends.web.send(binary(b"x"))
    with pytest.raises(LineLost):
        await received(ends.worker)


async def test_lines_do_not_hear_each_other(ends: Ends) -> None:
    async with Ends("worker-2") as others:
        await others.web.send(binary(b"theirs"))
        await ends.web.send(binary(b"ours"))
        assert (await received(ends.worker)).body == b"ours"
        assert (await received(others.worker)).body == b"theirs"


async def test_who_sends_waits_for_a_side_that_does_not_read_and_goes_on_with_it(ends: Ends) -> None:
    sent = 0
    block = bytes(64_000)

    async def say() -> None:
        nonlocal sent
        for number in range(600):
            await ends.worker.send(binary(number.to_bytes(4, "big") + block))
            sent += 1

    saying = asyncio.create_task(say())
    before = -1
    while sent != before:  # it stands still: nobody reads
        before = sent
        await asyncio.sleep(0.3)
    assert sent < 600
    for number in range(600):
        assert int.from_bytes((await received(ends.web)).body[:4], "big") == number
    await asyncio.wait_for(saying, PATIENCE)


async def test_a_worker_that_is_not_there_is_said(kind: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    if kind == "redis":
        monkeypatch.setattr("live.lines.redis.ANSWER_SECONDS", 0.2)
    address = "redis:nobody" if kind == "redis" else f"unix:{tmp_path / 'nobody.sock'}"
    with pytest.raises(LineLost):
        await lines.connect(address)
    with pytest.raises(LineLost):
        await lines.connect("carrier-pigeon:7")


@NO_REDIS
async def test_neither_side_waits_for_one_that_died(
    redis_url: str, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.REDIS_URL = redis_url
    for name, seconds in (("BEAT_SECONDS", 0.05), ("DEAD_SECONDS", 0.3), ("LOOK_SECONDS", 0.1)):
        monkeypatch.setattr(f"live.lines.redis.{name}", seconds)
    async with Ends("worker-3") as ends:
        beating: asyncio.Task[None] = ends.worker._beating  # type: ignore[attr-defined]
        beating.cancel()  # as if its process had been killed: nothing is said any more, and nothing is closed
        with pytest.raises(LineLost):
            await received(ends.web)
        with pytest.raises(LineLost):
            await asyncio.wait_for(ends.web.send(binary(b"?")), PATIENCE)


# --- Unix sockets -----------------------------------------------------------------------------------------------------
def test_sockets_are_the_sites_own(tmp_path: Path) -> None:
    path = unix_lines.socket_path(tmp_path / "live", "w")
    assert path.parent.stat().st_mode & 0o777 == 0o700


async def test_a_socket_is_for_nobody_else(settings: Any, tmp_path: Path) -> None:
    settings.LIVE_SOCKETS = tmp_path / "live"
    async with Ends("w") as ends:
        path = Path(ends.listener.address.removeprefix("unix:"))
        assert path.stat().st_mode & 0o777 == 0o600
    assert not path.exists()


async def test_where_a_path_is_too_long_the_socket_is_elsewhere(settings: Any, tmp_path: Path) -> None:
    settings.LIVE_SOCKETS = tmp_path / ("long" * 30)
    async with Ends("w") as ends:
        path = ends.listener.address.removeprefix("unix:")
        assert len(path) <= unix_lines.LONGEST_PATH
        await ends.web.send(binary(b"heard"))
        assert (await received(ends.worker)).body == b"heard"
    Path(path).parent.rmdir()


def test_a_name_that_fits_nowhere_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="VOCASYNC_LIVE_SOCKETS"):
        unix_lines.socket_path(tmp_path, "n" * 120)


def test_a_folder_that_is_a_link_is_not_trusted(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with pytest.raises(OSError, match="somebody else"):
        unix_lines.socket_path(tmp_path / "link", "w")


async def test_a_socket_that_a_dead_worker_left_is_replaced(settings: Any, tmp_path: Path) -> None:
    settings.LIVE_SOCKETS = tmp_path / "live"
    left = unix_lines.socket_path(settings.LIVE_SOCKETS, "w")
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(left))
    async with Ends("w") as ends:
        await ends.web.send(binary(b"heard"))
        assert (await received(ends.worker)).body == b"heard"


# --- frames -----------------------------------------------------------------------------------------------------------
@given(st.sampled_from(Kind), st.binary(max_size=300))
def test_a_frame_is_what_was_packed(kind: Kind, body: bytes) -> None:
    frame = Frame(kind, body)
    assert unpack(pack(frame)) == frame
    assert unpack_head(pack(frame)[:HEAD_BYTES]) == (len(body), kind)


@given(st.binary(max_size=40))
def test_other_bytes_are_no_frame_or_exactly_one(packed: bytes) -> None:
    try:
        frame = unpack(packed)
    except ValueError:
        return
    assert pack(frame) == packed


def test_frames_have_a_size() -> None:
    with pytest.raises(ValueError, match="too large"):
        pack(binary(bytes(MOST_BYTES + 1)))
    with pytest.raises(ValueError, match="too large"):
        unpack_head((MOST_BYTES + 1).to_bytes(4, "big") + b"B")


def test_a_message_is_an_object() -> None:
    with pytest.raises(ValueError, match="object"):
        _ = Frame(Kind.JSON, b"[1]").value
