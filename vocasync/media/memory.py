"""Files in memory alone, for what has to have a path and must not reach a disk."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_SHARED = Path("/dev", "shm")


@contextmanager
def memory_file() -> Iterator[Path]:
    """An empty file that can be written, and read as often as one likes, until the block ends; then it is gone.

    It lives in memory (it may be swapped out as all memory may), and this process and its children can open it. Where
    the system has no such files it is one of a memory file system, or else a temporary one.
    """
    if hasattr(os, "memfd_create"):  # Linux
        number = os.memfd_create("vocasync")
        try:
            yield Path(f"/proc/{os.getpid()}/fd/{number}")
        finally:
            os.close(number)
        return
    folder = _SHARED if _SHARED.is_dir() else None
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        path = Path(scratch) / "file"
        path.touch(mode=0o600)
        yield path
