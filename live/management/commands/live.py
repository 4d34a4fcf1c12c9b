"""``manage.py live``: the live workers of this machine, and the main process that watches over them."""

from __future__ import annotations

import asyncio
import logging
import os
import re
import secrets
import signal
import socket
from argparse import ArgumentParser
from functools import partial
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connections

from live.host import rows
from live.host.worker import Worker
from work.processes import Crew, die_with_parent, share_processors, stop_wanted

logger = logging.getLogger(__name__)

LOOK_SECONDS = 0.5
STOP_SECONDS = 10.0


class Command(BaseCommand):
    help = "Run the workers of live dubbing. Stop them with Ctrl-C or SIGTERM: who is connected is told to come again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--workers",
            type=int,
            default=settings.LIVE_WORKERS,
            help="processes that do sessions (default: VOCASYNC_LIVE_WORKERS)",
        )

    def handle(self, *args: Any, workers: int, **options: Any) -> None:
        if workers < 1:
            raise CommandError("At least one worker is needed.")
        workers = min(workers, settings.LIVE_MAX_CONCURRENT_REQUESTS)
        share_processors(workers)
        Supervisor(workers).run()


class Supervisor:
    """The main process: it loads no engine and does no session, so that what is started again begins with nothing."""

    def __init__(self, workers: int) -> None:
        self._crew = Crew(workers, partial(work, workers), named, gone)

    def run(self) -> None:
        """Until SIGTERM or Ctrl-C."""
        die_with_parent()
        stop = stop_wanted()
        try:
            while not stop.is_set():
                self._crew.tend()
                stop.wait(LOOK_SECONDS)
        finally:
            self._crew.stop(STOP_SECONDS)
            connections.close_all()


def named(number: int) -> str:
    """A name that no worker had before, and that can be one of a socket."""
    host = re.sub(r"[^A-Za-z0-9]+", "-", socket.gethostname())[:24]
    return f"{host}-{number}-{secrets.token_hex(3)}"


def gone(name: str) -> None:
    """A worker ended; where it could not say so itself, its sessions are told lost."""
    try:
        rows.worker_gone(name)
    except DatabaseError:  # whoever looks for lost sessions finds them
        logger.exception("It could not be written down that %s is gone.", name)
    finally:
        connections.close_all()


def room_of(number: int, workers: int) -> int:
    """The worker's share of the sessions that this machine takes."""
    most: int = settings.LIVE_MAX_CONCURRENT_REQUESTS
    return most // workers + (number < most % workers)


def work(workers: int, number: int, name: str) -> None:
    """What a worker does, in its own process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to all of them; the main process says when
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    code = 1
    try:
        asyncio.run(_serve(name, room_of(number, workers)))
        code = 0
    except Exception:
        logger.exception("The live worker %s failed.", name)
    # Engines may be warming up on threads of theirs, which would fall over an interpreter that is put away.
    logging.shutdown()
    os._exit(code)


async def _serve(name: str, room: int) -> None:
    worker = Worker(name, room)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, worker.stop)
    await worker.run()
