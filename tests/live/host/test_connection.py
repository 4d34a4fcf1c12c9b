"""The end of a line: what was said before is still told."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from live import lines
from live.host.connection import Connection, Opened
from live.host.outbox import Outbox
from live.lines import Frame, Line, LineLost

SLOWLY = 0.15


class Slow:
    """A real line over which every frame takes its time, as to another machine."""

    def __init__(self, line: Line) -> None:
        self._line = line

    async def send(self, frame: Frame) -> None:
        await asyncio.sleep(SLOWLY)
        await self._line.send(frame)

    async def receive(self) -> Frame:
        return await self._line.receive()

    async def close(self) -> None:
        await self._line.close()


async def everything(line: Line) -> list[dict[str, Any]]:
    heard = []
    try:
        while True:
            heard.append((await asyncio.wait_for(line.receive(), 5)).value)
    except LineLost:
        return heard


@pytest.mark.parametrize("pause", [0.0, SLOWLY / 2, SLOWLY * 1.5])
async def test_what_is_just_being_said_is_not_cut_off(pause: float, settings: Any, tmp_path: Path) -> None:
    settings.LIVE_SOCKETS = tmp_path
    taken: asyncio.Queue[Line] = asyncio.Queue()
    listener = await lines.listen("one", taken.put)
    client = await lines.connect(listener.address)
    outbox = Outbox()
    connection = Connection(Slow(await taken.get()), Opened("session", 1, "connection", 0), outbox)
    await connection.begin(lines.message({"type": "ready"}))
    outbox.passing({"type": "error", "code": "live_worker_lost"})
    connection.wake()
    await asyncio.sleep(pause)
    await connection.drained()
    await connection.hang_up(1012, "")
    told = await everything(client)
    assert [one.get("code", one.get("close", one.get("type"))) for one in told] == ["ready", "live_worker_lost", 1012]
    await client.close()
    await listener.close()
