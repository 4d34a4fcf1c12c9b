"""Where a face that was seen in one frame lies in another: by what of it does not speak.

Landmarks around the eyes and the nose say how the head has turned in space; that says where mouth and chin would be if
they were as they were, which is not where they are while they speak.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vocasync.engines.lipsync.warp.geometry import LOWER_OUTER, UPPER_OUTER, Points, axes_of, smoothstep

_STILL = (
    *(33, 133, 362, 263, 130, 359, 243, 463, 244, 464),  # corners of the eyes
    *(168, 6, 197, 195, 5, 4, 1, 2, 98, 327, 48, 278, 64, 294, 122, 351, 196, 419),  # the nose
    *(9, 8, 151, 10, 67, 297, 103, 332, 54, 284, 127, 356),  # brow and temples
    *(50, 280, 101, 330, 117, 346, 118, 347),  # high on the cheeks
)
_AROUND = (152, 148, 377, 150, 379, 205, 425, 2, 98, 327)  # chin, jaw, and beside the nose
_SPEAKING = (*UPPER_OUTER, *LOWER_OUTER, *_AROUND)
_LESS = 0.3  # of the weight of lips: what lies around them is deeper, and is mixed with the frame's own

_TURNED = (22.0, 32.0)  # degrees between two looks at a face from which one is not enough of the other, and is no more
_ASIDE = (0.50, 0.65)  # how much nearer one cheek is to the nose than the other, likewise
_SMALL = (18.0, 26.0)  # pixels between the eyes up to which a mouth is a few pixels, and from which it is one

Affine = NDArray[np.float64]
"""Shape (2, 3): from pixels of one picture to those of another."""


@dataclass(frozen=True, slots=True)
class Placement:
    """affine: from the first picture to the second, for the lower half of the face. share: 1 where both are alike
    enough for one to stand in for the other, 0 where they are not, or the second is too small to show it."""

    affine: Affine
    share: float


def placed(before: NDArray[np.float64], now: NDArray[np.float64]) -> Placement:
    """Landmarks of a face in two pictures, shape (468, 3)."""
    large = float(smoothstep(*_SMALL, float(np.linalg.norm(now[263, :2] - now[33, :2]))))
    if not large:
        return Placement(np.eye(2, 3), 0.0)
    turn, shift = _turned(before[list(_STILL)], now[list(_STILL)])
    lower = before[list(_SPEAKING)]
    expected = lower @ turn.T + shift
    weights = np.sqrt(np.where(np.isin(_SPEAKING, _AROUND), _LESS, 1.0))[:, None]
    ones = np.column_stack([lower[:, :2], np.ones(len(lower))])
    found = np.linalg.lstsq(weights * ones, weights * expected[:, :2], rcond=None)[0]
    affine = np.asarray(found.T, np.float64)
    scale = math.sqrt(abs(np.linalg.det(turn @ turn.T)) ** (1 / 3))
    away = math.degrees(math.acos(float(np.clip(turn[2, 2] / scale, -1, 1))))
    share = large * (1 - smoothstep(*_TURNED, away)) * (1 - smoothstep(*_ASIDE, abs(aside(now))))
    return Placement(affine, float(share))


def aside(landmarks: Points) -> float:
    """How far a face looks to a side: 0 straight on, 1 where one cheek hides behind the nose."""
    across = axes_of(landmarks).across
    right, left = (float((landmarks[side, :2] - landmarks[1, :2]) @ across) for side in (234, 454))
    return (left + right) / max(1e-9, left - right)


def _turned(before: NDArray[np.float64], now: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """How points in space were turned, scaled and moved, as nearly as can be (S. Umeyama, 1991): a matrix, a shift."""
    middle, middle_now = before.mean(axis=0), now.mean(axis=0)
    first, second = before - middle, now - middle_now
    left, sizes, right = np.linalg.svd(second.T @ first)
    flip = np.array([1.0, 1.0, np.sign(np.linalg.det(left @ right))])
    scale = float((sizes * flip).sum() / (first**2).sum())
    turn = scale * (left * flip) @ right
    return turn, middle_now - turn @ middle
