"""Grown up: Redis as the channel layer and as the queue's broker."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from channels.db import database_sync_to_async
from channels.layers import channel_layers

from accounts.models import User
from dubbing import consumers, events, reaper
from dubbing.models import Job
from tests.dubbing.conftest import make_job
from tests.dubbing.test_consumers import ORIGIN, Socket, cookie
from tests.dubbing.workers import running
from tests.redis_server import redis_server
from tests.waiting import PATIENCE, until
from vocasite.layers import channel_layer

pytestmark = [
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(shutil.which("redis-server") is None, reason="redis-server is not installed"),
]


@pytest.fixture
def redis_url(tmp_path: Path) -> Iterator[str]:
    with redis_server(tmp_path) as url:
        yield url


@pytest.fixture
async def redis_layer(redis_url: str, settings: Any) -> AsyncIterator[None]:
    settings.CHANNEL_LAYERS = {"default": channel_layer(redis_url)}
    channel_layers.backends.clear()
    yield
    await channel_layers["default"].close_pools()
    channel_layers.backends.clear()


async def test_a_follower_is_woken_by_another_thread(
    alice: User, redis_layer: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumers, "WOKEN_SECONDS", 60.0)  # so that only the layer can have woken it
    job = await database_sync_to_async(make_job)(alice)
    client = Socket(f"/ws/jobs/{job.pk}/", ORIGIN, await database_sync_to_async(cookie)(alice))
    assert await client.opens()
    board = Socket("/ws/jobs/", ORIGIN, await database_sync_to_async(cookie)(alice))
    assert await board.opens()
    assert (await board.message())["status"] == "queued"
    assert await client.receive_nothing(6.0)  # longer than the layer waits for news at once
    await database_sync_to_async(events.record)(job, "note", {"text": "awake"})
    assert (await client.message())["payload"] == {"text": "awake"}
    await client.leave()
    await board.leave()


def test_a_layer_that_is_down_does_not_fail_the_work(alice: User, settings: Any) -> None:
    settings.CHANNEL_LAYERS = {"default": channel_layer("redis://127.0.0.1:9/0")}
    channel_layers.backends.clear()
    try:
        assert events.record(make_job(alice), "note", {}) is not None
    finally:
        channel_layers.backends.clear()


def test_jobs_run_over_the_redis_broker(
    alice: User, redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VOCASYNC_REDIS_URL", redis_url)
    job = make_job(alice)
    with running(tmp_path, "tests.dubbing.worker_settings"):
        # This process has no Redis configured, so its hint goes nowhere: the reaper must find the job by itself.
        until(
            lambda: Job.objects.filter(pk=job.pk, status="succeeded").exists(), seconds=reaper.STALL_SECONDS + PATIENCE
        )
