"""A photograph that speaks, with the real embedded engines."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
import soundfile

from tests import factory
from vocasync.artifacts import Workspace
from vocasync.engines.base import EngineConfig
from vocasync.errors import Cancelled, PipelineError
from vocasync.media.frames import read
from vocasync.pipelines.base import SegmentEdit
from vocasync.pipelines.local import Work, run
from vocasync.pipelines.portrait import PortraitPipeline, PortraitRequest
from vocasync.pipelines.script import ScriptRequest
from vocasync.progress import Silent
from vocasync.provenance.manifest import Origin

TEXT = "Mama, papa. The boat was on the big river."
FPS = 25.0
Make = Callable[..., PortraitPipeline]


def quietly(stage: str, fraction: float, whole: float) -> None:
    """Nobody watches."""


def config_in(folder: Path) -> EngineConfig:
    return EngineConfig(network=False, cache=folder / "cache", models=folder / "models")


@pytest.fixture
def photo(shared_media: Path) -> Path:
    return shared_media / "derived" / "grid_id2_vcd_swwp2s.portrait.png"


@pytest.fixture
def make(photo: Path, tmp_path: Path) -> Make:
    """Make the photograph say the text (or what ``changes`` say) in the test's own workspace."""

    def work(script: dict[str, Any] | None = None, **changes: Any) -> PortraitPipeline:
        words = ScriptRequest(**({"text": TEXT, "language": "en", "name": "words.txt"} | (script or {})))
        asked: dict[str, Any] = {"script": words, "picture": photo, "picture_name": "photo.png"}
        request = PortraitRequest(**(asked | changes))
        done = run(Work(PortraitPipeline, request, Workspace(tmp_path / "work"), config_in(tmp_path)), quietly)
        assert done is not None
        return done

    return work


def streams(path: Path) -> dict[str, dict[str, Any]]:
    command = ["ffprobe", "-v", "error", "-show_streams", "-of", "json", str(path)]
    found: list[dict[str, Any]] = json.loads(subprocess.check_output(command))["streams"]
    return {one["codec_type"]: one for one in found}


def shown_at(path: Path) -> np.ndarray:
    command = ["ffprobe", "-v", "error", "-select_streams", "v", "-show_entries", "frame=pts_time", "-of", "csv=p=0"]
    return np.array([float(line.strip(",")) for line in subprocess.check_output([*command, path]).decode().split()])


def written(folder: Path) -> dict[str, int]:
    """When each file of the work was written."""
    return {
        str(path.relative_to(folder)): path.stat().st_mtime_ns
        for path in folder.rglob("*")
        if path.is_file() and not path.name.endswith(".mark")
    }


def refusal(make: Make, script: dict[str, Any] | None = None, **changes: Any) -> PipelineError:
    with pytest.raises(PipelineError) as caught:
        make(script, **changes)
    return caught.value


def test_a_photograph_speaks(make: Make, tmp_path: Path) -> None:
    result, out = make().result(), tmp_path / "work" / "out"
    film, sound = out / "portrait.mp4", out / "voice.wav"
    assert result.artifacts[0].path == "portrait.mp4"
    found = streams(film)
    picture, heard = found["video"], found["audio"]
    assert (picture["codec_name"], picture["pix_fmt"], heard["codec_name"]) == ("h264", "yuv420p", "aac")
    assert (picture["width"], picture["height"]) == (360, 288)
    assert picture["avg_frame_rate"] == picture["r_frame_rate"] == "25/1"
    times = shown_at(film)
    assert np.diff(times) == pytest.approx(np.full(len(times) - 1, 1 / FPS), abs=1e-6)
    spoken = result.takes[-1].start + result.takes[-1].duration - result.takes[0].start
    assert len(times) == np.ceil(spoken * FPS) + 3
    assert soundfile.info(sound).duration == pytest.approx(len(times) / FPS, abs=1e-4)
    assert float(heard["duration"]) == pytest.approx(len(times) / FPS, abs=1 / FPS)
    assert "subtitle" in found
    subprocess.run(["ffmpeg", "-v", "error", "-xerror", "-i", str(film), "-f", "null", "-"], check=True)
    kinds = {artifact.path: artifact.kind for artifact in result.artifacts}
    assert kinds["poster.jpg"] == "poster"
    assert set(kinds.values()) >= {"video", "audio", "subtitles", "transcript", "manifest", "peaks", "archive"}
    assert result.engines["lipsync"].startswith("warp")
    assert result.media.video is not None
    assert result.takes[0].start == pytest.approx(1 / FPS)


