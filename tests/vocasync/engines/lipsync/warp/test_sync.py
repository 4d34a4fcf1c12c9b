"""What a landmark detector sees of the frames: lips where they were told to be, when they were told to be there."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.vocasync.engines.lipsync.warp.conftest import Portrait
from tests.vocasync.engines.lipsync.warp.looks import corners_apart, lag, look, performance, scene, speaking
from vocasync.engines.face.mesh import BlazeMesh
from vocasync.engines.lipsync.warp.engine import DrawnLips
from vocasync.progress import Silent
from vocasync.types import MOUTH, FloatArray, Picture

SOUNDS = ("", "aa", "mm", "iy", "uw", "mm", "eh", "ff", "aa", "ow", "ss", "th", "", "", "aa", "mm", "uw", "")
EACH = 5
SAID = speaking(SOUNDS, EACH)


def middles(sound: str) -> NDArray[np.intp]:
    """The frames in the middle of each time that a sound is made."""
    return np.array([place * EACH + EACH // 2 for place, name in enumerate(SOUNDS) if name == sound])


def tracks(said: FloatArray) -> dict[str, FloatArray]:
    return dict(zip(MOUTH, said.T, strict=True))


def opening(said: FloatArray) -> FloatArray:
    """How far lips are to be apart, in parts of the jaw's fall; lips and jaw all have a share in that."""
    told = tracks(said)
    found = told["jaw"] + 0.28 * told["low"] + 0.24 * told["up"] + 0.18 * told["round"] - 0.17 * told["tuck"]
    return np.asarray(found, np.float32)


def widening(said: FloatArray) -> FloatArray:
    """How far corners are to be apart."""
    told = tracks(said)
    return np.asarray(told["wide"] - 1.9 * told["round"] - 0.5 * told["jaw"], np.float32)


@pytest.fixture
def spoken(lips: DrawnLips, variant: Portrait) -> list[Picture]:
    return list(lips.still(*variant, scene(performance(SAID)), Silent()))


def test_lips_open_and_close_as_told_and_when_told(finder: BlazeMesh, variant: Portrait, spoken: list[Picture]) -> None:
    seen = look(finder, variant[1], spoken)
    told = opening(SAID)
    assert np.corrcoef(told, seen.gap)[0, 1] > 0.9
    assert abs(lag(told, seen.gap)) < 0.25  # frames
    photo = look(finder, variant[1], variant[:1]).gap[0]
    shut, contact = seen.gap[middles("")], seen.gap[middles("mm")]
    # the mesh sees a gap of 2 to 5 % between lips that touch: contact is no more than that of a mouth at rest
    assert contact.max() < min(0.05, 0.7 * photo)
    assert contact.max() <= shut.min()
    assert seen.gap.max() > contact.max() + 0.08
    assert np.corrcoef(widening(SAID), corners_apart(variant[1], spoken))[0, 1] > 0.9


def test_a_detector_says_so_too_of_the_photo_as_it_is(finder: BlazeMesh, lips: DrawnLips, speaker: Portrait) -> None:
    seen = look(finder, speaker[1], lips.still(*speaker, scene(performance(SAID)), Silent()))
    assert np.corrcoef(opening(SAID), seen.gap)[0, 1] > 0.94
    assert np.corrcoef(widening(SAID), seen.width)[0, 1] > 0.84


def test_a_mouth_is_still_while_nothing_is_said(lips: DrawnLips, portrait: Portrait) -> None:
    silence = np.zeros((6, len(MOUTH)), np.float32)
    frames = list(lips.still(*portrait, scene(performance(silence)), Silent()))
    assert all(np.array_equal(frame, frames[0]) for frame in frames)
    assert not np.array_equal(frames[0], portrait[0]), "it was open in the photo, and is shut"


def test_teeth_of_a_smile_are_kept(lips: DrawnLips, astronaut: Portrait) -> None:
    picture, face = astronaut
    (frame,) = lips.still(picture, face, scene(performance(SAID[middles("aa")[:1]])), Silent())
    at = face.landmarks[[13, 14], :2].mean(0)
    left, top = (at - [8, 3]).round().astype(int)
    own, now = (one[top : top + 5, left : left + 16].astype(float).mean(2) for one in (picture, frame))
    assert np.corrcoef(own.ravel(), now.ravel())[0, 1] > 0.7


def test_a_photo_without_colours_gets_none(lips: DrawnLips, finder: BlazeMesh, speaker: Portrait) -> None:
    grey = np.repeat(speaker[0].mean(2, keepdims=True), 3, axis=2).astype(np.uint8)
    frames = list(lips.still(grey, finder.faces(grey)[0], scene(performance(SAID)), Silent()))
    assert max(int(np.ptp(frame.astype(int), axis=2).max()) for frame in frames) <= 1


def test_an_open_mouth_is_dark_behind_its_teeth(lips: DrawnLips, speaker: Portrait) -> None:
    picture, face = speaker
    shut, wide = lips.still(picture, face, scene(performance(SAID[[2, middles("aa")[0]]])), Silent())
    column, top = face.landmarks[13, :2].round().astype(int)
    bottom = top + round(0.25 * face.inter_ocular)
    resting, deep = (one[top:bottom, column - 6 : column + 7].mean((1, 2)).min() for one in (shut, wide))
    assert deep < 0.5 * resting
