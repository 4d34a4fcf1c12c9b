"""Sockets: a job's log as it grows, and a dashboard's jobs as they change.

The tables are what is followed. A channel layer that reaches other processes says when to look; without one the tables
are looked at twice a second.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qs

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer

from dubbing import events, selectors
from dubbing.models import Job

POLL_SECONDS = 0.5
WOKEN_SECONDS = 5.0
"""How often to look when the channel layer wakes us: it may lose a message."""

UNKNOWN_PERSON = 4401
UNKNOWN_JOB = 4404
DASHBOARD_JOBS = 200


class Follower(AsyncJsonWebsocketConsumer):  # type: ignore[misc]
    """Looks at the tables until the other side leaves. Subclasses say what to join and what to look at."""

    async def connect(self) -> None:
        # Accepted first: a socket that is refused before has no close code that a browser could read.
        await self.accept()
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._group = ""
        self.user = self.scope.get("user")
        if self.user is None or not self.user.is_authenticated:
            await self.close(UNKNOWN_PERSON)
            return
        try:
            self._group = await self.begin()
        except Job.DoesNotExist:
            await self.close(UNKNOWN_JOB)
            return
        if events.crosses_processes():
            await self.channel_layer.group_add(self._group, self.channel_name)
        self._task = asyncio.create_task(self._follow())

    async def begin(self) -> str:
        """Check what is asked for; the channel group to join. Raises ``Job.DoesNotExist``."""
        raise NotImplementedError

    async def look(self) -> None:
        """Send what is new. Raises ``Job.DoesNotExist`` when there is nothing to follow any more."""
        raise NotImplementedError

    async def _follow(self) -> None:
        pause = WOKEN_SECONDS if events.crosses_processes() else POLL_SECONDS
        try:
            while True:
                self._changed.clear()
                await self.look()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._changed.wait(), pause)
        except Job.DoesNotExist:
            await self.close(UNKNOWN_JOB)

    async def job_changed(self, message: dict[str, Any]) -> None:
        """The channel layer says that there is something new."""
        self._changed.set()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None, **kwargs: Any) -> None:
        """These sockets only tell; what a client says is not listened to."""

    async def disconnect(self, code: int) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            if events.crosses_processes():
                await self.channel_layer.group_discard(self._group, self.channel_name)


class JobFollower(Follower):
    """``ws/jobs/<uuid>/?after=<seq>``: the log after ``seq`` (0: all of it), then what is added.

    Messages: ``{seq, kind, at, payload}``, see :class:`dubbing.models.JobEvent`.
    """

    async def begin(self) -> str:
        self._job_id = self.scope["url_route"]["kwargs"]["job_id"]
        self._seq = _after(self.scope["query_string"])
        await database_sync_to_async(selectors.visible_job)(self.user, self._job_id)
        return events.job_group(self._job_id)

    async def look(self) -> None:
        while rows := await database_sync_to_async(self._rows)():
            for row in rows:
                await self.send_json(row)
                self._seq = row["seq"]

    def _rows(self) -> list[dict[str, Any]]:
        selectors.visible_job(self.user, self._job_id)  # not deleted, and still this person's to see
        return selectors.events_after(self._job_id, self._seq)


class JobsFollower(Follower):
    """``ws/jobs/``: the jobs that the person may see, each once at the start and again whenever it changes.

    Messages: ``{job, status, stage, progress, stage_progress, eta_seconds}``; ``status`` is ``deleted`` for one that
    is gone.
    """

    async def begin(self) -> str:
        self._known: dict[str, dict[str, Any]] = {}
        return events.person_group(self.user.pk)

    async def look(self) -> None:
        now = await database_sync_to_async(self._summaries)()
        for job, summary in now.items():
            if self._known.get(job) != summary:
                await self.send_json(summary)
        for job in self._known.keys() - now.keys():
            await self.send_json({"job": job, "status": "deleted"})
        self._known = now

    def _summaries(self) -> dict[str, dict[str, Any]]:
        rows = selectors.visible_jobs(self.user).select_related(None).only(*selectors.SUMMARY_FIELDS)[:DASHBOARD_JOBS]
        return {str(job.pk): selectors.job_summary(job) for job in rows}


def _after(query: bytes) -> int:
    given = parse_qs(query.decode("latin-1")).get("after", ["0"])[0]
    return int(given) if given.isascii() and given.isdigit() and len(given) < 10 else 0
