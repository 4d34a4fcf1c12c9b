"""Other words in the mouths of people in videos: recordings of somebody who speaks to the camera."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.vocasync.engines.lipsync.warp.looks import lag, look, mouth, performance, scene, speaking
from vocasync.engines.base import EngineConfig
from vocasync.engines.face.mesh import BlazeMesh, create
from vocasync.engines.lipsync.crops import Seen
from vocasync.engines.lipsync.warp.moving import moving
from vocasync.progress import Silent
from vocasync.types import Face, FloatArray, Picture

FRAMES = 60
WORDS = ("", "aa", "mm", "iy", "ow", "ff", "", "aa", "uw", "eh", "mm", "")


@dataclass(frozen=True)
class Clip:
    """A recording: its frames and the face in each."""

    pictures: list[Picture]
    faces: list[Face]

    def seen(self) -> Iterator[Seen]:
        return iter(zip(self.pictures, self.faces, strict=True))


@pytest.fixture(scope="module")
def finder() -> BlazeMesh:
    return create(EngineConfig())


def clip(path: Path, finder: BlazeMesh) -> Clip:
    return followed(list(read(path)), finder)


def read(path: Path) -> Iterator[Picture]:
    video = cv2.VideoCapture(str(path))
    for _ in range(FRAMES):
        there, picture = video.read()
        assert there
        yield np.ascontiguousarray(picture[..., ::-1])
    video.release()


def followed(pictures: list[Picture], finder: BlazeMesh) -> Clip:
    faces = [finder.faces(pictures[0])[0]]
    for picture in pictures[1:]:
        face = finder.follow(picture, faces[-1])
        assert face is not None
        faces.append(face)
    return Clip(pictures, faces)


@pytest.fixture(scope="module")
def one(shared_media: Path, finder: BlazeMesh) -> Clip:
    return clip(shared_media / "LipNet" / "bbaf2n.mpg", finder)


@pytest.fixture(scope="module")
def two(shared_media: Path, finder: BlazeMesh) -> Clip:
    return clip(shared_media / "LipNet" / "id2_vcd_swwp2s.mpg", finder)


def said(given: Clip, mouths: FloatArray) -> list[Picture]:
    return list(moving(given.seen(), scene(performance(mouths)), Silent()))


def silence(frames: int = FRAMES) -> FloatArray:
    return np.repeat(mouth("")[None], frames, axis=0)


def lower(picture: Picture, face: Face) -> Picture:
    """The face below the nose."""
    left, _, right, bottom = (round(side) for side in face.box)
    return picture[round(face.landmarks[2, 1]) : bottom, left:right]


def test_a_mouth_says_what_it_is_told(one: Clip, two: Clip, finder: BlazeMesh) -> None:
    told = speaking(WORDS, FRAMES // len(WORDS))
    for given in (one, two):
        seen = look(finder, given.faces[0], said(given, told)).gap
        before = look(finder, given.faces[0], given.pictures).gap
        assert np.corrcoef(seen, told[:, 0])[0, 1] > 0.9 > 0.7 > np.corrcoef(before, told[:, 0])[0, 1]
        assert abs(lag(told[:, 0], seen)) < 0.5


def test_while_nothing_is_said_it_stays_closed(one: Clip, two: Clip, finder: BlazeMesh) -> None:
    for given in (one, two):
        seen = look(finder, given.faces[0], said(given, silence())).gap
        assert seen.max() < 0.06 < look(finder, given.faces[0], given.pictures).gap.max()


def test_only_the_lower_face_is_another_one(one: Clip) -> None:
    for made, given, face in zip(said(one, speaking(WORDS)), one.pictures, one.faces, strict=True):
        left, _, right, _ = (round(side) for side in face.box)
        nose = round(face.landmarks[1, 1])
        assert np.array_equal(made[:nose], given[:nose])
        assert np.array_equal(made[:, :left], given[:, :left])
        assert np.array_equal(made[:, right:], given[:, right:])
        assert not np.array_equal(lower(made, face), lower(given, face))


def test_the_mouth_keeps_its_place_in_a_head_that_moves(one: Clip, finder: BlazeMesh) -> None:
    """A still that is turned, moved and scaled, in noise, its mouth closed: what is put is what was there."""
    height, width = (int(2.5 * side) for side in one.pictures[0].shape[:2])
    still = cv2.resize(one.pictures[0], (width, height), interpolation=cv2.INTER_CUBIC)
    middle = finder.faces(np.asarray(still, np.uint8))[0].landmarks[:, :2].mean(axis=0)
    chance = np.random.default_rng(0)
    pictures = []
    for number in range(30):
        turn = cv2.getRotationMatrix2D(middle.tolist(), 4 * np.sin(number / 8), 1 + 0.04 * np.sin(number / 11))
        turn[:, 2] += [15 * np.sin(number / 6), 10 * np.cos(number / 9)]
        moved = cv2.warpAffine(still, turn, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
        pictures.append(np.clip(moved + chance.normal(0, 3, moved.shape), 0, 255).astype(np.uint8))
    given = followed(pictures, finder)
    apart = np.array(
        [
            _shift(made, was, face)
            for made, was, face in zip(said(given, silence(30)), pictures, given.faces, strict=True)
        ]
    )
    assert np.abs(apart).max() < 1.5
    assert np.diff(apart, axis=0).std() < 0.35, "pixels from frame to frame, where eyes are 176 apart"


def _shift(made: Picture, was: Picture, face: Face) -> tuple[float, float]:
    x, y = face.landmarks[[61, 291], :2].mean(axis=0).astype(int)
    grey = [cv2.cvtColor(one[y - 50 : y + 50, x - 50 : x + 50], cv2.COLOR_RGB2GRAY) for one in (made, was)]
    window = cv2.createHanningWindow((100, 100), cv2.CV_32F)
    right, down = cv2.phaseCorrelate(grey[0].astype(np.float32), grey[1].astype(np.float32), window)[0]
    return right, down


def test_it_is_in_the_light_of_each_frame(one: Clip) -> None:
    """The light goes up by a third, on one side of the face more than on the other."""
    across = np.linspace(0.9, 1.1, one.pictures[0].shape[1])[None, :, None]
    lit = [
        np.clip(picture * (0.75 + 0.25 * number / FRAMES) * across ** (number / 10), 0, 255).astype(np.uint8)
        for number, picture in enumerate(one.pictures)
    ]
    given = Clip(lit, one.faces)
    for made, was, face in zip(said(given, silence()), lit, one.faces, strict=True):
        for half in np.array_split(np.arange(lower(was, face).shape[1]), 2):
            apart = lower(made, face)[:, half].mean(axis=(0, 1)) - lower(was, face)[:, half].mean(axis=(0, 1))
            assert np.abs(apart).max() < 6


def test_after_a_cut_another_face_has_its_own_mouth(one: Clip, two: Clip) -> None:
    half = FRAMES // 2
    parts = Clip(one.pictures[:half], one.faces[:half]), Clip(two.pictures[half:], two.faces[half:])
    together = Clip([*parts[0].pictures, *parts[1].pictures], [*parts[0].faces, *parts[1].faces])
    alone = [picture for part in parts for picture in said(part, silence(half))]
    assert all(map(np.array_equal, said(together, silence()), alone))


def test_a_better_frame_takes_over_without_a_jump(two: Clip) -> None:
    """It speaks when the recording begins, and closes its mouth later."""
    made = said(two, silence())
    speaks = [np.abs(a.astype(int) - b).mean() for a, b in pairwise(two.pictures)]
    steps = [np.abs(a.astype(int) - b).mean() for a, b in pairwise(made)]
    assert max(steps) < max(speaks)


def test_large_frames_wait_for_fewer_others(one: Clip) -> None:
    taken = 0

    def large() -> Iterator[Seen]:
        nonlocal taken
        for _ in range(100):
            taken += 1
            yield np.zeros((2160, 3840, 3), np.uint8), None

    next(moving(large(), scene(performance(silence(100))), Silent()))
    assert taken <= 12


@pytest.mark.parametrize(
    "part",
    [
        (150, 0, 360, 288),
        (0, 0, 360, 225),
        (0, 0, 360, 190),
        (0, 0, 360, 130),
        (0, 255, 360, 288),
        (150, 220, 153, 223),
    ],
)
def test_a_face_that_is_cut_off_by_the_edge_is_no_trouble(one: Clip, part: tuple[int, int, int, int]) -> None:
    left, top, right, bottom = part
    pictures = [np.ascontiguousarray(picture[top:bottom, left:right]) for picture in one.pictures[:8]]
    faces = [replace(face, landmarks=face.landmarks - np.array([left, top, 0])) for face in one.faces[:8]]
    made = said(Clip(pictures, faces), speaking(WORDS)[:8])
    assert [picture.shape for picture in made] == [picture.shape for picture in pictures]


def test_landmarks_that_are_nowhere_leave_the_frame_as_it_is(one: Clip) -> None:
    face = replace(one.faces[0], landmarks=np.full((468, 3), 100.0))
    for faces in ([face] * 8, [*one.faces[:4], *[face] * 4]):
        made = said(Clip(one.pictures[:8], faces), speaking(WORDS)[:8])
        assert all(map(np.array_equal, made[5:], one.pictures[5:8]))
