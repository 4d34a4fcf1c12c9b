"""Real worker processes, killed where it hurts: the job goes on by itself and ends with the same result."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from accounts.models import User
from dubbing import files, queue
from dubbing.models import Artifact, Job, JobEvent, Segment, Take, WorkUnit
from tests.dubbing.conftest import make_job
from tests.dubbing.textdub import logged
from tests.dubbing.workers import Worker, holder, running
from tests.waiting import until
from work import leases

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True), pytest.mark.timeout(180)]

LINES = "\n".join(f"Spoken line {number}." for number in range(9))
TEXT = "!pause 0.7\n" + LINES
RESULT = "\n".join(line[::-1] for line in LINES.splitlines())
UNITS = 7 + 2 * 3


@pytest.fixture
def worker(tmp_path: Path, transactional_db: None, media_root: Path) -> Iterator[Worker]:
    with running(tmp_path, "tests.dubbing.worker_settings") as started:
        yield started


def at_work(job: Job, stage: str) -> int:
    """The process id of who has begun with a unit of the stage."""

    def begun() -> bool:
        began, done = (set(logged(files.job_root(job.pk), what, stage)) for what in ("began", "done"))
        return bool(began - done)

    return holder(job, stage, begun)


def submit(owner: User) -> Job:
    job = make_job(owner, TEXT)
    queue.hint_job(job.pk)
    return job


def finished(job: Job) -> bool:
    job.refresh_from_db()
    assert job.status != "failed", job.error_params
    return job.status == "succeeded"


def check_result(job: Job, lost: int) -> None:
    """The same result as ever, nothing twice; at most ``lost`` units had to begin again."""
    assert (files.output_root(job.pk) / "dub.txt").read_text() == RESULT
    assert Artifact.objects.filter(job=job).count() == 1
    assert Segment.objects.filter(job=job).count() == Take.objects.filter(segment__job=job).count() == 9
    done, began = (logged(files.job_root(job.pk), what) for what in ("done", "began"))
    assert len(done) == len(set(done)) == UNITS
    assert len(began) <= UNITS + lost
    statuses = [event.payload["status"] for event in JobEvent.objects.filter(job=job, kind="status")]
    assert statuses.count("succeeded") == 1


@pytest.mark.parametrize("stage", ["ingest", "transcribe", "synthesize", "mux"])
def test_a_killed_worker_costs_the_unit_in_hand(worker: Worker, alice: User, stage: str) -> None:
    job = submit(alice)
    os.kill(at_work(job, stage), signal.SIGKILL)
    until(lambda: finished(job))
    check_result(job, lost=1)


def test_a_worker_killed_while_it_waits_at_the_queue_does_not_block_the_others(worker: Worker, alice: User) -> None:
    for process in worker.sentinel.children()[:2]:  # the workers come first; one of them holds the queue's lock
        process.kill()
    job = submit(alice)
    until(lambda: finished(job))
    check_result(job, lost=2)


def test_a_killed_sentinel_is_replaced_and_its_children_die_with_it(worker: Worker, alice: User) -> None:
    job = submit(alice)
    at_work(job, "transcribe")
    children = worker.sentinel.children(recursive=True)
    worker.sentinel.kill()
    until(lambda: not any(child.is_running() and child.status() != "zombie" for child in children))
    until(lambda: finished(job))
    check_result(job, lost=2)


def test_a_killed_main_process_leaves_no_orphans_and_the_next_one_goes_on(worker: Worker, alice: User) -> None:
    job = submit(alice)
    at_work(job, "synthesize")
    tree = worker.tree
    worker.process.kill()
    worker.process.wait()
    until(lambda: not any(one.is_running() and one.status() != "zombie" for one in tree))
    worker.again()
    until(lambda: finished(job))
    check_result(job, lost=2)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stopped_worker_hands_its_work_back(worker: Worker, alice: User, number: int) -> None:
    job = submit(alice)
    at_work(job, "transcribe")
    tree = worker.tree
    worker.process.send_signal(number)
    assert worker.process.wait(20) == 0
    assert not any(one.is_running() and one.status() != "zombie" for one in tree)
    held = [*Job.objects.exclude(lease_token=""), *WorkUnit.objects.exclude(lease_token="")]
    assert held == []
    assert {row.attempt for row in WorkUnit.objects.exclude(status="done")} == {0}
    worker.again()
    until(lambda: finished(job))
    check_result(job, lost=2)


def test_the_main_process_loads_no_engine(worker: Worker) -> None:
    maps = Path(f"/proc/{worker.process.pid}/maps").read_text()
    assert "libtorch" not in maps
    assert "pocketsphinx" not in maps
    assert leases.is_alive(f"{leases.place()}:{worker.process.pid}:{int(worker.tree[0].create_time() * 100)}:x")
