"""Who works on what. A worker holds a row while ``lease_token`` is its own; it renews the lease while it works.

Claims are conditional UPDATEs on the row's own columns, so of two workers one gets it on any database. A token names
the process that holds it: on the same machine a dead process is noticed at once, and a live one whose heartbeat was
starved (an engine that holds the interpreter lock) is not robbed.
"""

from __future__ import annotations

import functools
import hashlib
import logging
import os
import secrets
import socket
import threading
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any

import psutil
from django.db import connections
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from vocasync.errors import Cancelled
from work import shutdown
from work.models import Leased

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=20)
HEARTBEAT_SECONDS = 5.0
WATCH_SECONDS = 1.0
FLUSH_SECONDS = 0.5
HUNG = timedelta(minutes=10)
"""A live process on this machine keeps an expired lease for so long: its heartbeat is starved, not dead."""


class HandBack(Cancelled):
    """The worker is told to stop: the work goes back to the queue."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A lease that was taken. ``attempt``: how often this place of the work was taken up, this time included."""

    rows: type[Leased]
    pk: uuid.UUID | int
    token: str
    attempt: int

    @property
    def held(self) -> QuerySet[Any]:
        """The row, as long as the lease is ours (no row otherwise)."""
        return self.rows._default_manager.filter(Q(pk=self.pk), status="running", lease_token=self.token)


def due() -> Q:
    """Queued, and past the time before which it is not to be tried again."""
    return Q(status="queued") & (Q(lease_until=None) | Q(lease_until__lte=timezone.now()))


def claim(rows: type[Leased], pk: uuid.UUID | int, **fields: Any) -> Claim | None:
    """Take a queued row that is due. None: somebody else has it, or it is not wanted now.

    fields: what else to write in the same UPDATE."""
    token = _token()
    taken = rows._default_manager.filter(due() & Q(pk=pk)).update(
        status="running", lease_token=token, lease_until=timezone.now() + LEASE, attempt=F("attempt") + 1, **fields
    )
    if not taken:
        return None
    attempt = rows._default_manager.filter(Q(pk=pk), lease_token=token).values_list("attempt", flat=True).first()
    return None if attempt is None else Claim(rows, pk, token, attempt)


def release(claim: Claim, *, not_before: datetime | None = None, counts: bool = True) -> bool:
    """Give it back to the queue. counts: whether this try counts as one."""
    attempt = F("attempt") if counts else F("attempt") - 1
    return bool(claim.held.update(status="queued", lease_token="", lease_until=not_before, attempt=attempt))


class Keeper:
    """Renews a lease while the ``with`` block works, on a thread and a connection of its own.

    flush: called about twice a second on that thread, for what is to be written while the work goes on.
    """

    def __init__(self, claim: Claim, flush: Callable[[], None] = lambda: None) -> None:
        self.claim = claim
        self._flush = flush
        self._lost = threading.Event()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"lease-{claim.pk}", daemon=True)

    def __enter__(self) -> Keeper:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._over.set()
        self._thread.join()

    def flush_with(self, flush: Callable[[], None]) -> None:
        """From now on write this."""
        self._flush = flush

    def check(self) -> None:
        """Raise HandBack when the worker is told to stop, Cancelled when the lease is lost or the work unwanted."""
        if shutdown.requested():
            raise HandBack
        if self._lost.is_set():
            raise Cancelled

    def _run(self) -> None:
        renewed = watched = time.monotonic()
        try:
            while not self._over.wait(FLUSH_SECONDS) and not self._lost.is_set():
                now = time.monotonic()
                if now - renewed >= HEARTBEAT_SECONDS:
                    renewed = watched = now
                    self._guarded(self._renew)
                elif now - watched >= WATCH_SECONDS:
                    watched = now
                    self._guarded(self._watch)
                self._guarded(self._flush)
        finally:
            connections.close_all()

    def _renew(self) -> None:
        if not self.claim.held.update(lease_until=timezone.now() + LEASE):
            self._lost.set()

    def _watch(self) -> None:
        if not self.claim.held.exists():
            self._lost.set()

    def _guarded(self, act: Callable[[], None]) -> None:
        try:
            act()
        except Exception:  # a busy database now, or a job deleted meanwhile, must not end the heartbeat
            logger.warning("The lease of %s could not be looked after.", self.claim.pk, exc_info=True)


# --- whose process ----------------------------------------------------------------------------------------------
@functools.cache
def place() -> str:
    """This machine since it was booted, and this process namespace: where a process id means something."""
    parts = [socket.gethostname()]
    with suppress(OSError):
        parts.append(Path("/proc/sys/kernel/random/boot_id").read_text().strip())
        parts.append(str(Path("/proc/self/ns/pid").readlink()))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:10]


def _token() -> str:
    me = psutil.Process()
    return f"{place()}:{os.getpid()}:{int(me.create_time() * 100)}:{secrets.token_hex(6)}"


def is_here(token: str) -> bool:
    """Whether a process of this machine holds it."""
    return token.startswith(place() + ":")


def is_alive(token: str) -> bool:
    """Whether the process of this machine that holds it still runs."""
    _, pid, born, _ = token.split(":")
    try:
        process = psutil.Process(int(pid))
        return int(process.create_time() * 100) == int(born) and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def is_lost(token: str, until: datetime | None) -> bool:
    """Whether a lease is no longer kept by anyone."""
    now = timezone.now()
    if until is None:
        return True
    if is_here(token):
        return not is_alive(token) or until < now - HUNG
    return until < now
