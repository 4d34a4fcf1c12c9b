"""Reading pictures: at landmarks, and between pixels."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vocasync.engines.lipsync.warp.geometry import Box, Points
from vocasync.types import Picture

_BOTH: Any = None  # no map for rows: that for columns has both. OpenCV knows this, its annotations do not


def sample(picture: NDArray[Any], points: Points) -> NDArray[Any]:
    """The pixels at these points, those outside taken from the edge; shape (n, ...)."""
    height, width = picture.shape[:2]
    across = np.clip(points[:, 0].astype(int), 0, width - 1)
    down = np.clip(points[:, 1].astype(int), 0, height - 1)
    found: NDArray[Any] = picture[down, across]
    return found


def looked_up(picture: NDArray[Any], where: NDArray[Any], way: int, beyond: int = cv2.BORDER_REPLICATE) -> NDArray[Any]:
    """What a picture has at places between its pixels. where: columns and rows, shape (height, width, 2); way: of
    cv2.INTER_*; beyond: what is outside, of cv2.BORDER_*."""
    found: NDArray[Any] = cv2.remap(picture, where.astype(np.float32, copy=False), _BOTH, way, borderMode=beyond)
    return found


class Warp:
    """Where each pixel of a picture comes from, ready to be looked up part by part."""

    def __init__(self, where: NDArray[Any]) -> None:
        self._fixed, self._fraction = cv2.convertMaps(where, _BOTH, cv2.CV_16SC2)

    def draw(self, frame: Picture, source: Picture, box: Box, way: int) -> None:
        """Draw a part of a frame; way: of cv2.INTER_*."""
        if box.width and box.height:
            maps = self._fixed[box.slices], self._fraction[box.slices]
            frame[box.slices] = cv2.remap(source, *maps, way, borderMode=cv2.BORDER_REFLECT_101)
