"""One live worker: takes lines, has sessions done, and looks after them until it is told to stop."""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, TypeVar
from weakref import WeakValueDictionary

import psutil
from django.db import connections

from live import lines, services, uploads
from live.host import rows
from live.host.connection import Opened
from live.host.hosted import Hosted
from live.host.rows import Verdict
from live.lines import Line, LineLost
from live.messages import Close, error_message
from vocasync.engines import registry
from vocasync.engines.cache import ENGINES
from vocasync.errors import PipelineError
from vocasync.pipelines.base import ENCODER
from vocasync.pipelines.live.numbers import Tally
from work.engines import engine_config, watermark

logger = logging.getLogger(__name__)

Given = TypeVar("Given")

TICK_SECONDS = 0.1
BEAT_SECONDS = 2.0
WRITE_SECONDS = 5.0
SWEEP_SECONDS = 60.0
OPEN_SECONDS = 5.0
"""How long a line may take to say which session it is for."""

LEAVE_SECONDS = 8.0
"""How long sessions are waited for when the worker stops."""

IDLE_SECONDS = 600.0
"""After so long without a session a worker that has loaded engines ends, and another one, with nothing in its memory,
takes its place: that gives everything back, which dropping the engines would not."""

WARM_BYTES = 2**31
"""Memory that must be free to load engines before anybody has said what they want."""


class Desk:
    """Threads for what takes its time; each call has the database for itself. One line of them writes down how it
    goes, so that this is never behind sessions that are just stopping."""

    def __init__(self, threads: int, name: str) -> None:
        self._pool = ThreadPoolExecutor(threads, name)

    async def do(self, call: Callable[..., Given], *given: Any) -> Given:
        return await asyncio.get_running_loop().run_in_executor(self._pool, _alone, call, given)

    def close(self) -> None:
        """Begin nothing more."""
        self._pool.shutdown(wait=False, cancel_futures=True)


def _alone(call: Callable[..., Given], given: tuple[Any, ...]) -> Given:
    try:
        return call(*given)
    finally:
        connections.close_all()


