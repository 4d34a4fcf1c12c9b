"""Where the crop of a face lies, and how what was made comes back into the frame."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from tests.vocasync.engines.lipsync.makers import HEIGHT, WIDTH, head, noise, scene
from vocasync.engines.lipsync.crops import Crop, Placed, Seen, cut, extent, pasted, placements, spoken
from vocasync.progress import Silent
from vocasync.types import Picture

SILENCE = np.zeros(0, np.float32)
FLAT = {"pad_bottom": 0.0}


class Painter:
    """Paints everything in one colour, and keeps what it was given."""

    side = 32

    def __init__(self) -> None:
        self.given: list[Sequence[Crop]] = []

    def paint(self, crops: Sequence[Crop], told: Callable[[float], None]) -> list[Picture]:
        self.given.append(crops)
        return [np.full((self.side, self.side, 3), 200, np.uint8) for _ in crops]


def placed(frames: Sequence[Seen], **options: float) -> list[Placed]:
    return list(placements(iter(frames), scene(SILENCE, len(frames), **{**FLAT, **options})))


def lefts(frames: Sequence[Placed]) -> list[int]:
    return [one.box[0] for one in frames if one.box]


def test_a_box_goes_around_the_landmarks() -> None:
    assert extent(head(160, 120, 60)).tolist() == [100, 30, 220, 210]
    assert [one.box for one in placed([(noise(), head(160, 120, 60))])] == [(100, 30, 220, 210)]


def test_pads_are_added_to_each_side() -> None:
    given = [(noise(), head(160, 120, 40))]
    (found,) = placed(given, pad_top=1, pad_bottom=2, pad_left=3, pad_right=-4)
    assert found.box == (120 - 3, 60 - 1, 200 - 4, 180 + 2)


def test_it_is_averaged_over_the_frames_around() -> None:
    shaken = [(noise(), head(160 + (2 if number % 2 else -2))) for number in range(20)]
    assert lefts(placed(shaken, smoothing=1)) == [98, 102] * 10
    assert set(lefts(placed(shaken, smoothing=5))[3:-3]) <= {99, 100, 101}


def test_a_steady_walk_is_followed_without_delay() -> None:
    walk = [(noise(), head(100 + 4 * number)) for number in range(20)]
    assert lefts(placed(walk, smoothing=5))[4:-4] == [40 + 4 * number for number in range(4, 16)]


def test_it_is_not_averaged_over_a_cut() -> None:
    jump = [(noise(), head(70))] * 6 + [(noise(), head(240))] * 6
    found = placed(jump, smoothing=9)
    assert lefts(found) == [10] * 6 + [180] * 6
    assert len({one.shot for one in found}) == 2


def test_nor_over_frames_without_a_face() -> None:
    given = [(noise(), head(90)), (noise(), None), (noise(), head(110))]
    assert [one.box and one.box[0] for one in placed(given, smoothing=5)] == [30, None, 50]


def test_a_face_at_the_edge_is_cut_off_there() -> None:
    (found,) = placed([(noise(), head(10, 230, 60))])
    assert found.box == (0, 140, 70, HEIGHT)


@pytest.mark.parametrize("face", [head(160, 120, 5), head(-70, 120, 60), head(160, 400, 60)])
def test_a_face_that_is_tiny_or_outside_is_none(face: object) -> None:
    (found,) = placed([(noise(), face)])  # type: ignore[list-item]
    assert found.box is None


def test_the_upper_half_and_the_rim_stay_and_the_mouth_is_the_new_one() -> None:
    picture = noise()
    made = pasted(picture, (100, 40, 220, 200), np.full((96, 96, 3), 200, np.uint8))
    assert np.array_equal(made[:107], picture[:107]), "down to 42 in a hundred of the face"
    assert (made[125:188, 112:208] == 200).all()
    assert np.array_equal(made[:, :100], picture[:, :100])
    assert np.abs(made[150, 100].astype(int) - picture[150, 100]).max() < 20, "the edge is soft"
    assert np.array_equal(picture, noise())


def test_what_is_cut_and_put_back_is_what_it_was() -> None:
    smooth = np.stack([np.tile(np.linspace(0, 255, WIDTH), (HEIGHT, 1))] * 3, axis=2).astype(np.uint8)
    box = (100, 40, 220, 200)
    assert np.abs(pasted(smooth, box, cut(smooth, box, 96)).astype(int) - smooth).max() <= 2


def test_a_network_is_given_batches_and_how_the_shot_began() -> None:
    painter = Painter()
    given = [(noise(number), head(90 if number < 5 else 240)) for number in range(9)]
    given[3] = (noise(3), None)
    made = list(spoken(given, scene(SILENCE, 9, batch=4), painter, lambda number: np.full(1, number), Silent()))
    assert [len(crops) for crops in painter.given] == [3, 4, 1]
    crops = [crop for crops in painter.given for crop in crops]
    assert [int(crop.sound[0]) for crop in crops] == [0, 1, 2, 4, 5, 6, 7, 8]
    firsts = [crop.first for crop in crops]
    assert all(first is firsts[0] for first in firsts[:3])
    assert firsts[3] is crops[3].pixels, "after a frame without a face the shot is another one"
    assert all(first is crops[4].pixels for first in firsts[4:])
    assert np.array_equal(made[3], noise(3))
