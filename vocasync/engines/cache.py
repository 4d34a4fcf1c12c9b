"""Loaded engines: one of each a process, one lock a key, within a budget of memory; least recently used out.

What is asked for inside :func:`in_use` stays open until that block ends, whoever needs the room: nobody's engine is
closed under them. So what one piece of work needs at once is loaded whatever it takes, and everything else has to go.
"""

from __future__ import annotations

import gc
import sys
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any
from weakref import WeakValueDictionary

from vocasync.engines.devices import weight_of

HOST = "host"
"""The pool of memory of whatever is on no GPU."""

_SMALL = 64 << 20
"""Bytes that an engine counts for that neither says what it takes nor holds a model of PyTorch."""


@dataclass(slots=True, eq=False)
class _Entry:
    """A loaded engine. users: blocks that are using it. out: dropped meanwhile, to be closed by the last of them."""

    engine: Any
    pool: str
    size: int
    users: int = 0
    out: bool = False


@dataclass(slots=True, eq=False)
class _Place:
    """Room kept for what is being loaded."""

    pool: str
    size: int


_USED: ContextVar[list[tuple[EngineCache, _Entry]] | None] = ContextVar("engines in use", default=None)


@contextmanager
def in_use() -> Iterator[None]:
    """Engines that are asked for inside, in this thread, are not closed before the block ends."""
    if _USED.get() is not None:
        yield  # the block around this one sees to it
        return
    used: list[tuple[EngineCache, _Entry]] = []
    token = _USED.set(used)
    try:
        yield
    finally:
        _USED.reset(token)
        for cache, entry in used:
            cache.release(entry)


class EngineCache:
    """Keeps at most ``capacity`` things, and of each pool of memory no more than its budget.

    What has a ``close()`` is closed once it is dropped and nobody uses it any more.
    """

    def __init__(self, capacity: int = 32) -> None:
        self._capacity = capacity
        self._loaded: OrderedDict[Hashable, _Entry] = OrderedDict()
        self._leaving: list[_Entry] = []
        self._places: list[_Place] = []
        self._budgets: dict[str, int | None] = {}
        self._locks: WeakValueDictionary[Hashable, Any] = WeakValueDictionary()
        self._guard = threading.RLock()

    def get(
        self,
        key: Hashable,
        load: Callable[[], Any],
        *,
        pool: str = HOST,
        expected: int = 0,
        budget: int | None = None,
    ) -> Any:
        """What is under ``key``, loaded on first use; a second caller waits for the first one's load.

        pool: whose memory it will take. expected: bytes that it is likely to take there: so much is made free before it
        is loaded. budget: bytes that everything in this pool may take together, None for any number.
        """
        with self._guard:
            lock = self._locks.get(key)
            if lock is None:
                lock = self._locks[key] = threading.Lock()
        with lock:
            with self._guard:
                entry = self._loaded.get(key)
                if entry is not None:
                    self._loaded.move_to_end(key)
                    return self._used(entry)
            return self._load(key, load, _Place(pool, expected), budget)

    def _load(self, key: Hashable, load: Callable[[], Any], place: _Place, budget: int | None) -> Any:
        with self._guard:
            self._places.append(place)
            self._budgets[place.pool] = budget
        try:
            self._make_room(place.pool, spare_newest=False)
            engine = load()
            size = _size_of(engine)
        finally:
            with self._guard:
                self._places.remove(place)
        with self._guard:
            entry = self._loaded[key] = _Entry(engine, place.pool, size)
            self._used(entry)
        self._make_room(place.pool)
        return engine

    def _used(self, entry: _Entry) -> Any:
        used = _USED.get()
        if used is not None and all(one is not entry for _, one in used):
            entry.users += 1
            used.append((self, entry))
        return entry.engine

    def release(self, entry: _Entry) -> None:
        """One who used it does not any more."""
        with self._guard:
            entry.users -= 1
            last = entry.out and not entry.users
            if last:
                self._leaving.remove(entry)
        if last:
            _close([entry])
        self._make_room(entry.pool)

    def _make_room(self, pool: str, *, spare_newest: bool = True) -> None:
        """Drop what was not used for longest until everything fits, or the rest is in use.

        spare_newest: keep what was asked for last, even if it is too large by itself."""
        with self._guard:
            dropped = []
            while (key := self._next_out(pool, spare_newest)) is not None:
                dropped.append(self._loaded.pop(key))
        _close(dropped)

    def _next_out(self, pool: str, spare_newest: bool) -> Hashable | None:
        keys = list(self._loaded)
        idle = [key for key in (keys[:-1] if spare_newest else keys) if not self._loaded[key].users]
        if len(self._loaded) > self._capacity and idle:
            return idle[0]
        budget = self._budgets.get(pool)
        if budget is not None and self.taken(pool) > budget:
            return next((key for key in idle if self._loaded[key].pool == pool), None)
        return None

    def taken(self, pool: str = HOST) -> int:
        """Bytes that are taken in a pool, with those kept for what is being loaded."""
        with self._guard:
            taken = [(one.pool, one.size) for one in (*self._loaded.values(), *self._leaving)]
            kept = [(one.pool, one.size) for one in self._places]
        return sum(size for where, size in taken + kept if where == pool)

    def clear(self) -> None:
        """Drop everything; what is in use is closed by whoever uses it last."""
        with self._guard:
            entries = list(self._loaded.values())
            self._loaded.clear()
            idle = [entry for entry in entries if not entry.users]
            for entry in entries:
                if entry.users:
                    entry.out = True
                    self._leaving.append(entry)
        _close(idle)


def _close(entries: list[_Entry]) -> None:
    """Close what was dropped, and give its memory back at once, not when somebody needs it."""
    if not entries:
        return
    for entry in entries:
        _close_one(entry.engine)
        entry.engine = None
    gc.collect()  # the parts of a model often refer to each other in circles
    is_initialized = _torch("cuda", "is_initialized")
    if is_initialized is not None and is_initialized():
        _torch("cuda", "empty_cache")()


def _close_one(engine: Any) -> None:
    close = getattr(engine, "close", None)
    if close is not None:
        close()


def _size_of(engine: Any) -> int:
    """What an engine says that it takes; else what the models that it holds weigh."""
    told = getattr(engine, "memory_bytes", None)
    if told is not None:
        return int(told)
    kind = _torch("nn", "Module")
    held = vars(engine).values() if hasattr(engine, "__dict__") else ()
    modules = [one for one in held if kind is not None and isinstance(one, kind)]
    return weight_of(*modules) if modules else _SMALL


def _torch(*names: str) -> Any:
    """Something of torch's; None where nothing has imported it, or another thread has not imported that much yet."""
    found: Any = sys.modules.get("torch")
    for name in names:
        found = getattr(found, name, None)
    return found


ENGINES = EngineCache()
