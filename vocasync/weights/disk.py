"""Room on the disk of the models folder, and what cannot be written there, in words."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vocasync.errors import PipelineError

RESERVE = 64 << 20
"""Bytes of the disk that a download leaves alone, so that the site goes on running beside it."""

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


def room(place: Path, file: str, needed: int) -> None:
    """Raise ``weights_disk_full`` where the disk of ``place`` has not so many bytes left. file: what they are for."""
    if shutil.disk_usage(place).free < max(0, needed) + RESERVE:
        raise _no_room(place, file, needed)


@contextmanager
def writing(place: Path, file: str, needed: int = 0) -> Iterator[None]:
    """What the system says about writing to ``place`` becomes ``weights_disk_full`` or ``weights_folder``. file: what
    is written; needed: how many bytes of it were still to come when the block began."""
    try:
        yield
    except OSError as error:
        if error.errno is None:  # not the system's: requests' own errors are OSErrors too
            raise
        if error.errno in _FULL:
            raise _no_room(place, file, needed) from error
        raise PipelineError("weights_folder", reason=error.strerror or str(error)) from error


def _no_room(place: Path, file: str, needed: int) -> PipelineError:
    free = shutil.disk_usage(place).free
    return PipelineError("weights_disk_full", file=file, needed=(max(0, needed) + RESERVE) / 1e6, free=free / 1e6)
