"""Where a face lies to a fraction of a pixel: landmarks are laid on a small picture of it, its skin is followed in the
picture itself (J.-Y. Bouguet, "Pyramidal implementation of the Lucas Kanade feature tracker", 2000)."""

from __future__ import annotations

import cv2
import numpy as np

from vocasync.engines.lipsync.warp.following import Affine
from vocasync.engines.lipsync.warp.geometry import EYES, Axes, Box, Points, around, at, whole
from vocasync.types import FloatArray, Picture

_POINTS, _QUALITY, _APART = 120, 0.01, 0.08  # the last in mouth units
_LEAST = 12  # points, under which nothing is said
_TRUSTED = 0.4  # of them, that agree how the face moved
_AGREE = 1.0  # pixels that those who agree may be apart
_WINDOW, _LEVELS = (13, 13), 2
_REACH = 24  # pixels around the points
_ABOVE = -0.35  # mouth units: over the lips
_ROUND_EYES = (0.75, 0.5)  # of an eye's width, that lids move within


class Anchor:
    """Spots of a face that keep their place on the skull."""

    def __init__(self, picture: Picture, landmarks: Points, axes: Axes, outline: Points) -> None:
        """outline: of the face, pixels, shape (n, 2)."""
        self._grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
        mask = _steady(picture, landmarks, axes, outline)
        found = cv2.goodFeaturesToTrack(self._grey, _POINTS, _QUALITY, max(3.0, _APART * axes.scale), mask=mask)
        self._points = np.zeros((0, 2)) if found is None else np.asarray(found, np.float64).reshape(-1, 2)

    def refined(self, picture: Picture, affine: Affine) -> Affine:
        """Where the face lies in another picture, given about where; just that where the picture does not say."""
        if len(self._points) < _LEAST:
            return affine
        expected = self._points @ affine[:, :2].T + affine[:, 2]
        near = around(expected)
        box = Box(near.left - _REACH, near.top - _REACH, near.right + _REACH, near.bottom + _REACH)
        box = box.within(whole(picture))
        if min(box.width, box.height) < 2 * _REACH:
            return affine
        corner = np.array([box.left, box.top], np.float64)
        moved = self._moved(picture, affine, box, (expected - corner).astype(np.float32))
        if moved is None:
            return affine
        shift = moved[:, :2] @ (affine[:, 2] - corner) + moved[:, 2] + corner
        return np.column_stack([moved[:, :2] @ affine[:, :2], shift])

    def _moved(self, picture: Picture, affine: Affine, box: Box, points: FloatArray) -> Affine | None:
        """How the face in a box of the picture lies beside where it is expected; None where that cannot be said."""
        here = affine - np.array([[0.0, 0.0, box.left], [0.0, 0.0, box.top]])
        size = (box.width, box.height)
        expected = cv2.warpAffine(self._grey, here, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        found = cv2.cvtColor(np.ascontiguousarray(picture[box.slices]), cv2.COLOR_RGB2GRAY)
        after, seen, _ = cv2.calcOpticalFlowPyrLK(expected, found, points, points.copy(), None, None, _WINDOW, _LEVELS)
        kept = seen.ravel() == 1
        if int(kept.sum()) < _LEAST:
            return None
        moved, agree = cv2.estimateAffinePartial2D(
            points[kept], after[kept], method=cv2.RANSAC, ransacReprojThreshold=_AGREE
        )
        trusted = moved is not None and float(agree.mean()) >= _TRUSTED
        return np.asarray(moved, np.float64) if trusted else None


def _steady(picture: Picture, landmarks: Points, axes: Axes, outline: Points) -> Picture:
    """1 where the skin lies on the skull: above the lips, beside the eyes."""
    mask = np.zeros(picture.shape[:2], np.uint8)
    cv2.fillPoly(mask, [np.round(outline * 16).astype(np.int32)], (1,), shift=4)
    down = axes.local(np.stack(whole(picture).mesh(), -1).astype(np.float64))[..., 1]
    mask[down > _ABOVE] = 0
    for eye in EYES:
        points = at(landmarks, (*eye.upper, *eye.lower))
        wide = float(np.ptp(points[:, 0]))
        size = (wide * _ROUND_EYES[0], wide * _ROUND_EYES[1])
        middle = points.mean(axis=0)
        cv2.ellipse(mask, (middle.tolist(), (2 * size[0], 2 * size[1]), 0.0), (0,), -1)
    return mask
