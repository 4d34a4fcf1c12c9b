"""Work that may take its time: on a thread of its own, which gives way to everything that is waited for."""

from __future__ import annotations

import atexit
import contextlib
import os
import sys
import threading
import weakref
from collections.abc import Callable
from contextvars import copy_context

_NICE = 5
"""Not more: it may hold what somebody waits for, such as an engine that does one thing at a time."""

_LEFT_SECONDS = 10.0
_under_way: weakref.WeakSet[threading.Thread] = weakref.WeakSet()


def give_way(nice: int) -> None:
    """This thread lets others go first, and so do those that it starts."""
    if sys.platform == "linux":  # elsewhere it would be the whole process that gives way
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), nice)


def begin(name: str, work: Callable[[], None]) -> threading.Thread:
    """Do it in a copy of this context. Threads that it starts give way as well."""

    def run() -> None:
        give_way(_NICE)
        work()

    thread = threading.Thread(target=copy_context().run, args=(run,), name=name, daemon=True)
    _under_way.add(thread)
    thread.start()
    return thread


@atexit.register
def finish() -> None:
    """Wait for what is under way, for a program that is about to end: an interpreter that goes away under a thread that
    is inside a library takes the process down with it. By the time it does so by itself, pools of threads are shut."""
    for thread in list(_under_way):
        thread.join(_LEFT_SECONDS)
