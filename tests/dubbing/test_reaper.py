"""The reaper: what is lost comes back, what is held stays."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from accounts.models import User
from dubbing import files, reaper
from dubbing.claims import claim_job
from dubbing.models import Job, WorkUnit
from dubbing.reaper import HINT_SECONDS, STALL_SECONDS, Watch
from tests.dubbing.conftest import hints, make_job

pytestmark = pytest.mark.django_db(transaction=True)

ELSEWHERE = "0123456789:1:1:x"


def test_expired_leases_are_queued_again_and_live_ones_left(alice: User) -> None:
    past, ahead = timezone.now() - timedelta(seconds=1), timezone.now() + timedelta(seconds=10)
    lost = make_job(alice, status="running", lease_token=ELSEWHERE, lease_until=past)
    kept = make_job(alice, status="running", lease_token=ELSEWHERE, lease_until=ahead)
    shared = make_job(alice, status="running")
    gone = WorkUnit.objects.create(
        job=shared, stage="synthesize", name="0", status="running", lease_token=ELSEWHERE, lease_until=past
    )
    assert reaper.reap() == 2
    assert reaper.reap() == 0
    for row in (lost, kept, shared, gone):
        row.refresh_from_db()
    assert (lost.status, lost.lease_token) == ("queued", "")
    assert (kept.status, kept.lease_token) == ("running", ELSEWHERE)
    assert shared.status == "running"
    assert gone.status == "queued"
    assert hints() == [("advance_job", str(lost.pk)), ("run_unit", gone.pk)]


def test_a_job_whose_hint_was_lost_is_hinted_at_while_workers_are_free(alice: User) -> None:
    job = make_job(alice)
    watch = Watch(workers=1)
    assert not watch.look(now=0.0)
    assert hints() == []
    assert not watch.look(now=HINT_SECONDS)
    assert not watch.look(now=HINT_SECONDS + 1)
    assert hints() == [("advance_job", str(job.pk))]
    assert watch.look(now=STALL_SECONDS), "free workers, hints, and nothing happens: the queue is stuck"
    watch.forget()
    assert not watch.look(now=STALL_SECONDS + 1)


def test_a_full_house_is_left_alone(alice: User) -> None:
    make_job(alice)
    busy = make_job(alice)
    assert claim_job(busy.pk)
    watch = Watch(workers=1)
    for now in range(0, 200, 5):
        assert not watch.look(now=float(now))
    assert hints() == []


def test_what_is_to_be_tried_later_is_not_hinted_at_now(alice: User) -> None:
    make_job(alice, lease_until=timezone.now() + timedelta(minutes=1))
    watch = Watch(workers=1)
    assert not watch.look(now=0.0)
    assert not watch.look(now=100.0)
    assert hints() == []


def test_folders_without_a_job_are_swept_after_a_while(alice: User, media_root: Path) -> None:
    job = make_job(alice)
    orphan = media_root / "jobs" / "0b1f8a52-1111-4222-8333-abcdefabcdef" / "source"
    orphan.mkdir(parents=True)
    (orphan / "half.mp4").write_bytes(b"half")
    other = media_root / "jobs" / "keep"
    other.mkdir()
    assert files.sweep() == 0
    for folder in (media_root / "jobs").iterdir():
        os.utime(folder, (1, 1))
    assert files.sweep() == 1
    assert not orphan.parent.exists()
    assert other.exists()
    assert files.job_root(job.pk).exists()
    assert Job.objects.count() == 1
