"""Lines between the web process, which has the sockets, and the live workers, which have the engines.

On one machine they are Unix sockets; with ``settings.REDIS_URL`` they go through Redis, so that the two may be on
different machines.
"""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

from live.lines import unix
from live.lines.base import Frame, Kind, Line, LineLost, Listener, Taken, binary, control, message

__all__ = [
    "Frame",
    "Kind",
    "Line",
    "LineLost",
    "Listener",
    "Taken",
    "binary",
    "connect",
    "control",
    "listen",
    "message",
]


async def listen(name: str, taken: Taken) -> Listener:
    """Take lines as the worker of this name. taken: called with each, as a task of its own. Raises OSError."""
    if settings.REDIS_URL:
        from live.lines import redis

        return await redis.listen(settings.REDIS_URL, name, taken)
    return await unix.listen(unix.socket_path(Path(settings.LIVE_SOCKETS), name), taken)


async def connect(address: str) -> Line:
    """A line to the worker at an address (``LiveWorker.address``). Raises LineLost where nobody listens there."""
    scheme, _, place = address.partition(":")
    if scheme == "unix":
        return await unix.connect(Path(place))
    if scheme == "redis" and settings.REDIS_URL:
        from live.lines import redis

        return await redis.connect(settings.REDIS_URL, place)
    raise LineLost
