"""Faces cut out of the frames of a video, given to a network in batches, and put back.

A frame's box is the mean of those around it within the same shot, so that the crop does not tremble as landmarks do; it
is not drawn over cuts. The network makes the lower half of a crop, and only that is put back, with a soft edge: what it
was shown is sharper in the frame. Frames wait for no more than a batch and half of what is averaged over.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from vocasync.engines.base import Scene
from vocasync.engines.lipsync.settings import BATCH, PAD_BOTTOM, PAD_LEFT, PAD_RIGHT, PAD_TOP, SMOOTHING
from vocasync.progress import Progress
from vocasync.types import Face, FloatArray, Picture

Box = tuple[int, int, int, int]
"""Left, top, right, bottom, in pixels; inside the frame."""

Seen = tuple[Picture, Face | None]

_LEAST = 16  # pixels of a side: a face that is smaller has no mouth to speak of
_SAME = 0.3  # overlap of the boxes of one face in consecutive frames
_UNTOUCHED, _MADE = 0.42, 0.50  # of the height: from where on the network's picture begins to show, and shows alone
_SIDE, _FOOT = 0.08, 0.06  # of the width and the height: how soft the other edges are


@dataclass(frozen=True, slots=True)
class Crop:
    """What a network is given of a frame, both RGB of its own size. first: the same of the shot's first frame."""

    pixels: Picture
    first: Picture
    sound: FloatArray


class Painter(Protocol):
    """A network with a mouth. side: pixels of its pictures, in both directions."""

    side: int

    def paint(self, crops: Sequence[Crop], told: Callable[[float], None]) -> list[Picture]:
        """The crops with a mouth that says what is heard. told: how much of that is done; may raise."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A frame and where its face is: None where it has none. shot: which one it belongs to."""

    picture: Picture
    box: Box | None
    shot: int


def spoken(
    frames: Iterable[Seen], scene: Scene, painter: Painter, hear: Callable[[int], FloatArray], progress: Progress
) -> Iterator[Picture]:
    """The frames with their faces speaking, each once. hear: what is heard in a frame, by its number.

    Frames without a face come out as they are.
    """
    size = round(BATCH.value(scene.options))
    shots = _Shots(painter.side)
    waiting: list[tuple[Placed, Crop | None]] = []
    done = 0
    for number, placed in enumerate(placements(frames, scene)):
        progress.check()
        waiting.append((placed, shots.crop(placed, hear, number)))
        if len(waiting) == size:
            yield from _painted(waiting, painter, _Told(progress, done, scene.frames, size))
            done += size
            waiting = []
    yield from _painted(waiting, painter, _Told(progress, done, scene.frames, len(waiting)))


@dataclass(frozen=True, slots=True)
class _Told:
    """Passes on how far a batch is."""

    progress: Progress
    done: int
    frames: int
    size: int

    def __call__(self, fraction: float) -> None:
        self.progress.check()
        self.progress.report(min(1.0, (self.done + fraction * self.size) / max(1, self.frames)))


class _Shots:
    """Remembers how each shot began."""

    def __init__(self, side: int) -> None:
        self._side = side
        self._shot, self._first = -1, np.zeros((side, side, 3), np.uint8)

    def crop(self, placed: Placed, hear: Callable[[int], FloatArray], number: int) -> Crop | None:
        if placed.box is None:
            return None
        pixels = cut(placed.picture, placed.box, self._side)
        if placed.shot != self._shot:
            self._shot, self._first = placed.shot, pixels
        return Crop(pixels, self._first, hear(number))


def _painted(
    waiting: Sequence[tuple[Placed, Crop | None]], painter: Painter, told: Callable[[float], None]
) -> Iterator[Picture]:
    crops = [crop for _, crop in waiting if crop is not None]
    made = iter(painter.paint(crops, told) if crops else [])
    for number, (placed, crop) in enumerate(waiting):
        if crop is None or placed.box is None:
            yield placed.picture
        else:
            yield pasted(placed.picture, placed.box, next(made))
        if number == len(waiting) - 1:
            told(1.0)


