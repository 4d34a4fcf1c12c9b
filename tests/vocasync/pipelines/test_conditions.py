"""What engines compute of a voice: once for everybody, whole, and gone when it is stale."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from tests.vocasync.engines.tts.speech import talk
from vocasync.engines.base import EngineConfig
from vocasync.errors import Cancelled
from vocasync.pipelines.conditions import Conditions
from vocasync.pipelines.library import measure_emotion
from vocasync.progress import Progress, Silent
from vocasync.stages.reference import emotion_reference
from vocasync.types import SpeakerVoice, VoiceKind, VoiceReference


@dataclass
class Engine:
    """The mean of a reference's samples, counted: as much of a voice engine as is asked for here."""

    name: str = "mean"
    version: str = "1"
    prepared: list[str] = field(default_factory=list)
    loaded: int = 0
    wait: threading.Barrier | None = None

    def prepare(self, reference: VoiceReference, path: Path, progress: Progress) -> None:
        self._write("voice", reference, path, progress)

    def prepare_emotion(self, reference: VoiceReference, path: Path, progress: Progress) -> None:
        self._write("emotion", reference, path, progress)

    def _write(self, kind: str, reference: VoiceReference, path: Path, progress: Progress) -> None:
        progress.check()
        self.prepared.append(kind)
        if self.wait:
            self.wait.wait(10)
        with path.open("wb") as file:
            np.save(file, soundfile.read(reference.audio)[0].mean())

    def load(self, path: Path) -> Any:
        self.loaded += 1
        return float(np.load(path))


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clip") / "clip.wav"
    soundfile.write(path, talk("en-us", 2.0, 16_000), 16_000)
    return path


def voice_of(clip: Path, mark: str) -> SpeakerVoice:
    return SpeakerVoice(VoiceKind.PROFILE, VoiceReference(clip), mark)


def kept(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if not path.name.endswith(".mark"))


def conditions(engine: Engine) -> Conditions:
    return Conditions(engine)  # type: ignore[arg-type]


def test_it_is_computed_once_for_every_job(clip: Path, tmp_path: Path) -> None:
    engine, voice = Engine(), voice_of(clip, "once")
    assert not conditions(engine).has_voice(voice, tmp_path)
    found = [conditions(engine).voice(voice, tmp_path, Silent()) for _ in range(3)]
    assert len(set(found)) == 1
    assert (engine.prepared, engine.loaded) == (["voice"], 1)
    assert conditions(engine).has_voice(voice, tmp_path)


def test_a_voice_of_the_engines_own_needs_none(tmp_path: Path) -> None:
    engine = Engine()
    assert conditions(engine).voice(None, tmp_path, Silent()) is None
    assert conditions(engine).voice(SpeakerVoice(VoiceKind.STOCK, stock="x"), tmp_path, Silent()) is None
    assert conditions(engine).emotion(None, tmp_path, Silent()) is None
    assert engine.prepared == []


def test_workers_that_want_it_at_once_get_the_same(clip: Path, tmp_path: Path) -> None:
    engine, voice = Engine(wait=threading.Barrier(2)), voice_of(clip, "at once")
    found: list[Any] = []
    threads = [
        threading.Thread(target=lambda: found.append(conditions(engine).voice(voice, tmp_path, Silent())))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert engine.prepared == ["voice"] * 2
    assert len(found) == 2
    assert found[0] == found[1]
    assert len(kept(tmp_path)) == 1
    assert not list(tmp_path.glob(".*")), "nothing half-written is left"


def test_what_was_called_off_leaves_nothing(clip: Path, tmp_path: Path) -> None:
    class Unwanted:
        def report(self, fraction: float, note: str = "") -> None: ...

        def check(self) -> None:
            raise Cancelled

    with pytest.raises(Cancelled):
        conditions(Engine()).voice(voice_of(clip, "called off"), tmp_path, Unwanted())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("change", ["version", "samples"])
def test_what_is_stale_is_made_anew_and_the_old_goes(clip: Path, tmp_path: Path, change: str) -> None:
    mark = f"stale {change}"
    old = Engine()
    conditions(old).voice(voice_of(clip, mark), tmp_path, Silent())
    conditions(Engine(name="other")).voice(voice_of(clip, mark), tmp_path, Silent())
    conditions(old).emotion(VoiceReference(clip), tmp_path, Silent())
    before = kept(tmp_path)
    new = Engine(version="2" if change == "version" else "1")
    conditions(new).voice(voice_of(clip, mark if change == "version" else "other samples"), tmp_path, Silent())
    assert new.prepared == ["voice"]
    after = kept(tmp_path)
    assert len(after) == 3
    assert len(set(before) & set(after)) == 2, "the other engine's and the emotion's stay"
    assert len(list(tmp_path.glob("*.mark"))) == 3


def test_what_vanished_is_made_again(clip: Path, tmp_path: Path) -> None:
    voice = voice_of(clip, "vanished")

    class Forgetful(Engine):
        def load(self, path: Path) -> Any:
            if not self.loaded:  # the voice's samples change just now, and its folder goes
                path.unlink()
            self.loaded += 1
            return float(np.load(path))

    engine = Forgetful()
    assert conditions(engine).voice(voice, tmp_path, Silent()) == pytest.approx(soundfile.read(clip)[0].mean())
    assert engine.prepared == ["voice"] * 2


def test_tones_are_told_apart_by_their_sound(clip: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.wav"
    soundfile.write(other, talk("en-us+f2", 2.0, 16_000), 16_000)
    engine = Engine()
    one, two = (
        conditions(engine).emotion(VoiceReference(path), tmp_path / path.stem, Silent()) for path in (clip, other)
    )
    assert one != two
    assert conditions(engine).has_emotion(VoiceReference(other), tmp_path / "other")
    assert not conditions(engine).has_emotion(VoiceReference(clip), tmp_path / "other")


def test_a_tone_of_the_library_is_the_same_to_previews_and_to_dubs(tmp_path: Path) -> None:
    """A job reads its own copy of the clip's sound, a preview the library's: what was computed for one serves both."""
    soundfile.write(tmp_path / "clip.wav", talk("en-us+f5", 6.0, 44_100, pitch=80), 44_100)
    sound, folder, engine = tmp_path / "sound.wav", tmp_path / "conditioning", Engine()
    report = measure_emotion(tmp_path / "clip.wav", "clip", sound, EngineConfig(network=False), None, Silent())
    conditions(engine).emotion(VoiceReference(sound, report.regions), folder, Silent())
    dubs = emotion_reference(sound, "clip", tmp_path / "job.wav", Silent())
    assert conditions(engine).has_emotion(dubs, folder)
