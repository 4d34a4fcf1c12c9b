"""Real worker processes for the tests, and where to find what they hold."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
from django.conf import settings
from django.db import connection

from dubbing.models import Job, WorkUnit
from tests.conftest import ROOT
from tests.waiting import until

WORKER = ("worker", "--workers", "2")
LIVE = ("live", "--workers", "1")


class Worker:
    """``manage.py worker``, or another command, over the test's database."""

    def __init__(self, environment: dict[str, str], log: Path, command: tuple[str, ...]) -> None:
        self._environment, self._command = environment, command
        self.log = log
        self.process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "manage.py", *self._command]
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


@contextmanager
def running(
    folder: Path, settings_module: str, command: tuple[str, ...] = WORKER, says: str = "running."
) -> Iterator[Worker]:
    """A worker over the test's database and files; its log is printed at the end (pytest shows it on failure). says:
    when it is there."""
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": settings_module,
        "VOCASYNC_DATABASE_URL": f"sqlite:///{connection.settings_dict['NAME']}",
        "VOCASYNC_MEDIA_ROOT": str(settings.MEDIA_ROOT),
        "VOCASYNC_SECRET_KEY": settings.SECRET_KEY,
        "VOCASYNC_VAR": str(folder / "var"),
    }
    worker = Worker(environment, folder / "worker.log", command)
    try:
        until(lambda: says in worker.log.read_text(), says)
        yield worker
    finally:
        worker.stop()
        print(worker.log.read_text())


def holder(job: Job, stage: str, at_work: Callable[[], bool] = lambda: True) -> int:
    """The process id of who works on the stage, as soon as somebody does and ``at_work`` says so."""
    found: list[int] = []

    def look() -> bool:
        mine = Job.objects.filter(pk=job.pk, stage=stage).exclude(lease_token="").values_list("lease_token", flat=True)
        units = WorkUnit.objects.filter(job=job, stage=stage).exclude(lease_token="")
        tokens = [*mine, *units.values_list("lease_token", flat=True)]
        found[:] = [int(token.split(":")[1]) for token in tokens]
        return bool(found) and at_work()

    until(look)
    return found[0]
