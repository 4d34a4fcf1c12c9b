"""Leases: one holder, kept while it works, noticed when it is lost."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import psutil
import pytest
from django.db import connections
from django.utils import timezone

from accounts.models import User
from dubbing import states
from dubbing.claims import claim_job
from dubbing.models import Job, WorkUnit
from tests.dubbing.conftest import make_job
from tests.waiting import PATIENCE
from vocasync.errors import Cancelled
from work import leases, shutdown
from work.leases import HandBack, Keeper

pytestmark = pytest.mark.django_db(transaction=True)


def together(act: Callable[[], object], times: int) -> list[object]:
    """The results of ``times`` threads that start at once, each on a connection of its own."""
    gate = threading.Barrier(times)

    def one(_: int) -> object:
        gate.wait()
        try:
            return act()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(one, range(times)))


def test_of_many_that_claim_a_job_one_gets_it(alice: User) -> None:
    job = make_job(alice)
    got = together(lambda: claim_job(job.pk), 8)
    assert sum(claim is not None for claim in got) == 1
    job.refresh_from_db()
    assert (job.status, job.attempt) == ("running", 1)
    assert job.started_at is not None


def test_of_many_that_claim_units_each_unit_goes_to_one(alice: User) -> None:
    job = make_job(alice, status="running")
    units = [WorkUnit.objects.create(job=job, stage="synthesize", name=str(number)) for number in range(3)]
    got = together(lambda: [leases.claim(WorkUnit, unit.pk) is not None for unit in units], 6)
    assert [sum(column) for column in zip(*got, strict=True)] == [1, 1, 1]  # type: ignore[call-overload]


def test_what_is_not_due_is_not_claimed(alice: User) -> None:
    job = make_job(alice, lease_until=timezone.now() + timedelta(seconds=30))
    assert claim_job(job.pk) is None
    Job.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert claim_job(job.pk) is not None


@pytest.mark.parametrize("status", ["running", "waiting", "succeeded", "failed", "cancelled"])
def test_only_what_is_queued_is_claimed(alice: User, status: str) -> None:
    assert claim_job(make_job(alice, status=status).pk) is None


def test_a_lease_is_renewed_while_it_is_kept(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases, "HEARTBEAT_SECONDS", 0.1)
    monkeypatch.setattr(leases, "FLUSH_SECONDS", 0.05)
    job = make_job(alice)
    claim = claim_job(job.pk)
    assert claim
    Job.objects.update(lease_until=timezone.now() - timedelta(seconds=60))
    with Keeper(claim) as keeper:
        time.sleep(0.5)
        keeper.check()
    job.refresh_from_db()
    assert job.lease_until is not None
    assert job.lease_until > timezone.now() + leases.LEASE / 2


def test_a_cancelled_job_is_noticed(alice: User) -> None:
    job = make_job(alice)
    claim = claim_job(job.pk)
    assert claim
    with Keeper(claim) as keeper:
        states.move(job.pk, ["running"], "cancelled")
        with pytest.raises(Cancelled):
            watch(keeper, PATIENCE)


def watch(keeper: Keeper, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        keeper.check()
        time.sleep(0.02)


def test_a_worker_that_is_told_to_stop_hands_back(alice: User) -> None:
    claim = claim_job(make_job(alice).pk)
    assert claim
    with Keeper(claim) as keeper:
        keeper.check()
        shutdown.request()
        with pytest.raises(HandBack):
            keeper.check()


def test_the_word_to_stop_reaches_forked_processes() -> None:
    child = os.fork()
    if child == 0:
        while not shutdown.requested():
            time.sleep(0.01)
        os._exit(7)
    shutdown.request()
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7


def test_release_gives_the_job_back_once(alice: User) -> None:
    job = make_job(alice)
    claim = claim_job(job.pk)
    assert claim
    assert leases.release(claim, counts=False)
    assert not leases.release(claim)
    job.refresh_from_db()
    assert (job.status, job.lease_token, job.attempt) == ("queued", "", 0)


def test_a_lease_of_a_dead_process_is_lost_at_once_and_that_of_a_live_one_is_kept() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        born = int(psutil.Process(child.pid).create_time() * 100)
        token = f"{leases.place()}:{child.pid}:{born}:x"
        ahead, behind = timezone.now() + leases.LEASE, timezone.now() - leases.LEASE
        assert not leases.is_lost(token, ahead)
        assert not leases.is_lost(token, behind), "its heartbeat may be starved"
        assert leases.is_lost(token, behind - leases.HUNG)
        assert leases.is_lost(f"{leases.place()}:{child.pid}:{born - 500}:x", ahead), "another process by that id"
        child.kill()
        child.wait()
        assert leases.is_lost(token, ahead)
    elsewhere = "0123456789:1:1:x"
    assert not leases.is_lost(elsewhere, ahead)
    assert leases.is_lost(elsewhere, behind)
