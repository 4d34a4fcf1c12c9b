"""What comes out whatever a face does: so many frames, of that size, and only what is told changes."""

from __future__ import annotations

import numpy as np
import pytest

from tests.vocasync.engines.lipsync.warp.conftest import Portrait
from tests.vocasync.engines.lipsync.warp.looks import mouth, performance, scene, speaking
from vocasync.engines import registry
from vocasync.engines.base import EngineConfig, LipSync
from vocasync.engines.face.mesh import BlazeMesh
from vocasync.engines.lipsync.warp.engine import DrawnLips
from vocasync.errors import Cancelled
from vocasync.progress import Silent
from vocasync.types import HEAD, MOUTH, Face, FloatArray, Performance, Picture

NOTHING = np.zeros((1, len(MOUTH)), np.float32)
SAID = speaking(["", "aa", "mm", "uw", "iy", "ff", "th", ""], each=3)


def made(lips: DrawnLips, portrait: Portrait, told: Performance) -> list[Picture]:
    return list(lips.still(*portrait, scene(told), Silent()))


def held(frames: int, most: float) -> FloatArray:
    """A head that sways from how it was to as far as it goes and back."""
    sway = np.sin(np.linspace(0, np.pi, frames)) * most
    return np.outer(sway, np.linspace(0.5, 1.0, len(HEAD))).astype(np.float32)


def everything(frames: FloatArray) -> Performance:
    """All movements at once."""
    sway = np.sin(np.linspace(0, np.pi, len(frames))).astype(np.float32)
    return performance(frames, blink=sway, head=held(len(frames), 0.05), brows=sway, smile=-sway, shut=sway)


def test_the_row_is_ready_and_gives_a_lip_sync() -> None:
    config = EngineConfig()
    assert registry.readiness(registry.spec("lipsync", "warp"), config).ready
    loaded = registry.load("lipsync", "warp", config)
    assert isinstance(loaded, LipSync)
    assert loaded.name == "warp"


def test_who_does_nothing_is_the_photo_to_the_bit(lips: DrawnLips, variant: Portrait) -> None:
    (frame,) = made(lips, variant, performance(NOTHING, shut=0.0))
    assert np.array_equal(frame, variant[0])


def test_the_photo_is_left_alone_and_comes_back(lips: DrawnLips, portrait: Portrait) -> None:
    before = portrait[0].copy()
    ends = np.concatenate([NOTHING, SAID, NOTHING])
    frames = made(lips, portrait, everything(ends))
    assert len(frames) == len(ends)
    assert np.array_equal(portrait[0], before)
    assert np.array_equal(frames[0], before)
    assert np.array_equal(frames[-1], before), "eyes, head and mouth are as they were"
    assert not np.array_equal(frames[len(frames) // 2], before)


def test_nothing_beyond_the_face_changes_while_it_speaks(lips: DrawnLips, variant: Portrait) -> None:
    picture, face = variant
    points = face.landmarks[:, :2]
    left, top = points.min(0) - 0.5 * face.inter_ocular
    right, bottom = points.max(0) + np.array([0.5, 1.5]) * face.inter_ocular  # the chin slides over the neck
    down, across = np.indices(picture.shape[:2])
    outside = (across < left) | (across > right) | (down < top) | (down > bottom)
    assert outside.mean() > 0.25
    blinking = np.linspace(0, 1, len(SAID), dtype=np.float32)
    for frame in made(lips, variant, performance(SAID, blink=blinking, brows=1.0, smile=1.0)):
        assert np.array_equal(frame[outside], picture[outside])


def test_a_head_that_moves_leaves_the_border_where_it_is(lips: DrawnLips, portrait: Portrait) -> None:
    picture = portrait[0]
    frame = made(lips, portrait, performance(NOTHING, head=np.full((1, len(HEAD)), 0.05, np.float32), shut=0.0))[0]
    changed = np.abs(frame.astype(int) - picture)
    assert changed.max() > 40
    assert max(changed[0].max(), changed[:, 0].max(), changed[:, -1].max()) <= 2


def test_the_same_again_is_the_same(lips: DrawnLips, portrait: Portrait) -> None:
    one, two = (made(lips, portrait, everything(SAID)) for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))


@pytest.mark.parametrize("cut", [(0, 0, 1, 1), (1, 0, 0, 1), (60, 40, 0, 3)])
def test_odd_sizes_come_out_as_they_went_in(
    lips: DrawnLips, finder: BlazeMesh, speaker: Portrait, cut: tuple[int, int, int, int]
) -> None:
    top, left, bottom, right = cut
    whole = speaker[0]
    picture = whole[top : whole.shape[0] - bottom, left : whole.shape[1] - right]
    frames = made(lips, (picture, finder.faces(picture)[0]), everything(SAID))
    assert {(frame.shape, frame.dtype) for frame in frames} == {(picture.shape, np.dtype(np.uint8))}


@pytest.mark.parametrize("side", ["left", "right", "top", "bottom"])
def test_a_face_at_the_edge_of_its_photo_speaks(lips: DrawnLips, astronaut: Portrait, side: str) -> None:
    whole, face = astronaut
    picture, cut = _at_the_edge(whole, face, side)
    moved = Face(face.box, face.score, face.landmarks - [*cut, 0], face.mesh_score)
    frames = made(lips, (picture, moved), everything(np.concatenate([NOTHING, SAID])))
    assert np.array_equal(frames[0], picture)
    assert {frame.shape for frame in frames} == {picture.shape}
    lips_at = moved.landmarks[[13, 14], :2].mean(0).round().astype(int)
    opened = np.abs(frames[5].astype(int) - picture)[lips_at[1] - 4 : lips_at[1] + 5, lips_at[0] - 4 : lips_at[0] + 5]
    assert opened.max() > 40


def _at_the_edge(whole: Picture, face: Face, side: str) -> tuple[Picture, tuple[int, int]]:
    """The photo cut so closely on one side that the face ends there, and how far its corner went right and down."""
    (left, top), (right, bottom) = (edge.astype(int) for edge in (face.landmarks.min(0)[:2], face.landmarks.max(0)[:2]))
    if side == "left":
        return whole[:, left + 2 :], (left + 2, 0)
    if side == "top":
        return whole[top + 2 :], (0, top + 2)
    return (whole[:, : right - 2] if side == "right" else whole[: bottom - 2]), (0, 0)


def test_whoever_listens_is_told_and_can_end_it(lips: DrawnLips, speaker: Portrait) -> None:
    class Listener:
        def __init__(self) -> None:
            self.told: list[float] = []

        def report(self, fraction: float, note: str = "") -> None:
            self.told.append(fraction)

        def check(self) -> None:
            if len(self.told) == 4:
                raise Cancelled

    patient, hasty = Listener(), Listener()
    list(lips.still(*speaker, scene(performance(SAID[:4])), patient))
    assert patient.told == [0.25, 0.5, 0.75, 1.0]
    with pytest.raises(Cancelled):
        list(lips.still(*speaker, scene(performance(SAID[:8])), hasty))
    assert len(hasty.told) == 4


def test_what_is_told_beyond_all_bounds_is_still_a_picture(lips: DrawnLips, portrait: Portrait) -> None:
    wild = performance(
        np.repeat(mouth("aa")[None] * 2, 2, axis=0), blink=1.5, head=held(2, 0.3), brows=2.0, smile=2.0, shut=1.0
    )
    assert len(made(lips, portrait, wild)) == 2  # a number that is none would be a warning, and warnings are errors