def test_the_sound_in_the_film_is_in_time(make: Make, tmp_path: Path) -> None:
    make()
    out = tmp_path / "work" / "out"
    factory.ffmpeg("-i", str(out / "portrait.mp4"), "-ar", "48000", "-ac", "1", str(tmp_path / "heard.wav"))
    heard, rate = soundfile.read(tmp_path / "heard.wav")
    given, _ = soundfile.read(out / "voice.wav")
    count = min(len(heard), len(given))
    spectrum = np.fft.rfft(heard[:count], 2 * count) * np.conj(np.fft.rfft(given[:count], 2 * count))
    lag = int(np.argmax(np.fft.irfft(spectrum)))
    assert min(lag, 2 * count - lag) / rate < 1 / FPS / 4


def test_the_mouth_moves_and_what_is_around_the_face_does_not(make: Make, tmp_path: Path) -> None:
    make(motion=False, ai_mark=False)
    film = list(read(tmp_path / "work" / "out" / "portrait.mp4", FPS, "film"))
    moving = np.stack(film).astype(np.int16).std(axis=0).max(axis=2)
    mouth = np.unravel_index(np.argmax(moving), moving.shape)
    height, width = moving.shape
    assert 0.4 < mouth[0] / height < 0.9
    assert 0.3 < mouth[1] / width < 0.7
    assert moving.max() > 25
    assert moving[: height // 4].max() < 6, "the hair stays, as far as the encoder lets it"


def test_the_visible_mark_is_there_unless_it_is_not_wanted(make: Make, tmp_path: Path) -> None:
    def corner() -> np.ndarray:
        return next(read(tmp_path / "work" / "out" / "portrait.mp4", FPS, "film"))[-24:, -30:].astype(int)

    make()
    with_mark = corner()
    speaking = (tmp_path / "work" / "takes").rglob("*.wav")
    before = {path: path.stat().st_mtime_ns for path in speaking}
    make(ai_mark=False)
    assert np.abs(with_mark - corner()).max() > 60
    assert {path: path.stat().st_mtime_ns for path in before} == before, "nothing is spoken again for that"


def test_nothing_is_made_twice_and_an_edit_speaks_one_sentence(make: Make, tmp_path: Path) -> None:
    first = make().result()
    before = written(tmp_path / "work")
    assert make().result() == first
    assert written(tmp_path / "work") == before
    make({"edits": {1: SegmentEdit(text="And that was all there was to say about it.")}})
    after = written(tmp_path / "work")
    again = {name for name in before if after.get(name) != before[name]}
    assert {name for name in again if name.endswith(".wav")} == {
        "takes/voice/00001.wav", "tracks/voice.wav", "out/voice.wav",
    }  # fmt: skip
    assert "portrait/picture.png" not in again


_WORKER = """
import sys
from pathlib import Path
from tests.vocasync.pipelines.test_portrait import config_in
from vocasync.artifacts import Workspace
from vocasync.pipelines.portrait import PortraitPipeline, PortraitRequest
from vocasync.pipelines.script import ScriptRequest
from vocasync.progress import Silent

class Telling(Silent):
    def check(self):
        print("at work", flush=True)

photo, folder, text, stage = sys.argv[1:]
request = PortraitRequest(ScriptRequest(text, "en"), Path(photo), "photo.png")
pipeline = PortraitPipeline(request, Workspace(Path(folder) / "work"), config_in(Path(folder)))
for unit in pipeline.plan(stage):
    print("at work", flush=True)
    pipeline.run(stage, unit.name, Telling())
"""


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_worker_killed_in_any_stage_costs_that_stage_alone(photo: Path, tmp_path: Path) -> None:
    request = PortraitRequest(ScriptRequest(TEXT, "en"), photo, "photo.png")
    ws = Workspace(tmp_path / "work")
    made: dict[str, int] = {}
    for stage in PortraitPipeline(request, ws, config_in(tmp_path)).stages:
        command = [sys.executable, "-c", _WORKER, str(photo), str(tmp_path), TEXT, stage]
        with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path(__file__).parents[3]) as worker:
            assert worker.stdout is not None
            worker.stdout.readline()
            os.kill(worker.pid, signal.SIGKILL)
        now = written(tmp_path / "work")
        assert all(now[name] == at for name, at in made.items()), f"{stage} made something again"
        pipeline = PortraitPipeline(request, ws, config_in(tmp_path))
        while units := pipeline.plan(stage):
            for unit in units:
                pipeline.run(stage, unit.name, Silent())
        pipeline.finish(stage)
        made = {name: at for name, at in written(tmp_path / "work").items() if not Path(name).name.startswith(".")}
    assert pipeline.result().artifacts[0].path == "portrait.mp4"
    assert not [name for name in written(tmp_path / "work") if Path(name).name.startswith(".")]


