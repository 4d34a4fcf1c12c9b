"""Real worker processes, killed where it hurts: the job goes on by itself and ends with the same result."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest
from django.db import connection

from accounts.models import User
from dubbing import files, leases, queue
from dubbing.models import Artifact, Job, JobEvent, Segment, Take, WorkUnit
from tests.conftest import ROOT
from tests.dubbing.conftest import make_job
from tests.dubbing.textdub import logged

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True), pytest.mark.timeout(180)]

LINES = "\n".join(f"Spoken line {number}." for number in range(9))
TEXT = "!pause 0.7\n" + LINES
RESULT = "\n".join(line[::-1] for line in LINES.splitlines())
UNITS = 6 + 2 * 3
MINUTE = 60.0


class Worker:
    """``manage.py worker`` over the test's database."""

    def __init__(self, environment: dict[str, str], log: Path) -> None:
        self._environment = environment
        self.log = log
        self.process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "manage.py", "worker", "--workers", "2"]
        with self.log.open("ab") as out:
            return subprocess.Popen(command, cwd=ROOT, env=self._environment, stdout=out, stderr=out)

    def again(self) -> None:
        self.process = self._start()

    @property
    def tree(self) -> list[psutil.Process]:
        """The main process, the sentinel, and what the sentinel started."""
        main = psutil.Process(self.process.pid)
        return [main, *main.children(recursive=True)]

    @property
    def sentinel(self) -> psutil.Process:
        return psutil.Process(self.process.pid).children()[0]

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(40)
        for process in self.tree if self.process.poll() is None else []:
            process.kill()
        self.process.wait(10)


@pytest.fixture
def worker(settings: Any, tmp_path: Path, transactional_db: None) -> Iterator[Worker]:
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "tests.dubbing.worker_settings",
        "VOCASYNC_DATABASE_URL": f"sqlite:///{connection.settings_dict['NAME']}",
        "VOCASYNC_MEDIA_ROOT": str(settings.MEDIA_ROOT),
        "VOCASYNC_SECRET_KEY": settings.SECRET_KEY,
        "VOCASYNC_VAR": str(tmp_path / "var"),
    }
    running = Worker(environment, tmp_path / "worker.log")
    until(lambda: "running." in running.log.read_text(), 30)
    yield running
    running.stop()
    print(running.log.read_text())  # shown when the test fails


def until(true: Callable[[], Any], seconds: float = MINUTE) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.05)


def holder(job: Job, stage: str) -> int:
    """The process id of who works on the stage now."""
    found: list[int] = []

    def look() -> bool:
        tokens = [
            *Job.objects.filter(pk=job.pk, stage=stage).exclude(lease_token="").values_list("lease_token", flat=True),
            *WorkUnit.objects.filter(job=job, stage=stage)
            .exclude(lease_token="")
            .values_list("lease_token", flat=True),
        ]
        began = set(logged(files.job_root(job.pk), "began", stage)) - set(logged(files.job_root(job.pk), "done", stage))
        found[:] = [int(token.split(":")[1]) for token in tokens if began]
        return bool(found)

    until(look)
    return found[0]


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
    os.kill(holder(job, stage), signal.SIGKILL)
    killed = time.monotonic()
    until(lambda: finished(job))
    assert time.monotonic() - killed < MINUTE
    check_result(job, lost=1)


def test_a_worker_killed_while_it_waits_at_the_queue_does_not_block_the_others(worker: Worker, alice: User) -> None:
    for process in worker.sentinel.children()[:2]:  # the workers come first; one of them holds the queue's lock
        process.kill()
    job = submit(alice)
    until(lambda: finished(job))
    check_result(job, lost=2)


def test_a_killed_sentinel_is_replaced_and_its_children_die_with_it(worker: Worker, alice: User) -> None:
    job = submit(alice)
    holder(job, "transcribe")
    children = worker.sentinel.children(recursive=True)
    worker.sentinel.kill()
    until(lambda: not any(child.is_running() and child.status() != "zombie" for child in children), 5)
    until(lambda: finished(job))
    check_result(job, lost=2)


def test_a_killed_main_process_leaves_no_orphans_and_the_next_one_goes_on(worker: Worker, alice: User) -> None:
    job = submit(alice)
    holder(job, "synthesize")
    tree = worker.tree
    worker.process.kill()
    worker.process.wait()
    until(lambda: not any(one.is_running() and one.status() != "zombie" for one in tree), 5)
    worker.again()
    until(lambda: finished(job))
    check_result(job, lost=2)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stopped_worker_hands_its_work_back(worker: Worker, alice: User, number: int) -> None:
    job = submit(alice)
    holder(job, "transcribe")
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
