from __future__ import annotations

import threading
import time

import pytest

from vocasync.engines.cache import EngineCache


class Engine:
    def __init__(self, name: str, closed: list[str]) -> None:
        self.name = name
        self._closed = closed

    def close(self) -> None:
        self._closed.append(self.name)


def test_an_engine_is_loaded_once() -> None:
    cache, loads = EngineCache(), []
    for _ in range(3):
        cache.get("a", lambda: loads.append(1) or object())
    assert len(loads) == 1


def test_the_least_recently_used_goes_and_is_closed() -> None:
    cache, closed = EngineCache(capacity=2), []
    cache.get("a", lambda: Engine("a", closed))
    cache.get("b", lambda: Engine("b", closed))
    cache.get("a", lambda: Engine("a2", closed))
    cache.get("c", lambda: Engine("c", closed))
    assert closed == ["b"]
    assert cache.get("a", lambda: Engine("a3", closed)).name == "a"


def test_engines_without_close_are_dropped_too() -> None:
    cache = EngineCache(capacity=1)
    first = cache.get("a", object)
    cache.get("b", object)
    assert cache.get("a", object) is not first


def test_clear_closes_everything() -> None:
    cache, closed = EngineCache(), []
    cache.get("a", lambda: Engine("a", closed))
    cache.get("b", lambda: Engine("b", closed))
    cache.clear()
    assert sorted(closed) == ["a", "b"]
    assert cache.get("a", lambda: Engine("new", closed)).name == "new"


def test_a_load_that_fails_is_tried_again() -> None:
    cache = EngineCache()

    def fail() -> object:
        raise RuntimeError("no weights")

    with pytest.raises(RuntimeError):
        cache.get("a", fail)
    assert cache.get("a", lambda: "loaded") == "loaded"


def test_callers_wait_for_one_load_and_other_keys_do_not_wait() -> None:
    cache, loads, release = EngineCache(), [], threading.Event()

    def load() -> object:
        loads.append(1)
        assert release.wait(10)
        return object()

    got: list[object] = []
    threads = [threading.Thread(target=lambda: got.append(cache.get("slow", load))) for _ in range(4)]
    for thread in threads:
        thread.start()
    begin = time.monotonic()
    assert cache.get("other", lambda: "quick") == "quick"
    assert time.monotonic() - begin < 5
    release.set()
    for thread in threads:
        thread.join()
    assert len(loads) == 1
    assert len({id(one) for one in got}) == 1
