"""Waiting for what comes by itself."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

PATIENCE = 60.0
"""Seconds after which something is taken not to come. Much more than it takes on a machine that does nothing else: only
a test that fails waits so long."""


def until(ask: Callable[[], Any], what: str = "what was waited for", seconds: float = PATIENCE) -> Any:
    """What ``ask`` gives, as soon as it is anything."""
    end = time.monotonic() + seconds
    while not (found := ask()):
        assert time.monotonic() < end, f"it did not come: {what}"
        time.sleep(0.02)
    return found
