"""The socket of live dubbing: what clients send is checked and passed on to the worker that does the session, and what
the worker says is passed back. Nothing else happens in the web process.

Nothing is stored up here: while the worker does not take what was sent, nothing more is read from the client, and
while the client does not take what it is told, nothing more is read from the worker.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qs

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings

from live import lines, messages, selectors, services
from live.lines import Frame, Kind, Line, LineLost
from live.messages import SUBPROTOCOL, Close, Message
from live.models import LiveSession, LiveWorker
from live.pace import Pace, Verdict
from vocasync.errors import PipelineError

logger = logging.getLogger(__name__)

BAD_MESSAGES = 10
"""In a row, until the client is taken for broken."""

STUCK_SECONDS = 20.0
"""How long a worker may take nothing of what it is sent."""

CLOSE_SECONDS = 5.0

LOOK_SECONDS = 15.0
"""How often it is looked whether the person may still dub."""

CLOSES = {
    "suspended": Close.FORBIDDEN,
    "scope_missing": Close.FORBIDDEN,
    "not_signed_in": Close.NOT_SIGNED_IN,
    "version_unknown": Close.VERSION,
    "too_many_sessions": Close.TOO_FAST,
    "sent_too_fast": Close.TOO_FAST,
    "message_too_large": Close.TOO_LARGE,
    "protocol_broken": Close.BROKEN,
    "no_live_worker": Close.NO_WORKER,
    "live_worker_lost": Close.WORKER_LOST,
    "session_idle": Close.IDLE,
}
"""With which code a connection ends that is refused."""


class LiveConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]
    """``ws/<connection_id>/<session_id>``, see ``live/asyncapi.yml``."""

    async def connect(self) -> None:
        self._over = False
        self._line: Line | None = None
        self._session: LiveSession | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._heard_at = time.monotonic()
        self._pace = Pace(self._heard_at)
        self._warned = False
        self._bad = 0
        self._rate, self._channels = settings.LIVE_SAMPLE_RATE, 1
        offered: list[str] = self.scope["subprotocols"]
        known = SUBPROTOCOL in offered or not offered
        # Accepted first: a socket that is refused before has no close code that a browser could read, and a browser
        # drops a socket whose server picks none of the subprotocols that it offered.
        await self.accept(SUBPROTOCOL if SUBPROTOCOL in offered else next(iter(offered), None))
        try:
            if not known:
                asked = messages.shown(", ".join(offered))
                raise PipelineError("version_unknown", asked=asked, known=SUBPROTOCOL)
            await self._begin()
        except PipelineError as error:
            await self._refuse(error)
        except Exception:
            await self._fail()

    async def _begin(self) -> None:
        """Find the session and who does it, and pass on from now on. Raises PipelineError."""
        user = self.scope.get("user")
        if user is None or not user.is_authenticated:
            if self.scope.get("scope_missing"):
                raise PipelineError("scope_missing", scope="live", meaning="Dub live")
            raise PipelineError("not_signed_in")
        query = parse_qs(self.scope["query_string"].decode("latin-1"))
        ids: dict[str, str] = self.scope["url_route"]["kwargs"]
        session = self._session = await database_sync_to_async(services.session_open)(
            owner=user,
            session_id=ids["session_id"],
            connection_id=ids["connection_id"],
            origin=query.get("origin", [""])[0],
        )
        self._line = await self._reach(session)
        opening = {"session": str(session.pk), "owner": user.pk, "connection_id": ids["connection_id"]}
        await self._pass_on(lines.control({"open": {**opening, "after": _count(query.get("after", ["0"])[0])}}))
        self._start(self._tell_on(self._line))
        self._start(self._watch())

    async def _reach(self, session: LiveSession) -> Line:
        """A line to a worker that takes the session. Raises ``no_live_worker``."""
        silent: list[str] = []
        while True:
            worker = await database_sync_to_async(_assign)(session, silent)
            if worker is None:
                await database_sync_to_async(services.session_discard)(session=session)
                raise PipelineError("no_live_worker")
            try:
                return await lines.connect(worker.address)
            except LineLost:
                silent.append(worker.name)

    # --- from the client ----------------------------------------------------------------------------------------------
    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if self._line is None or self._over:
            return
        now = self._heard_at = time.monotonic()
        try:
            await self._keep_pace(self._pace.message(len(text_data or bytes_data or b""), now))
            seconds, frame = self._checked(text_data, bytes_data)
            await self._keep_pace(self._pace.sound(seconds, now))
            self._bad = 0
            await self._pass_on(frame)
        except PipelineError as error:
            await self._wrong(error)
        except Exception:
            await self._fail()

    def _checked(self, text: str | None, sound: bytes | None) -> tuple[float, Frame]:
        """Seconds of sound in it, and what is passed on. Raises PipelineError."""
        if text is None:
            return self._sound(sound or b"")
        message = messages.parse(text)
        self._rate = message.get("sample_rate", self._rate)
        self._channels = message.get("channels", self._channels)
        size = messages.base64_bytes(message["audio"]) if message["type"] == "audio_chunk" else 0
        return self._seconds(size), Frame(Kind.JSON, text.encode())

    def _sound(self, frame: bytes) -> tuple[float, Frame]:
        if len(frame) > messages.largest():
            raise PipelineError("message_too_large", size=len(frame) / 1000, limit=messages.largest() / 1000)
        return self._seconds(len(messages.chunk_decode(frame).pcm)), Frame(Kind.BINARY, frame)

    def _seconds(self, size: int) -> float:
        """Of a chunk of sound. Raises ``chunk_too_long``."""
        seconds, limit = messages.pcm_seconds(size, self._rate, self._channels), settings.LIVE_MAX_CHUNK_DURATION
        if seconds > limit:
            raise PipelineError("chunk_too_long", seconds=seconds, limit=limit)
        return seconds

    async def _keep_pace(self, verdict: Verdict) -> None:
        """Say once that it is too fast. Raises ``sent_too_fast`` when that did not help."""
        too_fast = PipelineError("sent_too_fast", samples=settings.LIVE_CHUNK_SIZE)
        if verdict is Verdict.OVER:
            raise too_fast
        if verdict is Verdict.FAST and not self._warned:
            self._warned = True
            await self._tell(messages.error_message(too_fast))

    async def _wrong(self, error: PipelineError) -> None:
        """What came is not passed on."""
        if error.code in CLOSES:
            await self._refuse(error)
            return
        await self._tell(messages.error_message(error))
        self._bad += 1
        if self._bad >= BAD_MESSAGES:
            await self._refuse(PipelineError("protocol_broken", count=self._bad))

    async def _pass_on(self, frame: Frame) -> None:
        """Waits while the worker has enough to do. Raises ``live_worker_lost``."""
        if self._line is None:
            raise PipelineError("live_worker_lost")
        try:
            await asyncio.wait_for(self._line.send(frame), STUCK_SECONDS)
        except (LineLost, asyncio.TimeoutError):
            raise PipelineError("live_worker_lost") from None

    # --- from the worker ----------------------------------------------------------------------------------------------
    async def _tell_on(self, line: Line) -> None:
        """Pass on what the worker says, until it hangs up."""
        first = True
        try:
            while not self._over:
                frame = await line.receive()
                if frame.kind is Kind.CONTROL:
                    await self._controlled(frame.value)
                    continue
                if first and frame.kind is Kind.JSON:
                    first = False
                    self._expect(frame.value)
                await self._give(frame)
        except LineLost:
            await self._refuse(PipelineError("live_worker_lost"))

    def _expect(self, ready: Message) -> None:
        """How the sound of a session that goes on comes in."""
        self._rate = ready.get("sample_rate", self._rate)
        self._channels = ready.get("channels", self._channels)

    async def _controlled(self, said: Message) -> None:
        if "close" in said:
            await self._end(int(said["close"]), str(said.get("reason", "")))

    async def _give(self, frame: Frame) -> None:
        if self._over:
            return
        if frame.kind is Kind.BINARY:
            await self.send(bytes_data=frame.body)
        else:
            await self.send(text_data=frame.body.decode())

    # --- the end ------------------------------------------------------------------------------------------------------
    async def _watch(self) -> None:
        """End a connection on which nothing comes, and one of somebody who may not dub any more."""
        key = self.scope.get("api_key")
        check = database_sync_to_async(services.check_allowed)
        try:
            while (left := self._heard_at + settings.LIVE_IDLE_SECONDS - time.monotonic()) > 0:
                await asyncio.sleep(min(left, LOOK_SECONDS))
                await check(owner_id=self.scope["user"].pk, key_id=key.pk if key else None)
            raise PipelineError("session_idle", seconds=settings.LIVE_IDLE_SECONDS)
        except PipelineError as error:
            await self._refuse(error)

    async def _refuse(self, error: PipelineError) -> None:
        """Say why, and end the connection."""
        await self._tell(messages.error_message(error, fatal=True))
        await self._end(CLOSES[error.code], error.code)

    async def _fail(self) -> None:
        """Something that nobody foresaw. What it was is in the log alone."""
        logger.exception("A live socket failed.")
        with suppress(Exception):  # it may be the very sending that failed
            await self._tell(messages.error_message(PipelineError("live_failed"), fatal=True))
            await self._end(Close.INTERNAL, "internal")

    async def _tell(self, message: Message) -> None:
        if not self._over:
            await self.send(text_data=json.dumps(message))

    async def _end(self, code: int, reason: str) -> None:
        if not self._over:
            self._over = True
            await self.close(code, reason)
            await self._hang_up()

    async def disconnect(self, code: int) -> None:
        """The session goes on for a while without its client."""
        self._over = True
        await self._hang_up()
        if self._session is not None:
            left = database_sync_to_async(services.session_left)
            await left(session=self._session, connection_id=self._session.connection_id)

    async def _hang_up(self) -> None:
        others = self._tasks - {asyncio.current_task()}
        for task in others:
            task.cancel()
        line, self._line = self._line, None
        if line is not None:
            with suppress(asyncio.TimeoutError):  # what the worker does not take up is not waited for
                await asyncio.wait_for(line.close(), CLOSE_SECONDS)
        if others:  # one of them may just be closing the line
            await asyncio.wait(others, timeout=CLOSE_SECONDS)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(self._looked_after(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _looked_after(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception:
            await self._fail()


def _assign(session: LiveSession, silent: list[str]) -> LiveWorker | None:
    worker = selectors.worker_for(session, silent)
    if worker is not None:
        services.session_assign(session=session, worker=worker)
    return worker


def _count(given: str) -> int:
    """A number of messages, as a client says it."""
    return int(given) if given.isascii() and given.isdigit() and len(given) < 10 else 0
