"""Processes of this machine that one main process looks after: forked from it, started again, gone when it is gone."""

from __future__ import annotations

import ctypes
import logging
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import connections

logger = logging.getLogger(__name__)

PR_SET_PDEATHSIG = 1
GENERATIONS = 2
"""How deep that goes: what a worker's own workers fork is their own affair."""

SHORT_SECONDS = 10.0
"""A process that ends sooner is started again later and later, up to ``LATEST_SECONDS``."""
LATEST_SECONDS = 30.0

_generation = 0
_parent = 0


def die_with_parent() -> None:
    """From now on every process forked here, and by these, is killed when its parent is gone (on Linux)."""
    if sys.platform == "linux":
        os.register_at_fork(before=_before_fork, after_in_child=_after_fork)


def _before_fork() -> None:
    global _parent
    _parent = os.getpid()


def _after_fork() -> None:
    global _generation
    _generation += 1
    if _generation > GENERATIONS:
        return
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != _parent:  # it died before we could ask
        os._exit(1)


def share_processors(workers: int) -> None:
    """Let libraries begin no more threads in each of so many processes than its share of the processors; one with a
    thread for every processor would only get in the others' way. What the environment says already stands."""
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // workers)))


def stop_wanted() -> threading.Event:
    """An event that is set when this process is told to end, by SIGTERM or Ctrl-C. Called in its main thread."""
    wanted = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: wanted.set())
    return wanted


@dataclass(slots=True)
class _Place:
    """Of one process. name: of the one that is there now. quick: how often in a row it ended soon after its start."""

    number: int
    name: str = ""
    process: Any = None
    started: float = 0.0
    quick: int = 0
    due: float = 0.0


class Crew:
    """Several processes that do the same.

    work: what each does, in the child; is given the place's number, from 0, and the process's name. named: gives a new
    name for a place. ended: told, in the main process, the name of one that is no more.
    """

    def __init__(
        self, size: int, work: Callable[[int, str], None], named: Callable[[int], str], ended: Callable[[str], None]
    ) -> None:
        self._places = [_Place(number) for number in range(size)]
        self._work, self._named, self._ended = work, named, ended
        self._context = multiprocessing.get_context("fork")

    def tend(self) -> None:
        """Start those that are not there, as soon as it is their time."""
        now = time.monotonic()
        for place in self._places:
            if place.process is not None and not place.process.is_alive():
                self._bury(place, now)
            if place.process is None and now >= place.due:
                self._start(place, now)

    def stop(self, seconds: float) -> None:
        """Ask all to end, and kill those that have not after so long."""
        running = [place for place in self._places if place.process is not None]
        for place in running:
            place.process.terminate()
        until = time.monotonic() + seconds
        for place in running:
            place.process.join(max(0.0, until - time.monotonic()))
            if place.process.is_alive():
                place.process.kill()
                place.process.join()
            self._bury(place, time.monotonic())

    def _start(self, place: _Place, now: float) -> None:
        connections.close_all()  # no two processes may have one connection
        place.name, place.started = self._named(place.number), now
        place.process = self._context.Process(target=self._work, args=(place.number, place.name), name=place.name)
        place.process.start()

    def _bury(self, place: _Place, now: float) -> None:
        if place.process.exitcode:
            logger.error("%s ended with %s; it is started again.", place.name, place.process.exitcode)
        place.process.close()
        place.process = None
        place.quick = place.quick + 1 if now - place.started < SHORT_SECONDS else 0
        place.due = now + min(LATEST_SECONDS, 2.0**place.quick - 1)
        self._ended(place.name)
