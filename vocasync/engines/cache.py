"""Loaded engines: one of each a process, one lock a key, least recently used out when there are too many."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any


class EngineCache:
    """Keeps at most ``capacity`` loaded engines. An engine with a ``close()`` is closed when it is dropped."""

    def __init__(self, capacity: int = 8) -> None:
        self._capacity = capacity
        self._loaded: OrderedDict[Hashable, Any] = OrderedDict()
        self._locks: dict[Hashable, threading.Lock] = {}
        self._guard = threading.Lock()

    def get(self, key: Hashable, load: Callable[[], Any]) -> Any:
        """The engine under ``key``, loaded on first use; a second caller waits for the first one's load."""
        with self._guard:
            lock = self._locks.setdefault(key, threading.Lock())
        with lock:
            with self._guard:
                if key in self._loaded:
                    self._loaded.move_to_end(key)
                    return self._loaded[key]
            engine = load()
            with self._guard:
                self._loaded[key] = engine
                dropped = [self._loaded.popitem(last=False)[1] for _ in range(len(self._loaded) - self._capacity)]
        for old in dropped:
            _close(old)
        return engine

    def clear(self) -> None:
        """Unload everything."""
        with self._guard:
            dropped = list(self._loaded.values())
            self._loaded.clear()
        for engine in dropped:
            _close(engine)


def _close(engine: Any) -> None:
    close = getattr(engine, "close", None)
    if close is not None:
        close()


ENGINES = EngineCache()
