"""Clients of live dubbing that send speech in real time, and what they see of their sessions."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass, field

import numpy as np

from benchmarks.inputs import RATE
from live.client import Closed, LiveClient, paced
from live.messages import Message, Piece

CHUNK = 1024
"""Samples that are sent at once."""

STEPS = ("recognition", "translation", "synthesis", "total")
WAIT_SECONDS = 120.0


@dataclass
class Course:
    """What a client saw of its session. sent: when each chunk was, by ``time.monotonic``. finals, translated, sounded:
    when the text, the translation and the first sound of each clause were there, by its number."""

    sent: list[float] = field(default_factory=list)
    finals: dict[int, tuple[float, Message]] = field(default_factory=dict)
    translated: dict[int, float] = field(default_factory=dict)
    sounded: dict[int, float] = field(default_factory=dict)
    unspoken: list[str] = field(default_factory=list)
    pressure: list[int] = field(default_factory=list)
    lags: list[tuple[float, float]] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    stopped: bool = False

    def take(self, told: Message | Piece) -> None:
        """Note what was told, and when."""
        now = time.monotonic()
        if isinstance(told, Piece):
            if told.pcm:
                self.sounded.setdefault(told.clause, now)
            return
        note = getattr(self, f"_{told['type']}", None)
        if note is not None:
            note(told, now)

    def _transcript(self, told: Message, now: float) -> None:
        if told["final"]:
            self.finals[told["clause"]] = (now, told)

    def _translation(self, told: Message, now: float) -> None:
        self.translated[told["clause"]] = now

    def _spoken(self, told: Message, now: float) -> None:
        if told["delays"] is None:
            self.unspoken.append(told["reason"])

    def _pressure(self, told: Message, now: float) -> None:
        self.pressure.append(told["level"])

    def _metrics(self, told: Message, now: float) -> None:
        self.lags.append((now, told["lag"]))

    def _error(self, told: Message, now: float) -> None:
        self.errors.append(told["code"])

    def _stopped(self, told: Message, now: float) -> None:
        self.stopped = True

    @property
    def text(self) -> str:
        """All final text."""
        return " ".join(told["text"] for _, (_, told) in sorted(self.finals.items()))

    def delays(self, since: float = 0.0, until: float = float("inf")) -> dict[str, list[float]]:
        """By component, of the clauses that were sent in a stretch of time."""
        found: dict[str, list[float]] = {name: [] for name in STEPS}
        if not self.sent:  # the connection ended before all was said
            return found
        for clause, (final, told) in self.finals.items():
            sent = self._sent(told["end"])
            if not since <= sent < until or clause not in self.sounded or clause not in self.translated:
                continue
            steps = np.diff([sent, final, self.translated[clause], self.sounded[clause]])
            for name, seconds in zip(STEPS, [*steps, sum(steps)], strict=True):
                found[name].append(float(seconds))
        return found

    def _sent(self, seconds: float) -> float:
        return self.sent[min(int(seconds * RATE) // CHUNK, len(self.sent) - 1)]


async def dub(site: str, key: str, pcm: bytes) -> Course:
    """One session from its start to its end, in real time."""
    course = Course()
    async with LiveClient(site, key) as client:
        await client.send({"type": "start_dubbing", "target_language": "es", "source_language": "en"})
        while (told := await client.receive()) and (isinstance(told, Piece) or told["type"] != "started"):
            course.take(told)
        hearing = asyncio.create_task(_hear(client, course))
        with suppress(Closed):
            course.sent = await paced(client, pcm, RATE, CHUNK)
            await client.send({"type": "stop"})
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(hearing, WAIT_SECONDS)
    return course


async def _hear(client: LiveClient, course: Course) -> None:
    with suppress(Closed):
        while not course.stopped:
            course.take(await client.receive())


async def together(site: str, key: str, pcm: bytes, sessions: int) -> list[Course]:
    """So many sessions at once, which begin within one clause of each other."""

    async def later(seconds: float) -> Course:
        await asyncio.sleep(seconds)
        return await dub(site, key, pcm)

    return list(await asyncio.gather(*(later(number * 3.0 / sessions) for number in range(sessions))))