def test_it_is_called_off_at_once(make: Make, photo: Path, tmp_path: Path) -> None:
    request = PortraitRequest(ScriptRequest(f"{factory.ENGLISH} " * 4, "en"), photo, "photo.png")
    pipeline = PortraitPipeline(request, Workspace(tmp_path / "work"), config_in(tmp_path))
    for stage in pipeline.stages[:-2]:
        while units := pipeline.plan(stage):
            for unit in units:
                pipeline.run(stage, unit.name, Silent())
    pipeline.run("lipsync", pipeline.plan("lipsync")[0].name, Silent())  # what the face does

    class Cancelling:
        checks = 0

        def report(self, fraction: float, note: str = "") -> None:
            return None

        def check(self) -> None:
            self.checks += 1
            if self.checks > 30:
                raise Cancelled

    unit = pipeline.plan("lipsync")[0]
    with pytest.raises(Cancelled):
        pipeline.run("lipsync", unit.name, Cancelling())
    assert pipeline.plan("lipsync")[0] == unit
    assert not [child for child in psutil.Process().children() if child.name().startswith("ff")]
    assert not list((tmp_path / "work" / "lipsync").glob("*.h264"))


def test_long_films_are_drawn_in_slices(photo: Path, tmp_path: Path) -> None:
    sound = factory.write(tmp_path / "long.wav", factory.tone_samples(65.0))
    script = ScriptRequest("", "en", sound=sound, sound_name="long.wav")
    request = PortraitRequest(script, photo, "photo.png", fps=5.0)
    pipeline = PortraitPipeline(request, Workspace(tmp_path / "work"), config_in(tmp_path))
    for stage in ("prepare", "stitch"):
        pipeline.run(stage, pipeline.plan(stage)[0].name, Silent())
    (thought,) = pipeline.plan("lipsync")
    pipeline.run("lipsync", thought.name, Silent())
    units = pipeline.plan("lipsync")
    assert [unit.weight for unit in units] == [150, 150, 28], "65 s at 5 frames, and 3 more"


def test_a_finished_recording_is_spoken_by_the_photograph(make: Make, tmp_path: Path) -> None:
    sound = factory.speech("Please open the window.", tmp_path / "note.wav")
    result = make({"text": "", "sound": sound, "sound_name": "note.wav"}).result()
    seconds = soundfile.info(sound).duration
    assert result.media.duration == pytest.approx(seconds + 3 / FPS, abs=1 / FPS)
    assert "voice" not in result.engines
    assert result.takes == ()


