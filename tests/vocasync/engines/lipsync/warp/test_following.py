"""Where a face lies that turned, by landmarks of a head that is made up."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from vocasync.engines.lipsync.warp.following import aside, placed
from vocasync.engines.lipsync.warp.geometry import LOWER_OUTER, UPPER_OUTER

MOUTH = [*UPPER_OUTER, *LOWER_OUTER]
PLACES = {
    33: (-45, -40, 10),
    263: (45, -40, 10),
    1: (0, 0, -30),
    234: (-70, -10, 50),
    454: (70, -10, 50),
    152: (0, 95, 0),
    148: (-10, 93, 0),
    377: (10, 93, 0),
    150: (-35, 75, 15),
    379: (35, 75, 15),
    2: (0, 15, -25),
    98: (-12, 12, -20),
    327: (12, 12, -20),
    205: (-35, 15, -10),
    425: (35, 15, -10),
}


def head() -> NDArray[np.float64]:
    """Points all over an ellipsoid, those that are asked for by name where they are in a face; in the middle of a
    picture."""
    angles = np.random.default_rng(0).uniform([-1.3, -1.4], [1.3, 1.4], (468, 2))
    points = np.stack([70 * np.sin(angles[:, 0]), 95 * np.sin(angles[:, 1]), 0 * angles[:, 0]], axis=1)
    points[:, 2] = 40 - 70 * np.cos(angles[:, 0]) * np.cos(angles[:, 1])
    points[MOUTH] = np.stack([np.linspace(-25, 25, len(MOUTH)), 45 + np.cos(np.arange(len(MOUTH))), [-15] * 22], axis=1)
    for number, place in PLACES.items():
        points[number] = place
    return points + np.array([200.0, 200.0, 0.0])


def turned(points: NDArray[np.float64], yaw: float = 0, pitch: float = 0, roll: float = 0) -> NDArray[np.float64]:
    """By degrees, around the middle of the head."""
    x, y, z = np.radians([pitch, yaw, roll])
    across = np.array([[1, 0, 0], [0, np.cos(x), -np.sin(x)], [0, np.sin(x), np.cos(x)]])
    upright = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    level = np.array([[np.cos(z), -np.sin(z), 0], [np.sin(z), np.cos(z), 0], [0, 0, 1]])
    middle = np.array([200.0, 200.0, 30.0])
    return (points - middle) @ (level @ upright @ across).T + middle


def at(affine: NDArray[np.float64], points: NDArray[np.float64]) -> NDArray[np.float64]:
    return points[:, :2] @ affine[:, :2].T + affine[:, 2]


@pytest.mark.parametrize("turn", [{"yaw": 8}, {"pitch": -8}, {"roll": 25}, {"yaw": -5, "pitch": 5, "roll": 10}])
def test_a_mouth_is_where_the_head_took_it(turn: dict[str, float]) -> None:
    now = 1.2 * turned(head(), **turn) + np.array([30, -20, 5])
    place = placed(head(), now)
    assert np.abs(at(place.affine, head()[MOUTH]) - now[MOUTH, :2]).max() < 1.0
    assert place.share == 1.0


def test_what_a_mouth_says_does_not_move_it() -> None:
    speaking = head()
    speaking[MOUTH] += [0, 12, 0]
    speaking[152] += [0, 25, 0]
    assert np.allclose(placed(head(), speaking).affine, np.eye(2, 3), atol=1e-9)


@pytest.mark.parametrize(("degrees", "least", "most"), [(15, 1.0, 1.0), (27, 0.1, 0.9), (40, 0.0, 0.0)])
def test_the_further_it_turned_away_the_less_it_is_the_same(degrees: float, least: float, most: float) -> None:
    assert least <= placed(head(), turned(head(), pitch=degrees)).share <= most


def test_a_face_that_looks_aside_is_left() -> None:
    profile = turned(head(), yaw=45)
    assert abs(aside(profile)) > 0.65 > 0.1 > abs(aside(head()))
    assert np.sign(aside(profile)) == -np.sign(aside(turned(head(), yaw=-45)))
    assert placed(profile, profile).share == 0.0


@pytest.mark.parametrize(("scale", "share"), [(1.0, 1.0), (0.15, 0.0)])
def test_so_is_one_that_is_too_small(scale: float, share: float) -> None:
    assert placed(head(), scale * head()).share == share
