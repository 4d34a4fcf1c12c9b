"""A dub whose voices are marked."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.vocasync.pipelines.conftest import Dub
from vocasync.engines import registry
from vocasync.engines.base import EngineConfig, Watermarker
from vocasync.engines.watermark.perth import Perth
from vocasync.pipelines.base import SegmentEdit
from vocasync.progress import Silent
from vocasync.stages.watermark import listen

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

MARK = f"{Perth.name} {Perth.version}"


@pytest.fixture(scope="module")
def perth() -> Watermarker:
    loaded: Watermarker = registry.load("watermark", "perth", EngineConfig(network=False))
    return loaded


def converted(path: Path, name: str, *options: str) -> Path:
    out = path.with_name(name)
    command = ["ffmpeg", "-v", "error", "-y", "-i", str(path), "-map", "0:a:0", *options, str(out)]
    subprocess.run(command, check=True)
    return out


def test_a_marked_dub_is_known_and_an_unmarked_one_is_not(dub: Dub, tmp_path: Path, perth: Watermarker) -> None:
    out = tmp_path / "work" / "out"
    plain = dub().result()
    assert "watermark" not in plain.engines
    assert not listen(out / "dubbed.mp4", "a.mp4", perth, Silent()).marked
    (tmp_path / "work" / "plan.json").unlink()
    marked = dub(watermark="perth").result()
    assert marked.engines["watermark"] == MARK
    assert json.loads((out / "manifest.json").read_text())["engines"]["watermark"] == MARK
    copies = (
        converted(out / "dubbed.mp4", "a.m4a", "-c:a", "aac", "-b:a", "128k"),
        converted(out / "dubbed.mp4", "a.mp3", "-b:a", "64k"),
    )
    for path in (out / "dubbed.mp4", out / "voice.wav", *copies):
        assert listen(path, path.name, perth, Silent()).marked, path
    for kind in ("speaker", "untreated"):
        if kind in plain.scores["tracks"]["voice"]:
            assert marked.scores["tracks"]["voice"][kind] == pytest.approx(
                plain.scores["tracks"]["voice"][kind], abs=0.03
            )


def test_a_dub_keeps_to_what_it_began_with(dub: Dub, tmp_path: Path) -> None:
    """An engine that is installed, or taken away, half-way must not leave some takes marked and some not."""
    first = dub(watermark="perth")
    takes = {path: path.stat().st_mtime_ns for path in (tmp_path / "work" / "takes").rglob("*.wav")}
    assert first.result().engines["watermark"] == MARK
    edited = dub(watermark="", edits={1: SegmentEdit(translation="Los niños duermen.")})
    assert edited.result().engines["watermark"] == MARK
    assert sum(path.stat().st_mtime_ns != time for path, time in takes.items()) == 1
