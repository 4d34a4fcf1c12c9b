"""When a service is asked again, and how long until then: the same for every service, whatever its protocol."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from datetime import datetime
from email.utils import parsedate_to_datetime

from vocasync.compat import UTC

ATTEMPTS = 4
"""How often a service is asked before its failure is the answer."""

LONGEST = 60.0
"""Seconds that are waited at most, also where a service asks for more: then somebody else may have the worker."""

_FIRST = 0.5  # seconds
_SLICE = 0.2  # seconds between two looks at whether the work is still wanted


def pause(attempt: int, told: float = 0.0) -> float:
    """Seconds to wait after the ``attempt``-th failure (from 0): doubled each time, and a random part of it, so that
    many workers do not come back together. told: what the service asks for, which is waited in full."""
    backoff = _FIRST * 2**attempt
    return max(told, random.uniform(backoff / 2, backoff))


def wait(seconds: float, check: Callable[[], None]) -> None:
    """Sleep; ``check`` is called meanwhile, and raises when the work is no longer wanted."""
    until = time.monotonic() + seconds
    check()
    while (left := until - time.monotonic()) > 0:
        time.sleep(min(left, _SLICE))
        check()


def seconds_told(value: str | None) -> float:
    """Seconds of a ``Retry-After`` header: a number, or a date. 0 for none, what is over, and what makes no sense."""
    if not value:
        return 0.0
    if value.strip().isdecimal():
        return float(value)
    try:
        at = parsedate_to_datetime(value)
    except ValueError:
        return 0.0
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max(0.0, (at - datetime.now(UTC)).total_seconds())
