"""One at a time, also between processes and machines that share the folder."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

_PAUSE = 0.2


@contextmanager
def held(path: Path, wait: Callable[[], None] | None = None) -> Iterator[None]:
    """Hold the lock of this file, whose folder is made. It goes with the process, however that ends; the file stays.

    wait: called again and again while somebody else holds it, and may raise. Raises BlockingIOError where somebody else
    holds it and ``wait`` is None.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        _take(handle, wait)
        yield
    finally:
        os.close(handle)


def _take(handle: int, wait: Callable[[], None] | None) -> None:
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if wait is None:
                raise
        wait()
        time.sleep(_PAUSE)
