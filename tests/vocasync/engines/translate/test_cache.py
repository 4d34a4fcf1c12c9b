from __future__ import annotations

import threading
from pathlib import Path

import pytest

from vocasync.engines.base import Translated
from vocasync.engines.translate import cache as module
from vocasync.engines.translate.cache import TranslationCache


def test_what_is_put_is_got(tmp_path: Path) -> None:
    cache = TranslationCache(tmp_path / "deep" / "folder")
    assert cache.get(["a"]) == {}
    cache.put({"a": Translated("uno", True), "b": Translated("dos 'ñ' \"x\"; --")})
    again = TranslationCache(tmp_path / "deep" / "folder")
    assert again.get(["a", "b", "c"]) == {"a": Translated("uno", True), "b": Translated("dos 'ñ' \"x\"; --")}


def test_the_newest_wins(tmp_path: Path) -> None:
    cache = TranslationCache(tmp_path)
    cache.put({"a": Translated("uno")})
    cache.put({"a": Translated("dos")})
    assert cache.get(["a"]) == {"a": Translated("dos")}


def test_the_oldest_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ENTRIES", 10)
    cache = TranslationCache(tmp_path)
    for number in range(30):
        cache.put({str(number): Translated("x")})
    assert sorted(map(int, cache.get([str(n) for n in range(30)]))) == list(range(20, 30))


def test_a_damaged_file_is_started_anew(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "translations.sqlite3").write_bytes(b"this is no database" * 500)
    cache = TranslationCache(tmp_path)
    assert cache.get(["a"]) == {}
    assert "cannot be used" in caplog.text
    cache.put({"a": Translated("uno")})
    assert cache.get(["a"]) == {"a": Translated("uno")}


def test_a_folder_that_cannot_be_made_fails_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").write_text("")
    cache = TranslationCache(tmp_path / "file" / "cache")
    cache.put({"a": Translated("uno")})
    assert cache.get(["a"]) == {}
    assert "cannot be used" in caplog.text


def test_writers_side_by_side(tmp_path: Path) -> None:
    def work(number: int) -> None:
        cache = TranslationCache(tmp_path)
        for step in range(20):
            cache.put({f"{number}.{step}": Translated("x")})

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    keys = [f"{number}.{step}" for number in range(6) for step in range(20)]
    assert len(TranslationCache(tmp_path).get(keys)) == 120
