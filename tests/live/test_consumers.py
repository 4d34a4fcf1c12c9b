"""The live socket: who may, what is passed on, and clients that mean no good. The line to the worker is a real one."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from channels.db import database_sync_to_async
from django.utils import timezone

from accounts.models import User
from accounts.services import api_key_create
from live import consumers, lines, messages
from live.lines import Frame, Kind, Line, LineLost
from live.lines.unix import UnixLine
from live.messages import Chunk, Piece
from live.models import LiveSession, LiveWorker
from tests.sockets import ORIGIN, Socket, closed_with, cookie
from tests.waiting import PATIENCE
from vocasite.asgi import application

pytestmark = pytest.mark.django_db(transaction=True)

Open = Callable[..., Any]
PATH = "/ws/connection-1/session-one"
START = {"type": "start_dubbing", "target_language": "es"}
READY = {"type": "ready", "resumed": False}


class Worker:
    """The worker's end of lines: what was said to it, in order."""

    def __init__(self) -> None:
        self.line: Line
        self.heard: asyncio.Queue[Frame | None] = asyncio.Queue()
        self.listening = asyncio.Event()
        self.listening.set()
        self._open: list[asyncio.Task[Any]] = []

    async def take(self, line: Line) -> None:
        self.line = line
        self._open += [task for task in (asyncio.current_task(),) if task is not None]
        try:
            while True:
                await self.listening.wait()
                await self.heard.put(await line.receive())
        except LineLost:
            await self.heard.put(None)
        finally:
            await line.close()

    async def end(self) -> None:
        """Once every client has left."""
        self.listening.set()
        await asyncio.wait_for(asyncio.gather(*self._open), PATIENCE)

    async def frame(self) -> Frame:
        frame = await asyncio.wait_for(self.heard.get(), PATIENCE)
        assert frame is not None
        return frame

    async def left(self) -> None:
        """The web process hung up, having said nothing more."""
        assert await asyncio.wait_for(self.heard.get(), PATIENCE) is None

    async def say(self, message: dict[str, Any]) -> None:
        await self.line.send(lines.message(message))


async def started(folder: Path, settings: Any, name: str = "one", **fields: Any) -> tuple[Worker, lines.Listener]:
    settings.LIVE_SOCKETS = folder
    worker = Worker()
    listener = await lines.listen(name, worker.take)
    await LiveWorker.objects.acreate(name=name, address=listener.address, **{"room": 3, **fields})
    return worker, listener


@pytest.fixture
async def worker(tmp_path: Path, settings: Any) -> AsyncIterator[Worker]:
    worker, listener = await started(tmp_path, settings)
    yield worker
    await worker.end()
    await listener.close()


@pytest.fixture
async def connect() -> AsyncIterator[Open]:
    opened: list[Socket] = []

    async def go(path: str, *headers: tuple[bytes, bytes], subprotocols: tuple[str, ...] = ()) -> Socket:
        socket = Socket(path, *headers, subprotocols=subprotocols)
        opened.append(socket)
        assert await socket.opens()
        return socket

    yield go
    for socket in opened:
        await socket.leave()


@database_sync_to_async
def who(user: User) -> tuple[bytes, bytes]:
    return cookie(user)


@database_sync_to_async
def key(user: User, *scopes: str) -> str:
    return api_key_create(owner=user, name="program", scopes=list(scopes))[1]


async def refused_with(socket: Socket) -> tuple[str, int]:
    """The code of the fatal error, and that of the end."""
    error = await socket.message()
    messages.check(error)
    assert error["fatal"] is True
    return error["code"], await closed_with(socket)


# --- who may ----------------------------------------------------------------------------------------------------------
async def test_a_page_of_the_site_is_passed_on_to_the_worker(alice: User, worker: Worker, connect: Open) -> None:
    socket = await connect(f"{PATH}/?after=7&origin=page", ORIGIN, await who(alice))
    opened = (await worker.frame()).value["open"]
    session = await LiveSession.objects.aget()
    assert opened == {"session": str(session.pk), "owner": alice.pk, "connection_id": "connection-1", "after": 7}
    assert (session.session_id, session.origin, session.worker) == ("session-one", "page", "one")
    await worker.say(READY)
    assert await socket.message() == READY
    await socket.say(START)
    assert (await worker.frame()).value == START


async def test_nobody_is_refused(worker: Worker, connect: Open) -> None:
    assert await refused_with(await connect(PATH, ORIGIN)) == ("not_signed_in", 4401)
    wrong = (b"authorization", b"Bearer voca_nope_nope")
    assert await refused_with(await connect(PATH, wrong)) == ("not_signed_in", 4401)


