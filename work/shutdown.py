"""The word to stop, heard in every process of the queue at once.

A byte of memory shared with every process forked after this module was imported: unlike a lock or an event it cannot
be left half-taken by a process that was killed.
"""

from __future__ import annotations

import mmap

_shared = mmap.mmap(-1, 1)


def request() -> None:
    """Ask all to hand back their work and stop."""
    _shared[0] = 1


def withdraw() -> None:
    """Take the request back."""
    _shared[0] = 0


def requested() -> bool:
    """Whether this process was asked to stop."""
    return _shared[0] == 1
