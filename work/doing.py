"""What doing a leased row's work has in common, whatever it is: progress written down, and what goes wrong with it."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.db import DatabaseError
from django.utils import timezone

from vocasync.errors import Cancelled, PipelineError
from work import leases, shutdown
from work.leases import Claim, HandBack, Keeper

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 3
RETRY_AFTER = timedelta(seconds=5)

Failed = Callable[[Claim, PipelineError], None]
"""Writes down that the work has failed."""


class Meter:
    """The progress of a row with ``progress`` and ``stage``: kept in memory by whoever works, written down by the
    thread that keeps the lease."""

    def __init__(self, keeper: Keeper) -> None:
        self._keeper = keeper
        self._told = (0.0, "")
        self._written = self._told
        rows: Any = keeper.claim.rows
        self._longest: int = rows._meta.get_field("stage").max_length

    def report(self, fraction: float, note: str = "") -> None:
        before, stage = self._told
        self._told = (min(1.0, max(before, fraction)), note or stage)

    def check(self) -> None:
        self._keeper.check()

    def flush(self) -> None:
        """Write what was reported since the last time."""
        if self._told != self._written:
            self._written = self._told
            progress, stage = self._told
            self._keeper.claim.held.update(progress=round(progress, 4), stage=stage[: self._longest])


def refuse_endless(claim: Claim) -> None:
    """Raise ``errand_lost`` for what was taken up too often."""
    if claim.attempt > MAX_ATTEMPTS:
        marker = _logged_id()
        logger.error("[%s] %s %s was taken up %s times.", marker, _kind(claim), claim.pk, claim.attempt)
        raise PipelineError("errand_lost", attempts=claim.attempt - 1, id=marker)


@contextmanager
def told(claim: Claim, failed: Failed) -> Iterator[None]:
    """What the block raises becomes the row's: handed back, tried again, or failed. Nothing is raised."""
    try:
        yield
    except HandBack:
        leases.release(claim, counts=False)
    except Cancelled:
        return  # not wanted any more, or another worker's by now
    except PipelineError as error:
        if shutdown.requested():  # a tool that was stopped together with us
            leases.release(claim, counts=False)
        else:
            failed(claim, error)
    except DatabaseError as error:
        _again(claim, error, failed)
    except Exception as error:
        failed(claim, _unknown(claim, error))


def _again(claim: Claim, error: Exception, failed: Failed) -> None:
    """The database was busy or away: once more, for as often as a row may be taken up."""
    if claim.attempt < MAX_ATTEMPTS:
        logger.warning("%s %s, try %s.", _kind(claim), claim.pk, claim.attempt, exc_info=error)
        leases.release(claim, not_before=timezone.now() + RETRY_AFTER)
    else:
        failed(claim, _unknown(claim, error))


def _unknown(claim: Claim, error: Exception) -> PipelineError:
    marker = _logged_id()
    logger.error("[%s] %s %s failed.", marker, _kind(claim), claim.pk, exc_info=error)
    return PipelineError("internal", id=marker)


def _kind(claim: Claim) -> str:
    return str(claim.rows._meta.verbose_name).capitalize()


def _logged_id() -> str:
    return secrets.token_hex(4)


def plain(params: dict[str, Any]) -> dict[str, Any]:
    """An error's params as JSON takes them."""
    return {
        name: value if isinstance(value, str | int | float | bool) else str(value) for name, value in params.items()
    }


def reap(rows: Any, hint: Callable[[Any], None]) -> int:
    """Queue again what is held by a worker that is no more; returns how much that was. rows: the class."""
    count = 0
    held = rows._default_manager.filter(status="running").values_list("pk", "lease_token", "lease_until")
    for pk, token, until in held:
        if not leases.is_lost(token, until):
            continue
        mine = rows._default_manager.filter(pk=pk, status="running", lease_token=token)
        if mine.update(status="queued", lease_token="", lease_until=None):
            logger.warning("%s %s lost its worker; it is queued again.", rows._meta.verbose_name.capitalize(), pk)
            hint(pk)
            count += 1
    return count