# --- where it is ------------------------------------------------------------------------------------------------------
def placements(frames: Iterable[Seen], scene: Scene) -> Iterator[Placed]:
    """Each frame with the box of its face, steadied over ``smoothing`` frames."""
    half = round(SMOOTHING.value(scene.options)) // 2
    past: deque[_Raw] = deque(maxlen=half)
    coming: deque[tuple[Picture, _Raw]] = deque()
    for picture, raw in _found(frames, _pads(scene)):
        coming.append((picture, raw))
        if len(coming) > half:
            yield _steadied(past, coming)
            past.append(coming.popleft()[1])
    while coming:
        yield _steadied(past, coming)
        past.append(coming.popleft()[1])


@dataclass(frozen=True, slots=True)
class _Raw:
    """Where a frame's landmarks lie, shape (4,): None for no face."""

    box: NDArray[np.float64] | None
    shot: int


def _steadied(past: Iterable[_Raw], coming: Sequence[tuple[Picture, _Raw]]) -> Placed:
    picture, now = coming[0]
    if now.box is None:
        return Placed(picture, None, now.shot)
    around = [*past, *(raw for _, raw in coming)]
    mean = np.mean([raw.box for raw in around if raw.box is not None and raw.shot == now.shot], axis=0)
    return Placed(picture, _inside(mean, picture), now.shot)


def _found(frames: Iterable[Seen], pads: NDArray[np.float64]) -> Iterator[tuple[Picture, _Raw]]:
    before, shot = None, 0
    for picture, face in frames:
        box = None if face is None else extent(face) + pads
        if before is not None and (box is None or overlap(before, box) < _SAME):
            shot += 1
        before = box
        yield picture, _Raw(box, shot)


def extent(face: Face) -> NDArray[np.float64]:
    """The box around a face's landmarks, from hairline to chin and cheek to cheek: left, top, right, bottom."""
    points = face.landmarks[:, :2]
    return np.concatenate([points.min(axis=0), points.max(axis=0)])


def _pads(scene: Scene) -> NDArray[np.float64]:
    left, top, right, bottom = (pad.value(scene.options) for pad in (PAD_LEFT, PAD_TOP, PAD_RIGHT, PAD_BOTTOM))
    return np.array([-left, -top, right, bottom])


def overlap(one: NDArray[np.float64], two: NDArray[np.float64]) -> float:
    """Of two boxes, what they share of what they cover together: 0 to 1."""
    sides = np.minimum(one[2:], two[2:]) - np.maximum(one[:2], two[:2])
    shared = float(np.prod(np.maximum(0.0, sides)))
    return shared / max(1e-9, float(np.prod(one[2:] - one[:2]) + np.prod(two[2:] - two[:2])) - shared)


def _inside(box: NDArray[np.float64], picture: Picture) -> Box | None:
    height, width = picture.shape[:2]
    left, top, right, bottom = np.round(np.clip(box, 0, [width, height, width, height])).astype(int).tolist()
    return (left, top, right, bottom) if min(right - left, bottom - top) >= _LEAST else None


# --- out and back in --------------------------------------------------------------------------------------------------
def cut(picture: Picture, box: Box, side: int) -> Picture:
    """What is in the box, as a square of ``side`` pixels."""
    left, top, right, bottom = box
    return _resized(picture[top:bottom, left:right], side, side)


def pasted(picture: Picture, box: Box, made: Picture) -> Picture:
    """The frame with the lower half of what was made in the box; what is outside stays as it is."""
    left, top, right, bottom = box
    width, height = right - left, bottom - top
    whole = picture.copy()
    under = whole[top:bottom, left:right].astype(np.float32)
    share = _share(height, width)[..., None]
    mixed = under + share * (_resized(made, width, height).astype(np.float32) - under)
    whole[top:bottom, left:right] = np.clip(np.rint(mixed), 0, 255).astype(np.uint8)
    return whole


def _resized(picture: Picture, width: int, height: int) -> Picture:
    smaller = width * height < picture.shape[0] * picture.shape[1]
    how = cv2.INTER_AREA if smaller else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(picture, (width, height), interpolation=how), np.uint8)


def _share(height: int, width: int) -> FloatArray:
    """How much of the made picture shows at each pixel, shape (height, width)."""
    down = (np.arange(height) + 0.5) / height
    across = (np.arange(width) + 0.5) / width
    rows = np.clip((down - _UNTOUCHED) / (_MADE - _UNTOUCHED), 0, 1) * np.clip((1 - down) / _FOOT, 0, 1)
    columns = np.clip(np.minimum(across, 1 - across) / _SIDE, 0, 1)
    shares: FloatArray = np.outer(rows, columns).astype(np.float32)
    return shares
