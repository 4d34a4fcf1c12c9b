"""A dub that ends with the lips in its picture, on people who speak to a camera."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from tests import factory
from tests.vocasync.pipelines.conftest import quietly
from vocasync.artifacts import Workspace
from vocasync.engines.base import EngineConfig
from vocasync.media.frames import read
from vocasync.pipelines.base import DubRequest
from vocasync.pipelines.dub import DubPipeline
from vocasync.pipelines.local import Work, run

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

FPS = 25.0


@pytest.fixture
def words(tmp_path: Path) -> Path:
    path = tmp_path / "words.srt"
    path.write_text("1\n00:00:00,400 --> 00:00:02,600\nThe boat was on the big river.\n")
    return path


def dubbed(source: Path, words: Path, root: Path, **changes: Any) -> DubPipeline:
    asked: dict[str, Any] = {"source_language": "en", "target_language": "es", "reviewed": True}
    request = DubRequest(source, source.name, subtitles=words, subtitles_name="words.srt", **(asked | changes))
    config = EngineConfig(network=False, cache=root / "cache", models=root / "models")
    done = run(Work(DubPipeline, request, Workspace(root / "work"), config), quietly)
    assert done is not None
    return done


def streams(path: Path) -> dict[str, dict[str, Any]]:
    command = ["ffprobe", "-v", "error", "-show_streams", "-of", "json", str(path)]
    found: list[dict[str, Any]] = json.loads(subprocess.check_output(command))["streams"]
    return {one["codec_type"]: one for one in found}


def test_the_lips_move_with_the_dub(shared_media: Path, words: Path, tmp_path: Path) -> None:
    source = shared_media / "LipNet" / "pwij3p.mpg"
    plain = dubbed(source, words, tmp_path)
    assert "lipsync" not in plain.stages
    files = {artifact.path for artifact in plain.result().artifacts}
    made = {path: path.stat().st_mtime_ns for path in (tmp_path / "work").rglob("takes/**/*.wav")}
    assert made

    done = dubbed(source, words, tmp_path, lipsync="warp", ai_mark=False)
    assert done.stages[-2:] == ("lipsync", "mux")
    assert {path: path.stat().st_mtime_ns for path in made} == made, "nothing is spoken again for that"
    result, out = done.result(), tmp_path / "work" / "out"
    assert {a.path for a in result.artifacts} - files == {"lipsync.voice.mp4"}
    assert result.engines["lipsync"].startswith("warp")
    found = streams(out / "lipsync.voice.mp4")
    assert (found["video"]["width"], found["video"]["height"]) == (360, 288)
    assert found["video"]["avg_frame_rate"] == "25/1"
    sound = soundfile.info(out / "voice.wav").duration
    count = int(found["video"]["nb_frames"])
    assert count == np.ceil(round(sound * FPS, 3))
    assert float(found["audio"]["duration"]) == pytest.approx(count / FPS, abs=1 / FPS)

    before = np.stack(list(read(source, FPS, "a"))[:70]).astype(int)
    after = np.stack(list(read(out / "lipsync.voice.mp4", FPS, "b"))[:70]).astype(int)
    changed = np.abs(after - before).max(axis=3).mean(axis=0)
    assert changed[:80].mean() < 5, "what is above the face is as it was, as far as the encoder lets it"
    assert changed[180:230, 140:220].max() > 3 * max(1.0, changed[:80].mean()), "the mouth is not"
    assert dubbed(source, words, tmp_path, lipsync="warp", ai_mark=False).result() == result


def test_slices_that_are_there_are_not_drawn_again(
    shared_media: Path, words: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vocasync.pipelines.lips.SHOT_SECONDS", 1.0)
    source = shared_media / "LipNet" / "pwij3p.mpg"
    dubbed(source, words, tmp_path, lipsync="warp")
    folder = tmp_path / "work" / "lipsync" / "voice"
    pieces = sorted(folder.glob("*.h264"))
    assert len(pieces) == 3
    whole = (tmp_path / "work" / "out" / "lipsync.voice.mp4").read_bytes()
    times = {path: path.stat().st_mtime_ns for path in pieces}
    for path in folder.glob("0000050.h264*"):
        path.unlink()
    (tmp_path / "work" / "result.json").unlink()
    (tmp_path / "work" / "out" / "lipsync.voice.mp4").unlink()
    dubbed(source, words, tmp_path, lipsync="warp")
    again = {path: path.stat().st_mtime_ns for path in pieces}
    assert {path.name for path in pieces if again[path] != times[path]} == {"0000050.h264"}
    assert len((tmp_path / "work" / "out" / "lipsync.voice.mp4").read_bytes()) == pytest.approx(len(whole), rel=0.05)


def test_without_a_picture_or_a_face_that_is_said(words: Path, tmp_path: Path) -> None:
    sound = factory.speech("The boat was on the big river.", tmp_path / "note.wav")
    heard = dubbed(sound, words, tmp_path / "a", lipsync="auto").result()
    assert any("no picture" in note for note in heard.notes)
    assert "lipsync" not in heard.engines
    nobody = factory.video(tmp_path / "film.mp4", sound, 2.5)
    shown = dubbed(nobody, words, tmp_path / "b", lipsync="warp").result()
    assert any("0 % of the picture" in note for note in shown.notes)
    assert "lipsync.voice.mp4" in {artifact.path for artifact in shown.artifacts}
