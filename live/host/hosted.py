"""A session in the worker that does it: between its client, whose connection comes and goes, and the engines."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
import uuid
from base64 import b64decode
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from typing import Any, Protocol, TypeVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone

from live import messages, uploads
from live.host import asking, encoding, rows, samples
from live.host.account import Account
from live.host.connection import Connection, Opened
from live.host.encoding import Heard, Text
from live.host.outbox import Outbox
from live.host.rows import Watched
from live.lines import Frame, Kind, Line, LineLost, message
from live.messages import Close, Message
from live.models import LiveSession as Row
from vocasync.errors import PipelineError
from vocasync.pipelines.live.events import Event, Numbers, Ready, Sound, SpeakerHeard, Stopped, Transcript, Trouble
from vocasync.pipelines.live.intake import Chunks, Taken
from vocasync.pipelines.live.numbers import Tally
from vocasync.pipelines.live.request import Manner
from vocasync.pipelines.live.session import LiveSession

logger = logging.getLogger(__name__)

Given = TypeVar("Given")

LINGER_SECONDS = 30.0
"""How long a session that is over waits for its client to have received everything."""

CLOSE_SECONDS = 5.0
"""How long it is waited for what the engines are just at."""


class Desk(Protocol):
    """Where what takes its time is done, so that nobody else waits for it."""

    async def do(self, call: Callable[..., Given], *given: Any) -> Given:
        """Run it on a thread that may use the database."""


class Hosted:
    """Lives in the event loop; the engines' threads reach it by :meth:`tell` alone."""

    def __init__(self, row: Row, worker: str, desk: Desk) -> None:
        self.pk: uuid.UUID = row.pk
        self.state = "waiting"
        self.tally = Tally()
        self.voices: frozenset[uuid.UUID] = frozenset()
        self._row, self._owner, self._worker, self._desk = row, row.owner, worker, desk
        self._loop = asyncio.get_running_loop()
        self._outbox = Outbox()
        self._chunks = Chunks(settings.LIVE_SAMPLE_RATE, 1, longest=settings.LIVE_MAX_CHUNK_DURATION)
        self._connection: Connection | None = None
        self._engine: LiveSession | None = None
        self._account: Account | None = None
        self._manner: Manner | None = None
        self._base64 = self._making = self._stopping = self._finishing = False
        self._engines: dict[str, str] = {}
        self._language = ""
        self._speakers: dict[int, SpeakerHeard] = {}
        self._numbers: Numbers | None = None
        self._fatal: Message | None = None
        self._close = Close.STOPPED
        self._alone_since = self._over_since = time.monotonic()
        self._tasks: set[asyncio.Task[None]] = set()

    # --- connections --------------------------------------------------------------------------------------------------
    async def serve(self, line: Line, opened: Opened, *, resumed: bool) -> None:
        """Be told and tell over a line, until it ends or another one takes over."""
        connection = Connection(line, opened, self._outbox)
        before, self._connection = self._connection, connection
        if before is not None:
            self._start(before.hang_up(Close.TAKEN_OVER, "taken_over"))
        self._outbox.resume(opened.after)
        if self._fatal is not None:
            self._outbox.passing(self._fatal)
        try:
            await connection.begin(message(self._ready(opened, resumed=resumed)))
            while self._connection is connection:
                await self._take(await line.receive())
        except LineLost:
            pass
        finally:
            if self._connection is connection:
                self._connection, self._alone_since = None, time.monotonic()
                await connection.lost()

    def _ready(self, opened: Opened, *, resumed: bool) -> Message:
        return {
            "type": "ready",
            "version": messages.VERSION,
            "session_id": self._row.session_id,
            "connection_id": opened.connection_id,
            "resumed": resumed,
            "state": self.state,
            "heard": self._chunks.next,
            "seq": self._outbox.last,
            "sample_rate": self._chunks.rate,
            "channels": self._chunks.channels,
            "chunk_size": settings.LIVE_CHUNK_SIZE,
            "max_chunk_duration": settings.LIVE_MAX_CHUNK_DURATION,
            "limits": {
                "resume_seconds": settings.LIVE_RESUME_SECONDS,
                "sessions": settings.LIVE_SESSIONS_PERSON,
                "recording_seconds": uploads.LONGEST_SECONDS,
            },
        }

    # --- what the client says -----------------------------------------------------------------------------------------
    async def _take(self, frame: Frame) -> None:
        with self._told():
            if frame.kind is Kind.BINARY:
                chunk = messages.chunk_decode(frame.body)
                self._hear(chunk.seq, chunk.pcm)
            elif frame.kind is Kind.JSON:
                said = messages.parse(frame.body.decode())
                await self._DOINGS[said["type"]](self, said)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Whatever goes wrong inside, the client is told and the session goes on."""
        try:
            yield
        except LineLost:
            raise
        except Exception as error:
            self.trouble(_plain(error))

    async def _begin(self, said: Message) -> None:
        """``start_dubbing``"""
        if self.state != "waiting":
            raise PipelineError("live_started")
        self._chunks.tune(said.get("sample_rate", settings.LIVE_SAMPLE_RATE), said.get("channels", 1))
        self.state = "loading"
        try:
            asked = await self._desk.do(asking.asked_of, self._owner, said)
            account = self._account
            if account is None:
                account = self._account = await self._desk.do(Account, self._owner, self.pk)
            await self._desk.do(account.write, 1.0)  # a second ahead: nobody begins who has had their share
        except BaseException:
            self.state = "waiting"
            raise
        self._base64 = said.get("audio_format") == "base64"
        self._manner, self.voices = asked.request.manner, asked.voices
        engine = account.made(lambda: LiveSession(asked.request, asked.config, self.tell))
        self._engine, self.tally = engine, engine.tally
        engine.start()
        await self._write({"started_at": timezone.now()})

    async def _chunk(self, said: Message) -> None:
        """``audio_chunk``"""
        if self.state == "waiting" and "target_language" in said:
            await self._begin({**said, "audio_format": "base64"})
        elif self._engine is not None:
            self._chunks.tune(said.get("sample_rate", self._chunks.rate), said.get("channels", self._chunks.channels))
            await self._change(said)
        self._hear(said["seq"], b64decode(said["audio"]))

    async def _change(self, said: Message) -> None:
        """``settings``, and what a chunk says of the manner"""
        if self._engine is None or self._manner is None:
            raise PipelineError("live_unstarted")
        manner = asking.changed(self._manner, said)
        if manner != self._manner:
            await self._desk.do(self._engine.change, manner)
            self._manner = manner
            await self._write({})

    async def _clone(self, said: Message) -> None:
        """``create_voice_clone``; goes on while the session does"""
        if self._engine is None:
            raise PipelineError("live_unstarted")
        if self._making:
            raise PipelineError("voice_under_way")
        self._making = True
        self._start(self._make(self._engine, said))

    async def _make(self, engine: LiveSession, said: Message) -> None:
        try:
            with self._told():
                speaker = said["speaker_id"]
                brought = await self._desk.do(samples.read, self._owner, said["audio_samples"])
                await self._desk.do(samples.declare, self._owner, self._row, speaker, brought)
                engine.give_voice(speaker, [one.sound for one in brought])
        finally:
            self._making = False

    async def _acknowledge(self, said: Message) -> None:
        self._outbox.acknowledge(said["seq"])

    async def _pong(self, said: Message) -> None:
        self._pass({"type": "pong", "at": said["at"], "heard": self._chunks.next, "seq": self._outbox.last})

    async def _stop(self, _said: Message) -> None:
        """``stop``"""
        self.finish(Close.STOPPED)

    _DOINGS: dict[str, Callable[[Any, Message], Awaitable[None]]] = {
        "start_dubbing": _begin,
        "audio_chunk": _chunk,
        "settings": _change,
        "create_voice_clone": _clone,
        "ack": _acknowledge,
        "ping": _pong,
        "stop": _stop,
    }

    def loading(self, stage: str) -> None:
        """Engines are loaded before anybody has asked for any."""
        if self.state == "waiting":
            self._outbox.passing({"type": "loading", "stage": stage, "progress": 0.0, "eta_seconds": None}, "loading")
            self._wake()

    # --- sound --------------------------------------------------------------------------------------------------------
    def _hear(self, number: int, pcm: bytes) -> None:
        if self._engine is None:
            raise PipelineError("live_unstarted")
        if not self._stopping:
            now = time.monotonic()
            self._feed(self._chunks.give(number, pcm, now), now)

    def _feed(self, taken: Taken, now: float) -> None:
        if self._engine is not None and len(taken.samples):
            self._engine.feed(taken.samples, now)
        if taken.lost:
            self.trouble(PipelineError("chunks_lost", count=taken.lost))

    # --- what the engines say -----------------------------------------------------------------------------------------
    def tell(self, event: Event) -> None:
        """From any thread. Sound is put into its form here, not in the event loop."""
        if isinstance(event, Sound):
            said: Heard | Text = encoding.sound(event, base64=self._base64)
        else:
            said = encoding.text(event, heard=self._chunks.next)
        with suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(self._say, event, said)

    def _say(self, event: Event, said: Heard | Text) -> None:
        self._note(event, said)
        if isinstance(said, Heard):
            self._outbox.sound(said.frame, said.seconds, said.clause)
        elif said.durable:
            if isinstance(event, Transcript):
                self._outbox.forget("transcript")
            self._outbox.text(said.value)
        else:
            self._outbox.passing(said.value, said.kind)
        self._wake()

    def _note(self, event: Event, said: Heard | Text) -> None:
        """What is to be known of the session beside what its client is told."""
        if isinstance(event, SpeakerHeard):
            self._speakers[event.speaker] = event
        elif isinstance(event, Numbers):
            self._numbers = event
        elif isinstance(event, Trouble) and event.fatal and isinstance(said, Text):
            self._fatal = said.value
        elif isinstance(event, Stopped):
            self._numbers, self.state, self._over_since = event.numbers, "stopped", time.monotonic()
            self._start(self._write({}))
        elif isinstance(event, Ready) and isinstance(said, Text) and self._manner is not None:
            said.value["target_language"] = self._manner.target_language
            self._engines, self._language, self.state = dict(event.engines), event.language, "running"

    def _pass(self, value: Message) -> None:
        self._outbox.passing(value)
        self._wake()

    def trouble(self, error: PipelineError, *, fatal: bool = False) -> None:
        """Tell the client what is wrong. fatal: the session is over because of it."""
        said = messages.error_message(error, fatal=fatal)
        self.tally.error(error.code)
        if fatal:
            self._fatal = said
        self._pass(said)

    def _wake(self) -> None:
        if self._connection is not None:
            self._connection.wake()

    # --- looked after -------------------------------------------------------------------------------------------------
    def tick(self, now: float) -> bool:
        """Look what time has brought. Returns whether the session is over, and :meth:`end` may be called."""
        if self._engine is not None and not self._stopping:
            self._feed(self._chunks.wait(now), now)
        if self.state == "stopped":
            return self._outbox.acknowledged == self._outbox.last or now - self._over_since > LINGER_SECONDS
        return self._connection is None and now - self._alone_since > settings.LIVE_RESUME_SECONDS

    def finish(self, code: Close) -> None:
        """No more sound is taken; what was heard is told to its end, and then the connection ends with ``code``."""
        if self._stopping:
            return
        self._stopping, self._close = True, code
        if self._engine is None:
            self._say(stopped := Stopped(self.tally.numbers()), encoding.text(stopped, heard=0))
            return
        self._feed(self._chunks.finish(), time.monotonic())
        self._start(self._desk.do(self._engine.stop))

    def withdraw(self, voice: uuid.UUID, error: PipelineError) -> None:
        """A voice of the library may not speak any more: from this moment on it does not."""
        if self._engine is not None and voice in self.voices:
            self.voices -= {voice}
            self._engine.withdraw(str(voice))
            self.trouble(error)

    async def end(self, code: int | None = None) -> None:
        """Whatever is under way: nothing of the session goes on after this."""
        if self._finishing:
            return
        self._finishing = True
        lost = self.state != "stopped" and code is None
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.drained()
            await connection.hang_up(code or self._close, self._fatal["code"] if self._fatal else "")
        self.state = "stopped"
        if self._engine is not None:
            await self._desk.do(_ended, self._engine)
        with suppress(PipelineError):
            await self.write()
        if self._account is not None:
            await self._desk.do(self._account.close)
        state = Row.State.LOST if lost or code == Close.WORKER_LOST else Row.State.STOPPED
        await self._desk.do(rows.session_end, self.pk, self._worker, state, self._fields())

    async def write(self) -> None:
        """Write down how it goes, what was spent, what was heard. Raises ``audio_limit`` and ``live_spending``."""
        await self._write({})
        if self._account is not None and self._engine is not None:
            await self._desk.do(self._account.write, self._engine.heard_seconds)

    async def _write(self, more: Message) -> None:
        await self._desk.do(rows.session_write, self.pk, self._worker, {**self._fields(), **more})

    @property
    def watched(self) -> Watched:
        """What is looked after."""
        return Watched(self.pk, self._owner.pk, self.voices)

    @property
    def engines(self) -> dict[str, str]:
        """That it uses, by step; none before they are loaded."""
        return self._engines

    def _fields(self) -> dict[str, Any]:
        """Of its row."""
        told = self._numbers or self.tally.numbers()
        manner = self._manner
        states = {"waiting": Row.State.WAITING, "loading": Row.State.WAITING, "stopped": Row.State.STOPPED}
        return {
            "state": states.get(self.state, Row.State.RUNNING),
            "source_language": self._language or (manner.source_language if manner else ""),
            "target_language": manner.target_language if manner else "",
            "manner": asdict(manner) if manner else {},
            "engines": self._engines,
            "speakers": [_speaker(one) for _, one in sorted(self._speakers.items())],
            "numbers": encoding.numbers(told),
            "heard_seconds": self._engine.heard_seconds if self._engine else 0.0,
            "spoken_seconds": told.spoken,
            "clauses": told.clauses,
            "error_code": self._fatal["code"] if self._fatal else "",
        }

    def _start(self, work: Awaitable[Any]) -> None:
        """Have it done beside everything else."""
        task = asyncio.create_task(self._beside(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _beside(self, work: Awaitable[Any]) -> None:
        with self._told():
            await work


def _speaker(event: SpeakerHeard) -> Message:
    named = {"number": event.speaker, "name": event.name, "voice": event.voice}
    return {**named, "seconds": round(event.seconds, 1), "similarity": round(event.similarity, 3)}


def _ended(engine: LiveSession) -> None:
    """Nothing is spent, and no voice is made, after this."""
    engine.close()
    engine.wait(CLOSE_SECONDS)


def _plain(error: Exception) -> PipelineError:
    """What a client is told of it."""
    if isinstance(error, PipelineError):
        return error
    if isinstance(error, ValidationError):
        return PipelineError("message_bad_value", type="", field="", reason="; ".join(error.messages))
    marker = secrets.token_hex(4)
    logger.error("[%s] A live session failed.", marker, exc_info=error)
    return PipelineError("internal", id=marker)
