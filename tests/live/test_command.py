"""``manage.py live`` as people run it: workers that are killed, and what their clients see of it."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from live import lines
from live.management.commands.live import named, room_of
from live.messages import Close
from live.models import LiveSession, LiveWorker
from tests.dubbing.workers import LIVE, Worker, running
from tests.live.host.conftest import Client, fresh, row_of, until

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True), pytest.mark.timeout(120)]


@pytest.fixture
def worker(tmp_path: Path, transactional_db: None) -> Iterator[Worker]:
    with running(tmp_path, "tests.settings", LIVE, "takes 10 sessions") as started:
        yield started


async def opened(row: LiveSession) -> Client:
    """A line to the worker that is there."""
    there = await LiveWorker.objects.aget()
    client = Client(await lines.connect(there.address))
    opening = {"session": str(row.pk), "owner": row.owner_id, "connection_id": "connection-1", "after": 7}
    await client.line.send(lines.control({"open": opening}))
    return client


def is_gone(process: object) -> bool:
    return not process.is_running() or process.status() == "zombie"  # type: ignore[attr-defined]


async def test_a_killed_worker_is_replaced_and_its_sessions_are_lost(worker: Worker, alice: User) -> None:
    row = await row_of(alice)
    before = await LiveWorker.objects.aget()
    client = await opened(row)
    assert (await client.until("ready"))["resumed"] is False
    maps = Path(f"/proc/{worker.process.pid}/maps").read_text()
    assert "libtorch" not in maps  # the main process loads no engine
    _main, child = worker.tree
    os.kill(child.pid, signal.SIGKILL)
    assert await client.over() is None
    await client.line.close()
    await until(lambda: LiveWorker.objects.exclude(pk=before.pk).aexists())
    assert (await fresh(row)).state == "lost"
    assert not await LiveWorker.objects.filter(pk=before.pk).aexists()

    again = await row_of(alice)
    client = await opened(again)
    ready = await client.until("ready")
    assert (ready["resumed"], ready["seq"], ready["state"]) == (False, 0, "waiting")
    worker.process.send_signal(signal.SIGTERM)
    assert await client.error() == "live_worker_lost"
    assert await client.over() == Close.WORKER_LOST
    await client.line.close()
    assert worker.process.wait(15) == 0
    assert (await fresh(again)).state == "lost"
    assert not await LiveWorker.objects.aexists()


async def test_a_killed_main_process_leaves_no_orphans(worker: Worker) -> None:
    tree = worker.tree
    assert len(tree) == 2
    worker.process.kill()
    worker.process.wait()
    await until(lambda: all(is_gone(one) for one in tree))


def test_workers_share_the_sessions_of_their_machine(settings: object) -> None:
    settings.LIVE_MAX_CONCURRENT_REQUESTS = 10  # type: ignore[attr-defined]
    assert [room_of(number, 4) for number in range(4)] == [3, 3, 2, 2]
    assert named(0) != named(0)
    with pytest.raises(CommandError, match="At least one"):
        call_command("live", workers=0)
