"""Reading pictures: at landmarks, and between pixels."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vocasync.engines.lipsync.warp.geometry import Points

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
