"""Eyes, brows, smiles and heads, as a landmark detector sees them."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.vocasync.engines.lipsync.warp.conftest import Portrait
from tests.vocasync.engines.lipsync.warp.looks import EyeContours, followed, look, mouth, performance, scene
from vocasync.engines.face.mesh import BlazeMesh
from vocasync.engines.lipsync.warp.engine import DrawnLips
from vocasync.progress import Silent
from vocasync.types import HEAD, MOUTH, FloatArray, Performance, Picture


def made(lips: DrawnLips, portrait: Portrait, told: Performance) -> list[Picture]:
    return list(lips.still(*portrait, scene(told), Silent()))


def quiet(frames: int) -> FloatArray:
    return np.zeros((frames, len(MOUTH)), np.float32)


@pytest.fixture(scope="module")
def eyes() -> EyeContours:
    return EyeContours()


def test_eyes_shut_in_a_blink_and_open_again(lips: DrawnLips, eyes: EyeContours, variant: Portrait) -> None:
    lids = np.array([0, 0.45, 1, 0.45, 0], np.float32)
    frames = made(lips, variant, performance(quiet(5), blink=lids, shut=0.0))
    open_, half, shut, *_ = (eyes.openness(frame, variant[1]) for frame in frames)
    assert shut < 0.65 * open_
    assert shut < half < open_
    assert np.array_equal(frames[1], frames[3])
    assert np.array_equal(frames[4], variant[0])


def risen(portrait: Portrait, frames: list[Picture], numbers: list[int]) -> NDArray[np.float64]:
    """How far the skin at these landmarks has gone up since the first frame, the mean in distances of the eyes."""
    face = portrait[1]
    gone = followed(face, face.landmarks[numbers, :2], frames)
    line = face.landmarks[263, :2] - face.landmarks[33, :2]
    up = np.array([line[1], -line[0]]) / np.linalg.norm(line)
    return np.asarray(((gone - gone[0]) @ up).mean(1) / face.inter_ocular)


def test_brows_rise_and_furrow(lips: DrawnLips, variant: Portrait) -> None:
    told = performance(quiet(3), brows=np.array([0, 1, -1], np.float32), shut=0.0)
    frames = made(lips, variant, told)
    _, raised, furrowed = risen(variant, frames, [105, 334, 65, 295])
    assert raised > 0.04
    assert furrowed < -0.01


def test_corners_go_up_in_a_smile_and_down_in_sorrow(lips: DrawnLips, finder: BlazeMesh, variant: Portrait) -> None:
    told = performance(quiet(3), smile=np.array([0, 1, -1], np.float32))
    frames = made(lips, variant, told)
    rest, glad, sad = look(finder, variant[1], frames).corners
    assert glad > rest + 0.01
    assert sad < rest - 0.004
    _, up, down = risen(variant, frames, [61, 291])
    assert up > 0.02
    assert down < -0.012


def test_a_smile_lifts_the_cheeks_and_a_falling_jaw_draws_them_down(lips: DrawnLips, variant: Portrait) -> None:
    mouths = np.stack([mouth(""), mouth(""), mouth("aa")])
    frames = made(lips, variant, performance(mouths, smile=np.array([0, 1, 0], np.float32)))
    _, glad, speaking = risen(variant, frames, [205, 425])
    assert glad > 0.01
    assert speaking < -0.002


def test_a_head_goes_where_it_is_told(lips: DrawnLips, finder: BlazeMesh, variant: Portrait) -> None:
    face = variant[1]
    amounts = {"yaw": 0.06, "pitch": 0.06, "roll": 0.06, "right": 0.06, "down": 0.06}
    head = np.array(
        [[amount if name == told else 0.0 for name in HEAD] for told, amount in amounts.items()], np.float32
    )
    frames = made(lips, variant, performance(quiet(len(head)), head=head, shut=0.0))
    moved = {}
    for name, frame in zip(amounts, frames, strict=True):
        found = finder.follow(frame, face)
        assert found is not None
        moved[name] = (found.landmarks - face.landmarks)[:, :2] / face.inter_ocular
    line = face.landmarks[263, :2] - face.landmarks[33, :2]
    across = line / np.linalg.norm(line)
    down = np.array([-across[1], across[0]])
    assert np.allclose(moved["right"].mean(0), [0.06, 0], atol=0.02)
    assert np.allclose(moved["down"].mean(0), [0, 0.06], atol=0.02)
    assert (moved["yaw"][1] - moved["yaw"][[234, 454]].mean(0)) @ across > 0.005, "the nose goes further than the ears"
    assert (moved["pitch"][1] - moved["pitch"][10]) @ down > 0.0, "and further down than the brow"
    assert (moved["roll"][263] - moved["roll"][33]) @ down > 0.02, "one eye goes down, the other up"