async def test_pages_of_other_sites_are_refused(alice: User, worker: Worker) -> None:
    socket = Socket(PATH, (b"origin", b"https://evil.example"), await who(alice))
    assert not await socket.opens()


async def test_a_key_in_the_header(alice: User, worker: Worker, connect: Open) -> None:
    secret = await key(alice, "live")
    await connect(PATH, (b"authorization", f"Bearer {secret}".encode()))
    assert (await worker.frame()).value["open"]["owner"] == alice.pk


async def test_a_key_as_a_subprotocol_is_as_good_and_never_echoed(alice: User, worker: Worker, connect: Open) -> None:
    secret = f"vocasync.key.{await key(alice, 'live')}"
    evil = (b"origin", b"chrome-extension://abcdefgh")
    socket = await connect(PATH, evil, subprotocols=("vocasync.live.v1", secret))
    assert socket.subprotocol == "vocasync.live.v1"
    assert (await worker.frame()).value["open"]["owner"] == alice.pk
    alone = await connect("/ws/connection-2/session-two", evil, subprotocols=(secret,))
    assert alone.subprotocol is None


async def test_a_key_without_the_scope_is_refused(alice: User, worker: Worker, connect: Open) -> None:
    secret = await key(alice, "read", "jobs", "voices")
    assert await refused_with(await connect(PATH, (b"authorization", f"Bearer {secret}".encode()))) == (
        "scope_missing",
        4403,
    )
    assert not await LiveSession.objects.aexists()


async def test_a_key_for_live_dubbing_alone_does_not_follow_jobs(alice: User, connect: Open) -> None:
    secret = await key(alice, "live")
    assert await closed_with(await connect("/ws/jobs/", (b"authorization", f"Bearer {secret}".encode()))) == 4401
    assert await closed_with(await connect("/ws/jobs/", subprotocols=(f"vocasync.key.{secret}",))) == 4401


async def test_a_revoked_key_ends_what_it_opened(
    alice: User, worker: Worker, connect: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumers, "LOOK_SECONDS", 0.1)
    secret = await key(alice, "live")
    socket = await connect(PATH, (b"authorization", f"Bearer {secret}".encode()))
    await worker.frame()
    await alice.api_keys.aupdate(revoked_at=timezone.now())
    assert await refused_with(socket) == ("not_signed_in", 4401)
    await worker.left()


async def test_the_suspended_are_refused(alice: User, worker: Worker, connect: Open) -> None:
    headers = (ORIGIN, await who(alice))
    await User.objects.filter(pk=alice.pk).aupdate(suspended_at=timezone.now(), suspended_reason="Spam.")
    assert await refused_with(await connect(PATH, *headers)) == ("suspended", 4403)


async def test_an_unknown_version_is_refused(alice: User, worker: Worker, connect: Open) -> None:
    newer = await connect(PATH, ORIGIN, await who(alice), subprotocols=("vocasync.live.v9",))
    assert newer.subprotocol == "vocasync.live.v9"  # a browser would drop the socket otherwise, without a code
    assert await refused_with(newer) == ("version_unknown", 4406)


async def test_the_same_id_of_somebody_else_is_another_session(
    alice: User, bob: User, worker: Worker, connect: Open
) -> None:
    for owner in (alice, bob):
        await connect(PATH, ORIGIN, await who(owner))
        assert (await worker.frame()).value["open"]["owner"] == owner.pk
    assert await LiveSession.objects.acount() == 2


async def test_more_sessions_than_one_may_have(alice: User, worker: Worker, connect: Open, settings: Any) -> None:
    settings.LIVE_SESSIONS_PERSON = 1
    who_ = await who(alice)
    await connect(PATH, ORIGIN, who_)
    assert await refused_with(await connect("/ws/connection-2/session-two", ORIGIN, who_)) == (
        "too_many_sessions",
        4429,
    )
    await connect("/ws/connection-3/session-one", ORIGIN, who_)  # her own once more
    assert [(await worker.frame()).value["open"]["connection_id"] for _ in range(2)] == ["connection-1", "connection-3"]


@pytest.mark.parametrize("path", ["/ws/short/session-one", "/ws/connection-1/session one", "/ws/connection-1/a%0A"])
async def test_strange_ids_lead_nowhere(path: str) -> None:
    socket = Socket(path)
    with pytest.raises(ValueError, match="No route found"):
        await application(socket.scope, socket.input_queue.get, socket.output_queue.put)


