from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from vocasync.artifacts import Workspace, dumps, file_sha256, fingerprint
from vocasync.types import Match, Region


@dataclass(frozen=True)
class Holder:
    region: Region
    paths: tuple[Path, ...]


def test_fingerprints_are_of_the_content() -> None:
    assert fingerprint({"a": 1, "b": 2}) == fingerprint({"b": 2, "a": 1})
    assert fingerprint("a", "b") != fingerprint("ab")
    assert fingerprint(["a"], "b") != fingerprint(["a", "b"])
    assert fingerprint(1) != fingerprint("1")
    assert fingerprint(Region(0, 1)) == fingerprint(Region(0, 1)) != fingerprint(Region(0, 2))
    assert len(fingerprint()) == 64


def test_fingerprints_last(tmp_path: Path) -> None:
    """Resume after an upgrade depends on it: this value must never change by accident."""
    assert dumps(Holder(Region(0.5, 1.25), (Path("a/b"),))) == '{"paths":["a/b"],"region":{"end":1.25,"start":0.5}}'
    expected = "458865f00d8806e6f613b355eb65aa07ffa1890d205784370cfbf8a4aa94c6cb"
    assert fingerprint(Match.CLOSE, "é", 0.1, None, True) == expected


def test_numpy_scalars_are_plain() -> None:
    assert dumps([np.float64(0.5), np.int32(3), Match.CLEAR]) == '[0.5,3,"clear"]'


def test_file_hash(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"")
    assert file_sha256(path) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_an_artifact_is_there_with_its_mark_only(tmp_path: Path) -> None:
    space = Workspace(tmp_path)
    assert not space.has("deep/x.json", "m")
    space.save("deep/x.json", {"a": [1, 2]}, "m")
    assert space.has("deep/x.json", "m")
    assert not space.has("deep/x.json", "other")
    assert space.load("deep/x.json") == {"a": [1, 2]}


def test_work_that_fails_leaves_the_old_one(tmp_path: Path) -> None:
    space = Workspace(tmp_path)
    space.save("x.json", 1, "m1")

    def fail() -> None:
        with space.writing("x.json", "m2") as path:
            path.write_text("half of it")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert space.has("x.json", "m1")
    assert space.load("x.json") == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x.json", "x.json.mark"]


def test_a_file_without_its_mark_is_not_there(tmp_path: Path) -> None:
    space = Workspace(tmp_path)
    space.save("x.json", 1, "m")
    (tmp_path / "x.json.mark").unlink()
    assert not space.has("x.json", "m")
    space.save("x.json", 1, "m")
    (tmp_path / "x.json").unlink()
    assert not space.has("x.json", "m")


def test_the_scratch_name_keeps_its_ending(tmp_path: Path) -> None:
    with Workspace(tmp_path).writing("a/take.wav", "m") as path:
        assert path.suffix == ".wav", "programs choose the format by it"
        assert path.parent == tmp_path / "a", "or the move would not be atomic"
        path.write_bytes(b"x")
    assert (tmp_path / "a" / "take.wav").read_bytes() == b"x"


def test_two_writers_leave_one_whole_file(tmp_path: Path) -> None:
    space = Workspace(tmp_path)
    texts = ["a" * 100_000, "b" * 100_000]

    def work(text: str) -> None:
        for _ in range(20):
            space.save("x.json", text, "m")

    threads = [threading.Thread(target=work, args=(text,)) for text in texts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert space.load("x.json") in texts
    assert space.has("x.json", "m")
    assert len(list(tmp_path.iterdir())) == 2


def test_remove(tmp_path: Path) -> None:
    space = Workspace(tmp_path / "w")
    space.save("x.json", 1, "m")
    space.remove()
    space.remove()
    assert not (tmp_path / "w").exists()
