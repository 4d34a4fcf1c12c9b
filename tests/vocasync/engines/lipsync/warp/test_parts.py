"""The parts by themselves, on what they can be asked exactly."""

from __future__ import annotations

import numpy as np
import pytest

from tests.vocasync.engines.lipsync.warp.conftest import Portrait
from vocasync.engines.lipsync.warp.bases import BASES, face_box, face_fields
from vocasync.engines.lipsync.warp.fields import Grid, Inverter, splined
from vocasync.engines.lipsync.warp.geometry import LOWER_INNER, UPPER_INNER, Axes, Box, around, axes_of, smoothstep
from vocasync.engines.lipsync.warp.interior import palette
from vocasync.engines.lipsync.warp.lips import COUNT, read_lips
from vocasync.types import Face, Picture

TILTED = Axes(np.array([40.0, 30.0]), np.array([0.8, 0.6]), np.array([-0.6, 0.8]), 25.0)


def drawn(face: Face, picture: Picture, rise: float) -> tuple[Picture, Face, Axes]:
    """The picture with skin painted over its mouth and a dark line drawn there, ``rise`` mouth units above where the
    landmarks have lips that touch."""
    axes = axes_of(face.landmarks)
    points = face.landmarks.copy()
    upper, lower = list(UPPER_INNER[1:-1]), list(LOWER_INNER[1:-1])
    middle = (points[upper, :2] + points[lower, :2]) / 2
    points[upper, :2] = points[lower, :2] = middle
    down, across = np.indices(picture.shape[:2])
    local = axes.local(np.stack([across, down], -1).astype(np.float64))
    lips = axes.local(np.concatenate([points[[61], :2], middle, points[[291], :2]]))
    line = np.interp(local[..., 0], lips[:, 0], lips[:, 1]) - rise
    near = np.exp(-(((local[..., 1] - line) / 0.02) ** 2)) * (np.abs(local[..., 0]) < 0.6)
    painted = (170 - 110 * near)[..., None].repeat(3, axis=2)
    return painted.astype(np.uint8), Face(face.box, face.score, points, face.mesh_score), axes


def test_axes_go_there_and_back() -> None:
    points = np.array([[40.0, 30.0], [60.0, 45.0], [3.5, -7.0]])
    assert np.allclose(TILTED.local(points)[:2], [[0, 0], [1, 0]])
    assert np.allclose(TILTED.pixels(TILTED.local(points)), points)
    assert np.allclose(TILTED.turned(np.array([0.0, 2.0])), [-30, 40])


def test_boxes_hold_their_points_and_stay_in_the_picture() -> None:
    box = around(np.array([[1.2, 3.8], [-4.0, 9.0]]))
    assert box == Box(-4, 3, 2, 9)
    assert box.within(Box(0, 0, 50, 8)) == Box(0, 3, 2, 8)
    assert box.seen_from(Box(-10, 1, 50, 50)) == Box(6, 2, 12, 8)
    assert not box.within(Box(20, 20, 30, 30)).width


def test_smoothstep_is_level_at_both_ends() -> None:
    assert smoothstep(1, 3, np.array([0, 1, 2, 3, 4])).tolist() == [0, 0, 0.5, 1, 1]


def test_splines_go_through_their_points_and_count_doubles_once() -> None:
    random = np.random.default_rng(3)
    points = random.uniform(-1, 1, (40, 2))
    values = np.stack([points @ [0.3, -0.2] + 0.1, np.sin(points[:, 0])], 1)
    twice, again = np.concatenate([points, points[:5]]), np.concatenate([values, values[:5]])
    assert np.allclose(splined(twice, again, points), values, atol=0.01)


def test_pixels_come_from_where_others_went() -> None:
    grid = Grid.over(Box(10, 20, 210, 170), 4.0)
    across, down = np.moveaxis(grid.nodes(), -1, 0)
    moves = np.stack([6 * np.sin(down / 30), 9 * np.sin(across / 40)], -1).astype(np.float32)
    back = Inverter(grid)(moves)
    x, y = across + back[..., 0], down + back[..., 1]
    there = np.stack([x + 6 * np.sin(y / 30), y + 9 * np.sin(x / 40)], -1)
    inside = np.s_[4:-4, 4:-4]
    assert np.abs(there - grid.nodes())[inside].max() < 0.2


def test_a_part_of_a_field_is_what_the_whole_has_there() -> None:
    grid = Grid.over(Box(5, 7, 105, 87), 5.0)
    field = grid.nodes().astype(np.float32)
    part = Box(30, 40, 51, 60)
    whole = grid.spread(field)[part.seen_from(grid.box).slices]
    assert np.allclose(grid.part(field, part), whole, atol=0.1)
    assert np.allclose(whole[0, 0], [30, 40], atol=0.1)


@pytest.mark.parametrize("rise", [-0.04, 0.0, 0.04])
def test_the_line_of_shut_lips_is_the_darkest(speaker: Portrait, rise: float) -> None:
    picture, face, axes = drawn(speaker[1], speaker[0], rise)
    lips = read_lips(picture, face, axes)
    assert not lips.parted
    assert np.array_equal(lips.upper, lips.lower)
    meant, found = (axes.local(points) for points in (face.landmarks[13], lips.upper[COUNT // 2]))
    assert found[1] == pytest.approx(meant[1] - rise, abs=0.012)


def test_parted_lips_have_two_edges_that_meet_at_the_corners(portrait: Portrait) -> None:
    picture, face = portrait
    lips = read_lips(picture, face, axes_of(face.landmarks))
    assert lips.parted
    assert lips.teeth > 0.1
    assert np.allclose(lips.upper[[0, -1]], lips.lower[[0, -1]])
    assert np.all((lips.lower - lips.upper)[8:-8, 1] > 0)


def test_movements_do_not_fold_the_skin(variant: Portrait) -> None:
    picture, face = variant
    axes = axes_of(face.landmarks)
    lips = read_lips(picture, face, axes)
    box = face_box(picture, face, axes)
    grid = Grid.over(box, axes.scale / 30)
    fields = face_fields(picture, face, axes, lips, grid)
    column, row = 1 / grid.per_pixel()
    line = axes.pixels(np.array([0.0, 0.0]))[1]
    below = (grid.nodes()[..., 1] > line).astype(bool)
    for half, own in (("upper", ~below), ("lower", below)):
        for name, moves in zip(BASES, fields[half], strict=True):
            right, down = np.gradient(moves, axis=1) / column, np.gradient(moves, axis=0) / row
            area = (1 + right[..., 0]) * (1 + down[..., 1]) - right[..., 1] * down[..., 0]
            assert area[own].min() > 0.05, f"{name} folds the {half} half"


def test_colours_of_a_mouth_follow_the_light_on_its_face(astronaut: Portrait) -> None:
    picture, face = astronaut
    bright, dim = palette(picture, face), palette((picture * 0.5).astype(np.uint8), face)
    for name in ("teeth", "tongue", "deep", "flesh"):
        assert getattr(dim, name).sum() < getattr(bright, name).sum()
    assert bright.teeth.min() > bright.tongue.min() > bright.deep.min()
    grey = palette(np.repeat(picture.mean(2, keepdims=True), 3, axis=2).astype(np.uint8), face)
    assert all(np.ptp(colour) == 0 for colour in (grey.teeth, grey.tongue, grey.deep, grey.flesh))