# --- workers ----------------------------------------------------------------------------------------------------------
async def test_no_worker(alice: User, connect: Open) -> None:
    await LiveWorker.objects.acreate(name="busy", address="unix:/nowhere", sessions=2, room=2)
    long_ago = timezone.now() - timedelta(minutes=1)
    await LiveWorker.objects.acreate(name="dead", address="unix:/nowhere", room=2, seen_at=long_ago)
    assert await refused_with(await connect(PATH, ORIGIN, await who(alice))) == ("no_live_worker", 4503)
    assert not await LiveSession.objects.aexists()


async def test_one_that_does_not_answer_is_passed_over(alice: User, worker: Worker, connect: Open) -> None:
    await LiveWorker.objects.acreate(name="a", address="unix:/nowhere", room=9)
    await LiveWorker.objects.filter(name="one").aupdate(sessions=1)
    await connect(PATH, ORIGIN, await who(alice))
    await worker.frame()
    assert (await LiveSession.objects.aget()).worker == "one"


async def test_whoever_comes_back_comes_back_to_the_same_worker(
    alice: User, worker: Worker, connect: Open, tmp_path: Path, settings: Any
) -> None:
    await connect(PATH, ORIGIN, await who(alice))
    await worker.frame()
    await LiveWorker.objects.filter(name="one").aupdate(sessions=3)
    other, listener = await started(tmp_path, settings, "other")
    await connect("/ws/connection-2/session-one", ORIGIN, await who(alice))
    assert (await worker.frame()).value["open"]["connection_id"] == "connection-2"
    assert other.heard.empty()
    await other.end()
    await listener.close()


async def test_a_worker_that_ends(alice: User, worker: Worker, connect: Open) -> None:
    socket = await connect(PATH, ORIGIN, await who(alice))
    await worker.frame()
    await worker.line.close()
    assert await refused_with(socket) == ("live_worker_lost", 1012)


async def test_a_worker_that_hangs_up_says_why(alice: User, worker: Worker, connect: Open) -> None:
    socket = await connect(PATH, ORIGIN, await who(alice))
    await worker.frame()
    await worker.line.send(lines.control({"close": 4409, "reason": "taken over"}))
    assert await closed_with(socket) == 4409
    await worker.left()


