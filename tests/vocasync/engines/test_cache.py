"""Engines loaded once, dropped when there is no room, and never under somebody's hands."""

from __future__ import annotations

import gc
import sys
import threading
import weakref
from dataclasses import replace
from types import ModuleType
from typing import Any

import pytest
import torch

from tests.waiting import PATIENCE
from vocasync.engines import registry
from vocasync.engines.base import EngineConfig, Needs
from vocasync.engines.cache import HOST, EngineCache, in_use
from vocasync.engines.devices import memory_of, weight_of

MEGABYTE = 1 << 20


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
        assert release.wait(PATIENCE)
        return object()

    got: list[object] = []
    threads = [threading.Thread(target=lambda: got.append(cache.get("slow", load))) for _ in range(4)]
    for thread in threads:
        thread.start()
    assert cache.get("other", lambda: "quick") == "quick"
    assert not got
    release.set()
    for thread in threads:
        thread.join()
    assert len(loads) == 1
    assert len({id(one) for one in got}) == 1


# --- memory -----------------------------------------------------------------------------------------------------------
class Network:
    """An engine with a real model of so many megabytes."""

    def __init__(self, megabytes: int, closed: list[int] | None = None) -> None:
        self.model = torch.nn.Linear(1024, 256 * megabytes, bias=False)
        self._closed = closed

    def close(self) -> None:
        if self._closed is not None:
            self._closed.append(weight_of(self.model) // MEGABYTE)


class Meter:
    """What the networks that were loaded through it take at this moment, and the most that they ever took."""

    def __init__(self) -> None:
        self.alive: list[weakref.ref[Any]] = []
        self.most = 0

    def load(self, megabytes: int) -> Network:
        made = Network(megabytes)
        self.alive.append(weakref.ref(made.model))
        self.most = max(self.most, self.now)
        return made

    @property
    def now(self) -> int:
        return weight_of(*(model for one in self.alive if (model := one()) is not None)) // MEGABYTE


def test_the_ceiling_holds_while_engines_take_turns_and_while_they_are_loaded() -> None:
    cache, meter = EngineCache(), Meter()
    sizes = {"a": 8, "b": 12, "c": 6, "d": 16, "e": 4}
    for name in "abcadebacdeedcbaaceb":
        size = sizes[name]
        cache.get(name, lambda size=size: meter.load(size), expected=size * MEGABYTE, budget=24 * MEGABYTE)
        assert cache.taken() <= 24 * MEGABYTE
        assert cache.taken() == meter.now * MEGABYTE
    assert 16 < meter.most <= 24


def test_one_whose_size_was_not_known_makes_room_after_it_was_loaded() -> None:
    cache, meter = EngineCache(), Meter()
    for name in ("a", "b", "c"):
        cache.get(name, lambda: meter.load(10), budget=20 * MEGABYTE)
        assert meter.now <= 20
    assert meter.most == 30, "for a moment, as nobody foretold it"


def test_the_least_recently_used_makes_room() -> None:
    cache, closed = EngineCache(), []
    for name, size in (("a", 5), ("b", 6), ("a", 5), ("c", 9)):
        cache.get(name, lambda size=size: Network(size, closed), expected=size * MEGABYTE, budget=15 * MEGABYTE)
    assert closed == [6]


def test_one_that_is_too_large_by_itself_is_kept_until_another_is_wanted() -> None:
    cache, closed, loads = EngineCache(), [], []
    for _ in range(3):
        with in_use():
            cache.get("large", lambda: loads.append(1) or Network(30, closed), budget=20 * MEGABYTE)
    assert (len(loads), closed) == (1, [])
    cache.get("small", lambda: Network(1), expected=MEGABYTE, budget=20 * MEGABYTE)
    assert closed == [30]


def test_memories_are_counted_apart() -> None:
    cache, closed = EngineCache(), []
    for pool in (HOST, "cuda:0"):
        cache.get(pool, lambda: Network(10, closed), pool=pool, budget=15 * MEGABYTE)
    assert closed == []
    assert cache.taken(HOST) == cache.taken("cuda:0") == 10 * MEGABYTE


def test_what_is_dropped_is_given_back_even_where_its_parts_refer_to_each_other() -> None:
    cache = EngineCache()

    def circular() -> Network:
        made = Network(4)
        made.model.owner = made  # type: ignore[assignment]
        return made

    gone = weakref.ref(cache.get("a", circular, budget=5 * MEGABYTE).model)
    gc.disable()
    try:
        cache.get("b", lambda: Network(4), expected=4 * MEGABYTE, budget=5 * MEGABYTE)
        assert gone() is None
    finally:
        gc.enable()


def test_an_engine_says_what_it_takes_or_is_weighed_or_counts_as_small() -> None:
    class Telling:
        memory_bytes = 123

    cache = EngineCache()
    cache.get("telling", Telling)
    assert cache.taken() == 123
    cache.get("weighed", lambda: Network(3))
    assert cache.taken() == 123 + 3 * MEGABYTE
    cache.get("unknown", object)
    assert cache.taken() == 123 + (3 + 64) * MEGABYTE


def test_an_engine_is_weighed_while_another_thread_imports_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", ModuleType("torch"))  # so far
    cache, closed = EngineCache(capacity=1), []
    cache.get("a", lambda: Engine("a", closed))
    cache.get("b", lambda: Engine("b", closed))
    assert closed == ["a"]


def test_a_load_that_fails_keeps_no_room() -> None:
    cache = EngineCache()
    with pytest.raises(ZeroDivisionError):
        cache.get("a", lambda: 1 / 0, expected=10 * MEGABYTE, budget=10 * MEGABYTE)
    assert cache.taken() == 0


# --- in use -----------------------------------------------------------------------------------------------------------
def test_nothing_is_closed_under_who_uses_it() -> None:
    cache, closed, begun, end = EngineCache(capacity=1), [], threading.Event(), threading.Event()

    def work() -> None:
        with in_use():
            cache.get("a", lambda: Engine("a", closed))
            begun.set()
            assert end.wait(10)

    thread = threading.Thread(target=work)
    thread.start()
    assert begun.wait(10)
    cache.get("b", lambda: Engine("b", closed))
    assert closed == []
    end.set()
    thread.join()
    assert closed == ["a"], "as soon as it may"


def test_what_one_piece_of_work_needs_at_once_is_loaded_whatever_it_takes() -> None:
    cache, closed = EngineCache(), []
    with in_use():
        first = cache.get("a", lambda: Network(10, closed), budget=15 * MEGABYTE)
        with in_use():
            cache.get("b", lambda: Network(11, closed), budget=15 * MEGABYTE)
        assert closed == [], "a block within another one ends nothing"
        assert cache.get("a", lambda: Network(10)) is first
    assert closed == [11]
    assert cache.taken() <= 15 * MEGABYTE


def test_clear_leaves_what_is_in_use_to_whoever_uses_it() -> None:
    cache, closed = EngineCache(), []
    with in_use():
        cache.get("a", lambda: Engine("a", closed))
        cache.clear()
        assert closed == []
        assert cache.taken() > 0
    assert closed == ["a"]
    assert cache.taken() == 0


# --- the registry's part ----------------------------------------------------------------------------------------------
WHISPER = registry.spec("asr", "whisper")


def test_somebody_elses_key_does_not_concern_an_engine() -> None:
    keys = (("deepl", "secret"), ("google", "other"))
    config = EngineConfig(keys=keys, size="tiny")
    assert registry.concerning(WHISPER, config).keys == ()
    assert registry.concerning(WHISPER, config).size == "tiny"
    served = replace(WHISPER, needs=Needs(service="deepl"), sizes=())
    assert registry.concerning(served, config).keys == (("deepl", "secret"),)
    assert registry.concerning(served, config).size == ""


def test_configurations_that_differ_elsewhere_share_one_engine() -> None:
    config = EngineConfig(network=False)
    first = registry.load("tts", "espeak", config)
    assert registry.load("tts", "espeak", replace(config, keys=(("deepl", "k"),), size="tiny", memory_mb=900)) is first


def test_keys_are_not_shown() -> None:
    assert "secret" not in repr(EngineConfig(keys=(("deepl", "secret"),)))


def test_a_machine_has_memory() -> None:
    assert memory_of("cpu") > 256 * MEGABYTE
