from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from tests.vocasync import portraits
from vocasync.engines.base import EngineConfig, FaceFinder
from vocasync.engines.face.mesh import POINTS, BlazeMesh
from vocasync.engines.registry import load, readiness, spec
from vocasync.types import Face, Picture

NOSE, CHIN, EYES, LIPS = 1, 152, (33, 263), (13, 14)


def off(a: Face, b: Face) -> float:
    """The mean distance of points of two faces, as a share of the distance of the eyes."""
    return float(np.linalg.norm(a.landmarks[:, :2] - b.landmarks[:, :2], axis=1).mean() / a.inter_ocular)


def moved(picture: Picture, matrix: list[list[float]]) -> Picture:
    height, width = picture.shape[:2]
    return np.asarray(cv2.warpAffine(picture, np.array(matrix, np.float32), (width, height)), np.uint8)


def test_the_row_is_ready_and_gives_a_face_finder() -> None:
    config = EngineConfig()
    assert readiness(spec("face", "mesh"), config).ready
    assert isinstance(load("face", "mesh", config), FaceFinder)


def test_a_face_is_found_and_its_points_are_where_they_belong(finder: BlazeMesh, astronaut: Picture) -> None:
    (face,) = finder.faces(astronaut)
    assert face.landmarks.shape == (POINTS, 3)
    assert face.score > 0.9
    assert face.mesh_score > 0.95
    # read off the picture by eye
    assert np.allclose(face.landmarks[NOSE, :2], (222, 127), atol=6)
    assert np.allclose(face.landmarks[CHIN, :2], (222, 175), atol=8)
    assert np.allclose(face.landmarks[EYES[0], :2], (193, 105), atol=6)
    assert 55 < face.inter_ocular < 70
    assert face.landmarks[NOSE, 2] < face.landmarks[CHIN, 2]  # the nose is nearer to the viewer


def test_nothing_is_found_in_a_cat_a_plain_colour_or_noise(finder: BlazeMesh, shared_media: Path) -> None:
    with Image.open(shared_media / "scikit-image/chelsea.png") as cat:
        assert finder.faces(np.asarray(cat.convert("RGB"))) == ()
    assert finder.faces(np.full((64, 48, 3), 128, np.uint8)) == ()
    assert finder.faces(np.random.default_rng(7).integers(0, 255, (200, 300, 3), np.uint8)) == ()
    assert finder.faces(np.zeros((1, 1, 3), np.uint8)) == ()


@pytest.mark.parametrize("degrees", [-35, 20])
def test_a_tilted_head_is_found_with_its_points(finder: BlazeMesh, astronaut: Picture, degrees: float) -> None:
    (upright,) = finder.faces(astronaut)
    turn = cv2.getRotationMatrix2D((222, 127), degrees, 1.0)
    (tilted,) = finder.faces(np.asarray(cv2.warpAffine(astronaut, turn, (512, 512)), np.uint8))
    back = (tilted.landmarks[:, :2] - turn[:, 2]) @ np.linalg.inv(turn[:, :2]).T
    apart = np.linalg.norm(back - upright.landmarks[:, :2], axis=1).mean() / upright.inter_ocular
    assert apart < 0.04


def test_faces_that_are_small_in_the_picture_are_found_after_larger_ones(finder: BlazeMesh, astronaut: Picture) -> None:
    canvas = np.full((700, 1000, 3), 90, np.uint8)
    canvas[:512, :512] = astronaut
    canvas[60:186, 820:946] = cv2.resize(astronaut[:252, 100:352], (126, 126), interpolation=cv2.INTER_AREA)
    large, small = finder.faces(canvas)
    assert large.inter_ocular > 1.7 * small.inter_ocular
    assert small.box[0] > 820


def test_a_face_is_followed_while_it_moves_and_lost_when_it_is_gone(finder: BlazeMesh, astronaut: Picture) -> None:
    (face,) = finder.faces(astronaut)
    later = moved(astronaut, [[1, 0, 9], [0, 1, -6]])
    followed = finder.follow(later, face)
    assert followed is not None
    (found,) = finder.faces(later)
    assert off(found, followed) < 0.03
    assert finder.follow(np.full_like(astronaut, 120), face) is None


def test_many_threads_get_what_one_gets(finder: BlazeMesh, astronaut: Picture) -> None:
    mirrored = np.ascontiguousarray(astronaut[:, ::-1])
    alone = [finder.faces(picture)[0].landmarks for picture in (astronaut, mirrored)]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda n: finder.faces((astronaut, mirrored)[n % 2])[0].landmarks, range(8)))
    for number, landmarks in enumerate(together):
        assert np.array_equal(landmarks, alone[number % 2])


def test_open_and_shut_eyes_are_told_apart(finder: BlazeMesh, astronaut: Picture) -> None:
    (face,) = finder.faces(astronaut)
    assert all(0.2 < openness < 0.45 for openness in finder.eyes(astronaut, face))
    assert all(openness < 0.16 for openness in finder.eyes(portraits.shut(astronaut, face), face))
    mirrored = np.ascontiguousarray(astronaut[:, ::-1])
    (other,) = finder.faces(mirrored)
    assert finder.eyes(mirrored, other)[::-1] == pytest.approx(finder.eyes(astronaut, face), abs=0.04)
