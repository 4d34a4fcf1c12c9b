"""What a face does, thought out in windows; films followed from picture to picture."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests import factory
from tests.vocasync import portraits
from vocasync.engines.base import EngineConfig
from vocasync.engines.face.mesh import BlazeMesh, create
from vocasync.progress import Silent
from vocasync.stages import lipsync
from vocasync.stages.following import Followed
from vocasync.stages.lipsync import Acting, act, cut, load_face, load_performance, save_face, save_performance, slices
from vocasync.types import Picture, SpeechMark

FPS = 25.0


# --- what a face does -------------------------------------------------------------------------------------------------
def test_long_sound_is_thought_about_window_by_window(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lipsync, "_WINDOW_SECONDS", 4.0)
    monkeypatch.setattr(lipsync, "_LEEWAY", 1.0)
    said = factory.speech_samples("Mama and papa have a boat.", wpm=150)
    pause = np.zeros(16_000, np.float32)
    sound = factory.write(tmp_path / "long.wav", np.concatenate([said, pause] * 4))
    seconds = 4 * (len(said) + len(pause)) / 16_000
    frames = int(seconds * FPS)
    marks = (SpeechMark("phoneme", "ɑ", 0.5, 0.8), SpeechMark("phoneme", "ɑ", seconds - 2.0, seconds - 1.7))
    done = act(sound, frames, FPS, Acting(marks, "en"), Silent())
    assert len(done) == frames
    assert done.mouth.shape == (frames, 8)
    assert (done.shut[10:-10] == 1).all(), "an open mouth is closed between the first and the last frame"
    assert done.shut[0] < 0.5
    assert done.mouth[round(0.65 * FPS), 0] > 0.3
    assert done.mouth[round((seconds - 1.85) * FPS), 0] > 0.3, "times are those of the whole sound"


def test_a_performance_and_a_face_come_back_as_they_were_kept(tmp_path: Path, shared_media: Path) -> None:
    sound = factory.speech("Good morning.", tmp_path / "a.wav")
    done = act(sound, 30, FPS, Acting(), Silent())
    save_performance(done, tmp_path / "p")
    back = load_performance(tmp_path / "p")
    assert np.array_equal(back.mouth, done.mouth)
    assert np.array_equal(cut(back, range(5, 9)).head, done.head[5:9])
    face = create(EngineConfig()).faces(portraits.astronaut(shared_media))[0]
    save_face(face, tmp_path / "f")
    assert np.array_equal(load_face(tmp_path / "f").landmarks, face.landmarks)
    assert load_face(tmp_path / "f").box == face.box


def test_slices_are_all_frames_once() -> None:
    found = slices(2000, FPS)
    assert [len(one) for one in found] == [750, 750, 500]
    assert [number for one in found for number in one] == list(range(2000))
    assert slices(0, FPS) == ()


# --- who is seen ------------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def finder() -> BlazeMesh:
    return create(EngineConfig())


@pytest.fixture(scope="module")
def woman(shared_media: Path) -> Picture:
    return np.ascontiguousarray(portraits.astronaut(shared_media)[:300, 60:400])


def film(woman: Picture, away: range, count: int = 40) -> Iterator[Picture]:
    """She moves to the right; in some frames nobody is there."""
    empty = np.full_like(woman, 90)
    for number in range(count):
        yield empty if number in away else np.roll(woman, number, axis=1)


def test_a_face_is_followed_lost_and_found_again(woman: Picture, finder: BlazeMesh) -> None:
    followed = Followed(film(woman, range(12, 24)), finder, FPS)
    faces = [face for _, face in followed.seen(range(40))]
    there = [number for number, face in enumerate(faces) if face is not None]
    assert set(range(12)) <= set(there)
    assert not set(range(12, 24)) & set(there)
    assert set(range(29, 40)) <= set(there), "within a fifth of a second"
    assert followed.faces(range(40)) == len(there)
    first, last = faces[0], faces[11]
    assert first is not None
    assert last is not None
    assert last.landmarks[1, 0] - first.landmarks[1, 0] == pytest.approx(11, abs=3)


def test_slices_may_overlap_and_pictures_may_be_passed_over(woman: Picture, finder: BlazeMesh) -> None:
    followed = Followed(film(woman, range(0)), finder, FPS)
    one = [picture for picture, _ in followed.seen(range(30, 36))]
    again = [picture for picture, _ in followed.seen(range(32, 38))]
    assert np.array_equal(one[2], again[0])
    assert np.array_equal(again[5], np.roll(woman, 37, axis=1))
    assert followed.faces(range(30, 36)) == 6


def test_the_last_picture_stands_where_the_film_ends_before_the_sound(woman: Picture, finder: BlazeMesh) -> None:
    followed = Followed(film(woman, range(0), count=5), finder, FPS)
    found = list(followed.seen(range(8)))
    assert len(found) == 8
    assert np.array_equal(found[7][0], found[4][0])
    assert found[7][1] is not None


def test_of_several_the_largest_is_seen_and_stays(woman: Picture, finder: BlazeMesh) -> None:
    small = portraits.scaled(woman, 0.6)
    pair = portraits.beside(small, woman)
    followed = Followed(iter([pair] * 60), finder, FPS)
    places = [face.landmarks[1, 0] for _, face in followed.seen(range(60)) if face is not None]
    assert len(places) == 60
    assert min(places) > small.shape[1], "the one to the right"
