"""BlazeFace (short range): where faces are. The network sees 128 by 128 pixels and gives 896 guesses, each around an
anchor of its own."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from vocasync.types import FloatArray, Picture

SIDE = 128
_LAYERS = ((8, 2), (16, 6))  # stride in pixels, anchors at each place
_SURE = 0.5  # of a face in the whole picture
_SURE_IN_TILE = 0.65  # a tile is looked at closely, and hands or patterns resemble faces there
_TILES = (0.6, 0.4, 0.25)  # of the longer side: what is small in the picture is large enough in one of these
_SMALLEST_TILE = 96
_SAME = 0.35  # share of the smaller box that two boxes of one face have in common


@dataclass(frozen=True, slots=True)
class Detection:
    """A face as the detector sees it, in pixels. box: left, top, right, bottom. tilt: radians that the line of the
    eyes falls to the right."""

    box: tuple[float, float, float, float]
    score: float
    tilt: float


class Detector:
    """The network and what surrounds it. May be used by several threads."""

    def __init__(self, weights: Path) -> None:
        self._net = cv2.dnn.readNetFromTFLite(str(weights))
        self._anchors = _anchors()
        self._lock = threading.Lock()

    def __call__(self, picture: Picture) -> list[Detection]:
        """Every face in the picture, the surest first."""
        guesses = [self._guesses(picture, _SURE)]
        for left, top, side in _tiles(*picture.shape[:2]):
            found = self._guesses(picture[top : top + side, left : left + side], _SURE_IN_TILE)
            found[:, 1::2] += left
            found[:, 2::2] += top
            guesses.append(found)
        return [_detection(row) for row in _merged(np.concatenate(guesses))]

    def _guesses(self, picture: Picture, sure: float) -> FloatArray:
        """Rows of score, box and the six key points (right eye, left eye, nose, mouth, ears), in pixels."""
        square, scale, left, top = _letterboxed(picture)
        with self._lock:
            self._net.setInput(square.transpose(2, 0, 1)[None].copy())
            places = self._net.forward("regressors").reshape(-1, 16) / SIDE
            scores = self._net.forward("classificators").reshape(-1)
        scores = 1 / (1 + np.exp(-np.clip(scores, -80, 80)))
        kept = scores > sure
        points = places[kept].reshape(-1, 8, 2)
        anchors = self._anchors[kept]
        centres, sizes = points[:, 0] + anchors, points[:, 1]
        corners = [centres - sizes / 2, centres + sizes / 2, *(points[:, k] + anchors for k in range(2, 8))]
        rows = np.concatenate([scores[kept][:, None], *corners], axis=1).astype(np.float32)
        rows[:, 1::2] = (rows[:, 1::2] * SIDE - left) / scale
        rows[:, 2::2] = (rows[:, 2::2] * SIDE - top) / scale
        return rows


def _anchors() -> FloatArray:
    places = [
        ((column + 0.5) * stride / SIDE, (row + 0.5) * stride / SIDE)
        for stride, count in _LAYERS
        for row in range(SIDE // stride)
        for column in range(SIDE // stride)
        for _ in range(count)
    ]
    return np.array(places, np.float32)


def _letterboxed(picture: Picture) -> tuple[FloatArray, float, int, int]:
    """The picture within the network's square, in [-1, 1]; the scale, and how far from the left and the top it is."""
    height, width = picture.shape[:2]
    scale = SIDE / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    left, top = (SIDE - size[0]) // 2, (SIDE - size[1]) // 2
    square = np.zeros((SIDE, SIDE, 3), np.float32)
    square[top : top + size[1], left : left + size[0]] = small.astype(np.float32) / 127.5 - 1
    return square, scale, left, top


def _tiles(height: int, width: int) -> Iterator[tuple[int, int, int]]:
    """Left, top and side of overlapping squares."""
    longest = max(height, width)
    for side in sorted({max(_SMALLEST_TILE, int(longest * share)) for share in _TILES}, reverse=True):
        for top in _starts(height, side):
            for left in _starts(width, side):
                yield left, top, side


def _starts(length: int, side: int) -> list[int]:
    count = max(1, math.ceil(2 * length / side) - 1)
    return sorted({int(start) for start in np.linspace(0, max(0, length - side), count)})


def _merged(rows: FloatArray) -> list[FloatArray]:
    """One row a face: boxes that overlap are one, their mean weighed by their scores."""
    rows = rows[np.argsort(-rows[:, 0])]
    faces = []
    while len(rows):
        same = _overlap(rows[0], rows) > _SAME
        face = np.average(rows[same], axis=0, weights=rows[same, 0]).astype(np.float32)
        face[0] = rows[0, 0]
        faces.append(face)
        rows = rows[~same]
    return faces


def _overlap(row: FloatArray, rows: FloatArray) -> NDArray[np.float32]:
    """What boxes have in common with that of ``row``, as a share of the smaller one."""
    low, high = np.maximum(row[1:3], rows[:, 1:3]), np.minimum(row[3:5], rows[:, 3:5])
    common = np.prod(np.clip(high - low, 0, None), axis=1)
    areas = np.prod(rows[:, 3:5] - rows[:, 1:3], axis=1)
    smaller = np.minimum(np.prod(row[3:5] - row[1:3]), areas)
    return np.asarray(common / np.maximum(smaller, 1e-6), np.float32)


def _detection(row: FloatArray) -> Detection:
    left, top, right, bottom, eye_x, eye_y, other_x, other_y = (float(value) for value in row[1:9])
    return Detection((left, top, right, bottom), float(row[0]), math.atan2(other_y - eye_y, other_x - eye_x))
