"""Sockets: replay, follow, and who may."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from channels.db import database_sync_to_async

from accounts.models import User
from accounts.services import api_key_create
from dubbing import events, services, sharing, states
from dubbing.models import Job, JobShare
from tests.dubbing.conftest import make_job
from tests.sockets import ORIGIN, Socket, closed_with, cookie

pytestmark = pytest.mark.django_db(transaction=True)

Open = Callable[..., Any]


@pytest.fixture
async def connect() -> AsyncIterator[Open]:
    opened: list[Socket] = []

    async def go(path: str, *headers: tuple[bytes, bytes]) -> Socket:
        socket = Socket(path, *headers)
        opened.append(socket)
        assert await socket.opens()
        return socket

    yield go
    for socket in opened:
        await socket.leave()


@database_sync_to_async
def job_with_events(owner: User, count: int) -> Job:
    job = make_job(owner)
    for number in range(count):
        events.record(job, "note", {"text": str(number)})
    return job


async def test_replay_from_a_seq_then_follow(alice: User, connect: Open) -> None:
    job = await job_with_events(alice, 5)
    socket = await connect(f"/ws/jobs/{job.pk}/?after=3", ORIGIN, await database_sync_to_async(cookie)(alice))
    assert [(await socket.message())["seq"] for _ in range(2)] == [4, 5]
    await database_sync_to_async(events.record)(job, "segments", {"count": 7})
    told = await socket.message()
    assert (told["seq"], told["kind"], told["payload"]) == (6, "segments", {"count": 7})
    assert await socket.receive_nothing(0.7)


@pytest.mark.parametrize(
    "after", ["", "?after=", "?after=-1", "?after=x", "?after=%D9%A3", "?after=99999999999999999999"]
)
async def test_a_strange_seq_replays_all(alice: User, connect: Open, after: str) -> None:
    job = await job_with_events(alice, 2)
    socket = await connect(f"/ws/jobs/{job.pk}/{after}", ORIGIN, await database_sync_to_async(cookie)(alice))
    assert (await socket.message())["seq"] == 1


async def test_another_persons_job_does_not_exist(alice: User, charlie: User, connect: Open) -> None:
    job = await job_with_events(alice, 1)
    socket = await connect(f"/ws/jobs/{job.pk}/", ORIGIN, await database_sync_to_async(cookie)(charlie))
    assert await closed_with(socket) == 4404
    missing = await connect(f"/ws/jobs/{uuid.uuid4()}/", ORIGIN, await database_sync_to_async(cookie)(charlie))
    assert await closed_with(missing) == 4404


@pytest.mark.parametrize("path", ["/ws/jobs/", "/ws/jobs/{job}/"])
async def test_nobody_is_told_nothing(alice: User, connect: Open, path: str) -> None:
    job = await job_with_events(alice, 1)
    assert await closed_with(await connect(path.format(job=job.pk), ORIGIN)) == 4401
    wrong = (b"authorization", b"Bearer voca_nope_nope")
    assert await closed_with(await connect(path.format(job=job.pk), wrong)) == 4401


async def test_pages_of_other_sites_are_refused(alice: User) -> None:
    foreign = (b"origin", b"https://evil.example")
    headers = [foreign, await database_sync_to_async(cookie)(alice)]
    socket = Socket("/ws/jobs/", *headers)
    assert not await socket.opens()


async def test_programs_follow_with_their_key(alice: User, connect: Open) -> None:
    job = await job_with_events(alice, 1)
    _key, secret = await database_sync_to_async(api_key_create)(owner=alice, name="script")
    socket = await connect(f"/ws/jobs/{job.pk}/", (b"authorization", f"Bearer {secret}".encode()))
    assert (await socket.message())["payload"] == {"text": "0"}


async def test_a_key_that_may_not_read_is_told_nothing(alice: User, connect: Open) -> None:
    make = database_sync_to_async(api_key_create)
    _key, secret = await make(owner=alice, name="script", scopes=["jobs", "voices"])
    assert await closed_with(await connect("/ws/jobs/", (b"authorization", f"Bearer {secret}".encode()))) == 4401


async def test_the_dashboard_is_told_of_each_change_of_ones_own_jobs(alice: User, charlie: User, connect: Open) -> None:
    mine = await job_with_events(alice, 0)
    foreign = await job_with_events(charlie, 0)
    socket = await connect("/ws/jobs/", ORIGIN, await database_sync_to_async(cookie)(alice))
    first = await socket.message()
    keys = {"job", "status", "stage", "progress", "stage_progress", "eta_seconds"}
    assert (first["job"], first["status"], set(first)) == (str(mine.pk), "queued", keys)
    await database_sync_to_async(states.move)(foreign.pk, ["queued"], "cancelled")
    assert await socket.receive_nothing(0.8)
    await database_sync_to_async(states.move)(mine.pk, ["queued"], "cancelled")
    assert (await socket.message())["status"] == "cancelled"
    await database_sync_to_async(services.job_delete)(job=mine)
    assert (await socket.message()) == {"job": str(mine.pk), "status": "deleted"}


async def test_whom_it_is_shared_with_follows_until_it_is_taken_back(
    alice: User, bob: User, charlie: User, connect: Open
) -> None:
    job = await job_with_events(alice, 1)
    await database_sync_to_async(JobShare.objects.create)(job=job, user=bob)
    who = await database_sync_to_async(cookie)(bob)
    socket, dashboard = await connect(f"/ws/jobs/{job.pk}/", ORIGIN, who), await connect("/ws/jobs/", ORIGIN, who)
    assert (await socket.message())["seq"] == 1
    assert (await dashboard.message())["job"] == str(job.pk)
    stranger = await connect(f"/ws/jobs/{job.pk}/", ORIGIN, await database_sync_to_async(cookie)(charlie))
    assert await closed_with(stranger) == 4404
    await database_sync_to_async(sharing.job_unshare)(job=job, user=bob)
    await database_sync_to_async(events.record)(job, "note", {"text": "not for Bob any more"})
    assert await closed_with(socket) == 4404
    assert (await dashboard.message()) == {"job": str(job.pk), "status": "deleted"}


async def test_a_job_that_is_deleted_closes_its_socket(alice: User, connect: Open) -> None:
    job = await job_with_events(alice, 1)
    socket = await connect(f"/ws/jobs/{job.pk}/", ORIGIN, await database_sync_to_async(cookie)(alice))
    await socket.message()
    await database_sync_to_async(services.job_delete)(job=job)
    assert await closed_with(socket) == 4404


async def test_many_followers_and_what_a_client_says_is_ignored(alice: User, connect: Open) -> None:
    job = await job_with_events(alice, 1)
    who = await database_sync_to_async(cookie)(alice)
    sockets = [await connect(f"/ws/jobs/{job.pk}/", ORIGIN, who) for _ in range(5)]
    await sockets[0].send_input({"type": "websocket.receive", "text": "{not json"})
    got = await asyncio.gather(*(socket.message() for socket in sockets))
    assert {message["seq"] for message in got} == {1}
