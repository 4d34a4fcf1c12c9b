"""Frames shot by shot, and faces that do not tremble."""

from __future__ import annotations

import numpy as np

from tests.vocasync.engines.lipsync.makers import head, noise
from vocasync.engines.lipsync.crops import Seen
from vocasync.engines.lipsync.warp.shots import Frame, steadied
from vocasync.types import Picture

DARK, LIGHT = (np.full((240, 320, 3), level, np.uint8) for level in (40, 160))


def shots(frames: list[Seen]) -> list[int]:
    return [frame.shot for frame in steadied(iter(frames))]


def walking(picture: Picture, number: int, far: float = 3.0) -> list[Seen]:
    return [(picture, head(100 + far * place)) for place in range(number)]


def middles(frames: list[Frame]) -> list[float]:
    return [float(frame.face.landmarks[:, 0].mean()) for frame in frames if frame.face is not None]


def test_every_frame_comes_once_and_in_its_order() -> None:
    given = [(noise(number), None if number % 3 else head()) for number in range(12)]
    made = list(steadied(iter(given)))
    assert [frame.number for frame in made] == list(range(12))
    assert all(frame.picture is picture for frame, (picture, _) in zip(made, given, strict=True))
    assert [frame.face is None for frame in made] == [face is None for _, face in given]


def test_nothing_comes_of_nothing() -> None:
    assert not list(steadied(iter(())))


def test_a_picture_that_is_all_other_is_another_shot() -> None:
    assert shots(walking(DARK, 5) + walking(LIGHT, 5) + walking(DARK, 5)) == [0] * 5 + [1] * 5 + [2] * 5


def test_so_is_a_face_that_is_elsewhere_at_once() -> None:
    assert shots([(DARK, head(80))] * 4 + [(DARK, head(250))] * 4) == [0] * 4 + [1] * 4


def test_so_is_another_face_in_the_same_place_and_light() -> None:
    one, two = DARK.copy(), DARK.copy()
    one[100:140, 110:210] = 60
    two[60:90, 130:190] = 20
    assert shots([(one, head(160 + number)) for number in range(4)] + [(two, head())] * 4) == [0] * 4 + [1] * 4


def test_a_face_that_is_not_seen_for_a_while_comes_back_in_the_same_shot() -> None:
    assert shots([(DARK, head())] * 3 + [(DARK, None)] * 5 + [(DARK, head(165))] * 3) == [0] * 11


def test_a_head_that_moves_is_followed_without_delay() -> None:
    steps = [100 + 0.8 * (number - 8) ** 2 for number in range(16)]
    made = list(steadied((DARK, head(step)) for step in steps))
    assert np.allclose(middles(made), steps, atol=1e-3)


def test_trembling_is_taken_from_it() -> None:
    shaken = 160 + np.random.default_rng(0).normal(0, 1, 200)
    made = middles(list(steadied((DARK, head(step)) for step in shaken)))
    assert np.std(made) < 0.7
    assert abs(np.mean(made) - np.mean(shaken)) < 0.05


def test_nothing_is_mixed_over_a_cut() -> None:
    made = list(steadied(iter([(DARK, head(150))] * 5 + [(LIGHT, head(170))] * 5)))
    assert np.allclose(middles(made), [150] * 5 + [170] * 5, atol=1e-3)