async def test_a_client_that_leaves_while_the_line_is_closed(
    alice: User, worker: Worker, connect: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    close, closed = UnixLine.close, []

    async def slowly(line: UnixLine) -> None:
        try:
            await asyncio.sleep(0.3)
        finally:
            await asyncio.sleep(0.3)
            await close(line)
            closed.append(line)

    socket = await connect(PATH, ORIGIN, await who(alice))
    await worker.frame()
    monkeypatch.setattr(UnixLine, "close", slowly)
    await worker.line.send(lines.control({"close": 4409, "reason": "taken over"}))
    assert await closed_with(socket) == 4409
    await socket.leave()
    assert len(closed) == 1  # nothing of the connection goes on behind its end


async def test_sound_goes_both_ways_as_it_is(alice: User, worker: Worker, connect: Open) -> None:
    socket = await connect(PATH, ORIGIN, await who(alice))
    await worker.frame()
    chunk = messages.chunk_encode(Chunk(0, bytes(2048)))
    await socket.say(chunk)
    assert await worker.frame() == Frame(Kind.BINARY, chunk)
    piece = messages.piece_encode(Piece(1, 0, 22_050, b"\1\0" * 9, last=True))
    await worker.line.send(lines.binary(piece))
    assert await socket.sent() == piece


async def test_what_the_worker_does_not_take_is_not_stored_up(
    alice: User, worker: Worker, connect: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumers, "STUCK_SECONDS", 0.3)
    monkeypatch.setattr(consumers, "CLOSE_SECONDS", 0.1)
    socket = await connect(PATH, ORIGIN, await who(alice))
    await worker.frame()
    worker.listening.clear()
    recording = {"type": "create_voice_clone", "speaker_id": 0, "declared": True, "audio_samples": ["AAAA" * 10**6]}
    for _ in range(3):
        await socket.say(recording)
    assert await refused_with(socket) == ("live_worker_lost", 1012)


async def test_a_client_that_leaves(alice: User, worker: Worker, connect: Open) -> None:
    socket = await connect(PATH, ORIGIN, await who(alice))
    await worker.frame()
    await socket.leave()
    await worker.left()
    session = await LiveSession.objects.aget()
    assert (session.ended_at, session.connection_id) == (None, "")  # it may come back


# --- clients that mean no good ----------------------------------------------------------------------------------------
@pytest.fixture
async def socket(alice: User, worker: Worker, connect: Open) -> Socket:
    """A connection that the worker knows of."""
    socket: Socket = await connect(PATH, ORIGIN, await who(alice))
    await worker.frame()
    return socket


async def test_what_cannot_be_understood_is_answered_and_not_passed_on(socket: Socket, worker: Worker) -> None:
    for said, code, field in (
        ("{not json", "message_not_json", None),
        ({"type": "shout"}, "message_unknown_type", "type"),
        ({**START, "volume": 3}, "message_unknown_field", "volume"),
        ({"type": "start_dubbing"}, "message_missing_field", "target_language"),
        (b"", "frame_unreadable", None),
        (b"\x02\x01\0\0\0\0\0\0", "frame_unreadable", None),
        (messages.chunk_encode(Chunk(0, bytes(32_002))), "chunk_too_long", None),
        ({"type": "audio_chunk", "seq": 0, "audio": "AAAA" * 11_000}, "chunk_too_long", None),
    ):
        await socket.say(said)
        error = await socket.message()
        assert (error["type"], error["code"], error.get("field"), error["fatal"]) == ("error", code, field, False)
    await socket.say(START)
    assert (await worker.frame()).value == START


async def test_ten_of_them_in_a_row_are_enough(socket: Socket, worker: Worker) -> None:
    for _ in range(9):
        await socket.say("?")
    await socket.say({"type": "ping", "at": 1})  # one that is understood
    for _ in range(10):
        await socket.say("?")
    codes = [(await socket.message())["code"] for _ in range(19)]
    assert codes == ["message_not_json"] * 19
    assert await refused_with(socket) == ("protocol_broken", 4400)
    assert (await worker.frame()).value["type"] == "ping"
    await worker.left()


@pytest.mark.parametrize(
    "said",
    [
        json.dumps({"type": "ping", "at": 1, "pad": "x" * 300_000}),
        "[" * (messages.largest() + 1),
        bytes(messages.largest() + 1),
    ],
    ids=["longer than its kind may be", "longest", "binary"],
)
async def test_what_is_too_large_ends_it(socket: Socket, worker: Worker, said: Any) -> None:
    await socket.say(said)
    assert await refused_with(socket) == ("message_too_large", 4413)
    await worker.left()


async def test_recordings_of_a_voice_may_be_large(socket: Socket, worker: Worker) -> None:
    sound = base64.b64encode(bytes(1_000_000)).decode()
    said = {"type": "create_voice_clone", "speaker_id": 0, "declared": True, "audio_samples": [sound]}
    await socket.say(said)
    assert (await worker.frame()).value == said


async def test_sound_that_comes_faster_than_it_is_spoken(socket: Socket) -> None:
    for seq in range(17):
        await socket.say(messages.chunk_encode(Chunk(seq, bytes(32_000))))
    told = await socket.message()
    assert (told["code"], told["fatal"]) == ("sent_too_fast", False)
    assert await refused_with(socket) == ("sent_too_fast", 4429)


async def test_the_rate_that_was_declared_is_the_one_that_counts(socket: Socket, worker: Worker) -> None:
    await worker.say({**READY, "sample_rate": 32_000, "channels": 2})
    await socket.message()
    await socket.say(messages.chunk_encode(Chunk(0, bytes(128_000))))
    assert (await worker.frame()).kind is Kind.BINARY
    await socket.say({**START, "sample_rate": 8000})
    await worker.frame()
    await socket.say(messages.chunk_encode(Chunk(1, bytes(32_002))))
    assert (await socket.message())["code"] == "chunk_too_long"


async def test_a_flood_of_messages(socket: Socket, worker: Worker) -> None:
    for _ in range(1200):
        await socket.say('{"type": "ack", "seq": 0}')
    assert (await socket.message())["code"] == "sent_too_fast"
    assert await refused_with(socket) == ("sent_too_fast", 4429)


async def test_a_socket_on_which_nothing_comes(alice: User, worker: Worker, connect: Open, settings: Any) -> None:
    settings.LIVE_IDLE_SECONDS = 0.3
    socket = await connect(PATH, ORIGIN, await who(alice))
    await worker.frame()
    assert await refused_with(socket) == ("session_idle", 4408)


async def test_what_nobody_foresaw_is_not_told(
    alice: User, worker: Worker, connect: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    socket = await connect(PATH, ORIGIN, await who(alice))
    await worker.frame()
    await worker.line.send(lines.control({"close": "secret"}))
    error = await socket.message()
    assert (error["code"], "secret" in error["message"]) == ("live_failed", False)
    assert await closed_with(socket) == 4500