class Worker:
    """name: of its row and its socket. room: sessions that it takes at most."""

    def __init__(self, name: str, room: int) -> None:
        self._name, self._room = name, room
        self._desk, self._books = Desk(2 * room + 4, "live"), Desk(1, "live-books")
        self._hosted: dict[uuid.UUID, Hosted] = {}
        self._opening: WeakValueDictionary[uuid.UUID, asyncio.Lock] = WeakValueDictionary()
        self._past = Tally()
        self._stop = asyncio.Event()
        self._idle_since: float | None = None
        self._warmed = False
        self._tasks: set[asyncio.Task[None]] = set()

    def stop(self) -> None:
        """Tell the sessions, and end."""
        self._stop.set()

    async def run(self) -> None:
        """Until it is stopped, or has been idle for long."""
        listener = await lines.listen(self._name, self._taken)
        self._address = listener.address
        await self._beat()
        logger.info("The live worker %s takes %s sessions.", self._name, self._room)
        cares = [
            asyncio.create_task(self._every(seconds, care))
            for seconds, care in (
                (TICK_SECONDS, self._tick),
                (BEAT_SECONDS, self._beat),
                (WRITE_SECONDS, self._write),
                (SWEEP_SECONDS, self._sweep),
            )
        ]
        try:
            await self._stop.wait()
        finally:
            await listener.close()
            for care in cares:
                care.cancel()
            await asyncio.gather(*cares, return_exceptions=True)
            await self._leave()

    # --- lines --------------------------------------------------------------------------------------------------------
    async def _taken(self, line: Line) -> None:
        try:
            opened = Opened.read(await asyncio.wait_for(line.receive(), OPEN_SECONDS))
            await self._serve(line, opened)
        except (LineLost, asyncio.TimeoutError, ValueError, KeyError):
            await line.close()
        except Exception:
            logger.exception("A line of a live session failed.")
            await _hang_up(line, Close.INTERNAL)

    async def _serve(self, line: Line, opened: Opened) -> None:
        hosted, resumed = await self._session(opened)
        if isinstance(hosted, Hosted):
            await hosted.serve(line, opened, resumed=resumed)
        else:
            await _hang_up(line, hosted)

    async def _session(self, opened: Opened) -> tuple[Hosted | Close, bool]:
        """The session, and whether it was here already; or why not."""
        pk = uuid.UUID(opened.session)
        opening = self._opening.setdefault(pk, asyncio.Lock())
        async with opening:
            if pk in self._hosted:
                return self._hosted[pk], True
            if self._busy >= self._room or self._stop.is_set():
                return Close.NO_WORKER, False
            row = await self._desk.do(rows.session_taken, pk, opened.owner, self._name)
            if row is None:
                return Close.INTERNAL, False
            hosted = self._hosted[pk] = Hosted(row, self._name, self._desk)
            self._idle_since = None
            self._start(self._warm(hosted))
            return hosted, False

    @property
    def _busy(self) -> int:
        """Sessions that go on; one that is over and waits for its client to have heard so takes no room."""
        return sum(hosted.state != "stopped" for hosted in self._hosted.values())

    async def _warm(self, hosted: Hosted) -> None:
        """What every session needs is loaded while the first one is still being set up, if there is room for it."""
        if self._warmed or psutil.virtual_memory().available < WARM_BYTES:
            return
        self._warmed = True
        config, mark = engine_config(), await self._desk.do(watermark)
        for stage, name in (("speaker", ENCODER), ("watermark", mark)):
            if name and not self._stop.is_set():
                hosted.loading(stage)
                await self._desk.do(registry.load, stage, name, config)

    # --- cares --------------------------------------------------------------------------------------------------------
    async def _every(self, seconds: float, care: Callable[[], Any]) -> None:
        while True:
            await asyncio.sleep(seconds)
            try:
                await care()
            except Exception:  # a database that is away for a while is no reason to fall
                logger.exception("A live worker could not look after its sessions.")

    async def _tick(self) -> None:
        now = time.monotonic()
        for hosted in list(self._hosted.values()):
            if hosted.tick(now):
                self._start(self._end(hosted))
        if self._idle_since is not None and now - self._idle_since > IDLE_SECONDS:
            self._stop.set()

    async def _end(self, hosted: Hosted, code: int | None = None) -> None:
        try:
            await hosted.end(code)
        finally:
            if self._hosted.pop(hosted.pk, None) is not None:
                self._past.merge(hosted.tally.plain())
            if not self._hosted:
                self._idle_since = time.monotonic()

    async def _beat(self) -> None:
        numbers = Tally()
        numbers.merge(self._past.plain())
        engines: dict[str, str] = {}
        for hosted in self._hosted.values():
            numbers.merge(hosted.tally.plain())
            engines |= hosted.engines
        told = {"sessions": self._busy, "room": self._room, "engines": engines, "numbers": numbers.plain()}
        watched = [hosted.watched for hosted in self._hosted.values()]
        found = await self._books.do(self._beaten, told, watched)
        for pk, verdict in found.items():
            if pk in self._hosted:
                self._judge(self._hosted[pk], verdict)

    def _beaten(self, told: dict[str, Any], watched: list[rows.Watched]) -> dict[uuid.UUID, Verdict]:
        rows.worker_beat(self._name, self._address, **told)
        return rows.verdicts(self._name, watched) if watched else {}

    def _judge(self, hosted: Hosted, verdict: Verdict) -> None:
        if verdict.error is not None:
            hosted.trouble(verdict.error, fatal=True)
            self._start(self._end(hosted, Close.FORBIDDEN))
        elif verdict.over:
            hosted.finish(Close.STOPPED)
        for voice, error in verdict.withdrawn.items():
            hosted.withdraw(voice, error)

    async def _write(self) -> None:
        for hosted in list(self._hosted.values()):
            try:
                await hosted.write()
            except PipelineError as error:  # they have had what they may have
                hosted.trouble(error, fatal=True)
                hosted.finish(Close.FORBIDDEN)

    async def _sweep(self) -> None:
        await self._books.do(services.sweep)
        await self._books.do(uploads.sweep)

    # --- the end ------------------------------------------------------------------------------------------------------
    async def _leave(self) -> None:
        """Have the clients connect again, to somebody else."""
        for hosted in self._hosted.values():
            hosted.trouble(PipelineError("live_worker_lost"))
        ends = [asyncio.create_task(self._end(hosted, Close.WORKER_LOST)) for hosted in list(self._hosted.values())]
        if ends:
            await asyncio.wait(ends, timeout=LEAVE_SECONDS)
        with suppress(Exception):
            await self._books.do(rows.worker_gone, self._name)
        for desk in (self._desk, self._books):
            desk.close()
        ENGINES.clear()

    def _start(self, work: Any) -> None:
        task = asyncio.create_task(_looked_after(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _looked_after(work: Any) -> None:
    try:
        await work
    except Exception:
        logger.exception("A live worker failed at something; its sessions go on.")


async def _hang_up(line: Line, code: Close) -> None:
    error = PipelineError("no_live_worker" if code is Close.NO_WORKER else "live_over")
    with suppress(LineLost):
        await line.send(lines.message(error_message(error, fatal=True)))
        await line.send(lines.control({"close": int(code), "reason": error.code}))
    await line.close()
