"""MediaPipe's iris network, of which the outlines of the lids are used: the face mesh hardly sees whether an eye is
shut."""

from __future__ import annotations

import math
import threading
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from vocasync.types import Face, Picture

SIDE = 64
_CORNERS = ((33, 133, False), (263, 362, True))  # outer and inner one of either eye; whether it is mirrored for it
_MARGIN = 2.3  # sides of the crop to the width of the eye
_OUTPUT = "output_eyes_contours_and_brows"
_POINTS = 71
_LOWER, _UPPER = slice(2, 7), slice(10, 15)  # the middle of the lids, from the outer corner inwards
_ENDS = (0, 8)


class Eyes:
    """How far eyes are open. May be used by several threads."""

    def __init__(self, weights: Path) -> None:
        self._net = cv2.dnn.readNetFromTFLite(str(weights))
        self._lock = threading.Lock()

    def __call__(self, picture: Picture, face: Face) -> tuple[float, float]:
        """Height to width of the eye to the left in the picture and of that to the right."""
        left, right = (self._open(picture, face, *corners) for corners in _CORNERS)
        return left, right

    def _open(self, picture: Picture, face: Face, outer: int, inner: int, mirrored: bool) -> float:
        affine = _crop(face.landmarks, outer, inner, mirrored)
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        square = cv2.warpAffine(picture, affine, (SIDE, SIDE), flags=flags, borderMode=cv2.BORDER_REPLICATE)
        with self._lock:
            self._net.setInput((square.astype(np.float32) / 255).transpose(2, 0, 1)[None].copy())
            lids = self._net.forward(_OUTPUT).reshape(_POINTS, 3)[:, :2].astype(np.float64)
        height = np.linalg.norm(lids[_UPPER] - lids[_LOWER], axis=1).mean()
        return float(height / max(1e-6, np.linalg.norm(lids[_ENDS[0]] - lids[_ENDS[1]])))


def _crop(points: NDArray[np.float64], outer: int, inner: int, mirrored: bool) -> NDArray[np.float32]:
    """From pixels of the network's square to those of the picture: shape (2, 3)."""
    line = points[263, :2] - points[33, :2]
    tilt = math.atan2(line[1], line[0])
    scale = float(np.linalg.norm(points[outer, :2] - points[inner, :2])) * _MARGIN / SIDE
    turn = np.array([[math.cos(tilt), -math.sin(tilt)], [math.sin(tilt), math.cos(tilt)]]) * scale
    if mirrored:
        turn = turn @ np.diag([-1.0, 1.0])
    middle = (points[outer, :2] + points[inner, :2]) / 2
    return np.column_stack([turn, middle - turn @ np.full(2, SIDE / 2)]).astype(np.float32)