def test_other_rates_and_buffers(make: Make, tmp_path: Path) -> None:
    sound = factory.speech("Please open the window.", tmp_path / "note.wav")
    result = make({"text": "", "sound": sound, "sound_name": "note.wav"}, fps=12.5, buffer_frames=10).result()
    film = tmp_path / "work" / "out" / "portrait.mp4"
    assert streams(film)["video"]["avg_frame_rate"] == "25/2"
    assert len(shown_at(film)) == np.ceil(soundfile.info(sound).duration * 12.5) + 10
    assert result.media.duration == pytest.approx(len(shown_at(film)) / 12.5, abs=0.01)


def test_pictures_that_cannot_speak_are_refused_before_anything_is_spoken(
    make: Make, shared_media: Path, tmp_path: Path
) -> None:
    cat = refusal(make, picture=shared_media / "scikit-image" / "chelsea.png", picture_name="chelsea.png")
    assert cat.code == "face_unfit"
    assert "No face" in str(cat)
    assert refusal(make, face=4).code == "face_unknown"
    assert refusal(make, picture=factory.text_as(tmp_path / "a.png"), picture_name="a.png").code == "picture_unknown"
    assert not list((tmp_path / "work").rglob("*.wav"))


def test_engines_that_are_not_there_are_refused(make: Make) -> None:
    assert refusal(make, lipsync="nobody").code == "engine_unknown"
    assert refusal(make, lipsync="wav2lip").code == "engine_not_ready"


def test_what_made_it_is_in_the_film(make: Make, tmp_path: Path) -> None:
    origin = Origin(tmp_path / "keys", "https://dub.example.org", "7", "Alice", "2026-01-01T00:00:00Z")
    make({"origin": origin})
    out = tmp_path / "work" / "out"
    manifest = json.loads((out / "manifest.json").read_text())
    assert set(manifest["provenance"]) >= {"picture_sha256", "text_sha256"}
    assert "portrait.mp4" in manifest["files"]
    film = (out / "portrait.mp4").read_bytes()
    assert b"dub.example.org" in film
    assert b"c2pa" in film


@pytest.mark.slow
def test_a_tone_is_seen_in_the_face(make: Make, tmp_path: Path) -> None:
    from vocasync.stages.lipsync import load_performance

    tone = factory.speech("What a day! I have never been so happy in my life!", tmp_path / "tone.wav", "en+f4")
    make({"emotion": tone, "emotion_name": "tone.wav"}, tone="happy")
    happy = load_performance(tmp_path / "work" / "portrait" / "performance.npz")
    assert happy.smile.max() > 0.4
    make({"emotion": tone, "emotion_name": "tone.wav", "emotion_strength": 0.2}, tone="happy")
    assert load_performance(tmp_path / "work" / "portrait" / "performance.npz").smile.max() < happy.smile.max() / 3


@pytest.mark.slow
def test_memory_is_flat_in_the_length(photo: Path, tmp_path: Path) -> None:
    """Of all that a film passes through, the highest of a quarter of a minute against that of a whole one."""

    def peak(seconds: int) -> int:
        folder = tmp_path / str(seconds)
        folder.mkdir()
        sound = factory.write(folder / "long.wav", factory.tone_samples(seconds))
        script = ScriptRequest("", "en", sound=sound, sound_name="long.wav")
        request = replace(PortraitRequest(script, photo, "photo.png"), fps=5.0, motion=False)
        work = Work(PortraitPipeline, request, Workspace(folder / "work"), config_in(tmp_path))
        process, highest = psutil.Process(), 0

        def watch(stage: str, fraction: float, whole: float) -> None:
            nonlocal highest
            highest = max(highest, process.memory_info().rss)

        run(work, watch)
        return highest

    once = peak(15)  # with what is loaded
    assert peak(60) < once + 40 * 2**20, "its further pictures have 70 MB"
