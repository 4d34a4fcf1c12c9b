"""``manage.py worker``: the workers of this machine, and the reaper that watches over the queue."""

from __future__ import annotations

import logging
import time
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connections

from dubbing import files, withdrawal
from dubbing.cluster import Queue
from dubbing.reaper import Watch, reap
from voices import upkeep
from work.processes import die_with_parent, share_processors, stop_wanted

logger = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
REAP_SECONDS = 5.0
SWEEP_SECONDS = 3600.0


class Command(BaseCommand):
    help = "Run the workers that do the jobs. Stop them with Ctrl-C or SIGTERM: work in hand goes back to the queue."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--workers", type=int, default=settings.WORKERS, help="processes that work (default: one a processor)"
        )

    def handle(self, *args: Any, workers: int, **options: Any) -> None:
        if workers < 1:
            raise CommandError("At least one worker is needed.")
        share_processors(workers)
        Supervisor(workers).run()


class Supervisor:
    """The main process: it loads no engine and does no work, so that it can always look after the others."""

    def __init__(self, workers: int) -> None:
        self._queue = Queue(workers)
        self._watch = Watch(workers)
        self._reaped = self._swept = float("-inf")

    def run(self) -> None:
        """Until SIGTERM or Ctrl-C."""
        die_with_parent()
        stop = stop_wanted()
        self._tend()
        self._queue.start()
        try:
            while not stop.wait(LOOK_SECONDS):
                self._tend()
                self._revive()
        finally:
            self._queue.stop()
            connections.close_all()

    def _revive(self) -> None:
        if not self._queue.alive:
            logger.error("The queue's sentinel is gone; the queue is started again.")
            self._queue.restart()
            self._watch.forget()

    def _tend(self) -> None:
        """Bring back what is lost; a database that is away for a while is no reason to fall."""
        now = time.monotonic()
        try:
            if now - self._reaped >= REAP_SECONDS:
                self._reaped = now
                reap()
                self._look()
            if now - self._swept >= SWEEP_SECONDS:
                self._swept = now
                files.sweep()
                withdrawal.clones_of_gone_jobs()
                upkeep.sweep()
        except DatabaseError:
            logger.exception("The reaper could not reach the database.")
        finally:
            connections.close_all()

    def _look(self) -> None:
        if self._watch.look() and self._queue.alive:
            logger.error("Free workers leave work lying; the queue is started again.")
            self._queue.restart()
            self._watch.forget()
