"""A mouth that was drawn in one frame, put into another of the same shot."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from vocasync.engines.lipsync.warp.following import Affine, placed
from vocasync.engines.lipsync.warp.geometry import (
    CHIN,
    CORNERS,
    OVAL,
    Box,
    Points,
    around,
    at,
    axes_of,
    smoothstep,
    whole,
)
from vocasync.engines.lipsync.warp.rig import Pose, Rig
from vocasync.engines.lipsync.warp.tracking import Anchor
from vocasync.types import Face, FloatArray, Picture

_MARGIN = 0.9  # mouth units around the face that are kept of the frame it was drawn in
_ASIDE_KEPT = 0.86  # of the way from the middle to the edge of the face: what is beyond is the frame's own
_FALL = 0.30  # mouth units that the chin falls at the widest
_BELOW = 0.16  # mouth units below the lower of both chins
_TOP = -0.50  # mouth units: just under the nose
_FEATHER = 0.20
_SMALLER = 4  # of light, which has no detail
_SPREAD = 0.45  # mouth units over which light is compared
_COMPARED = (-1.0, -0.30, 0.60)  # mouth units: from below the eyes on, above the lips, and beside them
_LEAST = 1 / 255
_NEEDED = (33, 263, *CORNERS, 0, 17)  # outer corners of the eyes, and the lips
_LEAST_PIXELS = 8.0  # between the eyes, and from them to the lips


def drawable(picture: Picture, face: Face) -> bool:
    """Whether a mouth can be drawn by what is seen of a face: eyes and lips, large enough, inside the picture."""
    points = at(face.landmarks, _NEEDED)
    height, width = picture.shape[:2]
    inside = bool((points >= 0).all() and (points < [width, height]).all())
    return inside and min(face.inter_ocular, float(np.ptp(points[:, 1]))) > _LEAST_PIXELS


class Patch:
    """The face of one frame, which can be given mouths and put into others. Not for several threads at once."""

    def __init__(self, picture: Picture, face: Face) -> None:
        axes = axes_of(face.landmarks)
        oval = at(face.landmarks, OVAL)
        margin = round(_MARGIN * axes.scale)
        near = around(oval)
        box = Box(near.left - margin, near.top - margin, near.right + margin, near.bottom + margin)
        box = box.within(whole(picture))
        self._corner = np.array([box.left, box.top, 0.0])
        self._picture = np.ascontiguousarray(picture[box.slices])
        self._landmarks = face.landmarks - self._corner
        left, top, right, bottom = face.box
        moved = (left - box.left, top - box.top, right - box.left, bottom - box.top)
        self._face = replace(face, landmarks=self._landmarks, box=moved)
        self._rig = Rig(self._picture, self._face)
        self._axes = axes_of(self._landmarks)
        self._oval = self._axes.local(at(self._landmarks, OVAL))
        self._chin = float(self._axes.local(self._landmarks[CHIN])[1])
        self._comparable = self._compared()
        self._anchor = Anchor(self._picture, self._landmarks, self._axes, self._axes.pixels(self._oval * _ASIDE_KEPT))

    def put(self, picture: Picture, face: Face, told: Pose) -> Picture:
        """A frame with this mouth; the frame itself where its face is turned too far away from this one."""
        place = placed(self._landmarks, face.landmarks)
        if place.share < _LEAST:
            return picture
        affine = self._anchor.refined(picture, place.affine)
        mask = self._mask(affine, face, float(told.mouth[0])) * np.float32(place.share)
        box = self._reach(mask, affine, picture)
        if box is None:
            return picture
        frame = picture.copy()
        under = picture[box.slices].astype(np.float32)
        drawn = _moved(self._rig.frame(told), affine, box, cv2.INTER_CUBIC) + self._light(under, affine, box)
        share = _moved(mask, affine, box, cv2.INTER_LINEAR)[..., None]
        frame[box.slices] = np.clip(under + share * (drawn - under) + 0.5, 0, 255).astype(np.uint8)
        return frame

    # --- what of it is put ----------------------------------------------------------------------------------------
    def _mask(self, affine: Affine, face: Face, jaw: float) -> FloatArray:
        """How much of each pixel is put, shape of the kept picture: the lower face, down to below the lower chin."""
        inverse = cv2.invertAffineTransform(affine)
        chin = self._axes.local((inverse[:, :2] @ face.landmarks[CHIN, :2] + inverse[:, 2])[None])[0, 1]
        lowest = max(self._chin + _FALL * jaw, float(chin)) + _BELOW
        mask = np.zeros(self._picture.shape[:2], np.uint8)
        cv2.fillPoly(mask, [np.round(self._axes.pixels(self._outline(lowest)) * 16).astype(np.int32)], (1,), shift=4)
        inside = cv2.distanceTransform(cv2.copyMakeBorder(mask, 1, 1, 1, 1, cv2.BORDER_REPLICATE), cv2.DIST_L2, 3)
        found: FloatArray = smoothstep(0.0, _FEATHER * self._axes.scale, inside[1:-1, 1:-1]).astype(np.float32)
        return found

    def _outline(self, lowest: float) -> Points:
        """Mouth units. The oval below the cheeks, narrower and drawn down to ``lowest``, closed under the nose."""
        lower = self._oval[self._oval[:, 1] > _TOP].copy()
        order = np.argsort(np.arctan2(lower[:, 0], lower[:, 1]))
        lower = lower[order] * [_ASIDE_KEPT, 1.0]
        deep = np.clip(lower[:, 1] / self._chin, 0, 1) ** 2
        lower[:, 1] += (lowest - self._chin) * deep
        top = np.array(
            [[0.9, _TOP + 0.28], [0.42, _TOP + 0.02], [0.0, _TOP], [-0.42, _TOP + 0.02], [-0.9, _TOP + 0.28]]
        )
        wide = np.array([abs(lower[-1, 0]), 1.0]) / [0.9, 1.0]
        return np.concatenate([lower, top * np.minimum(wide, 1.0)])

    @staticmethod
    def _reach(mask: FloatArray, affine: Affine, picture: Picture) -> Box | None:
        """The part of a frame that something is put into; None for none of it."""
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        if not len(rows):
            return None
        corners = np.array([[x, y] for x in (columns[0], columns[-1]) for y in (rows[0], rows[-1])], np.float64)
        box = around(corners @ affine[:, :2].T + affine[:, 2]).within(whole(picture))
        return box if box.width and box.height else None

    # --- light ----------------------------------------------------------------------------------------------------
    def _compared(self) -> FloatArray:
        """Where light can be compared, shape of the kept picture: skin that hardly moves while somebody speaks."""
        low, lips, beside = _COMPARED
        mask = np.zeros(self._picture.shape[:2], np.uint8)
        outline = self._axes.pixels(self._oval * [_ASIDE_KEPT, _ASIDE_KEPT])
        cv2.fillPoly(mask, [np.round(outline * 16).astype(np.int32)], (1,), shift=4)
        places = self._axes.local(np.stack(whole(self._picture).mesh(), -1).astype(np.float64))
        speaks = (np.abs(places[..., 0]) < beside) & (places[..., 1] > lips)
        return (mask * (places[..., 1] > low) * ~speaks).astype(np.float32)

    def _light(self, under: FloatArray, affine: Affine, box: Box) -> FloatArray:
        """How much lighter the frame is, smoothly over the box, shape (height, width, 3)."""
        size = (max(1, box.width // _SMALLER), max(1, box.height // _SMALLER))
        known = _moved(self._comparable, affine, box, cv2.INTER_LINEAR)[..., None]
        apart = (under - _moved(self._picture, affine, box, cv2.INTER_LINEAR)) * known
        small = cv2.resize(np.dstack([apart, known]), size, interpolation=cv2.INTER_AREA)
        soft = cv2.GaussianBlur(small, (0, 0), max(1.0, _SPREAD * self._scale(affine) / _SMALLER))
        field = soft[..., :3] / np.maximum(soft[..., 3:], 1e-3)
        return np.asarray(cv2.resize(field, (box.width, box.height), interpolation=cv2.INTER_LINEAR), np.float32)

    def _scale(self, affine: Affine) -> float:
        """Pixels of a mouth unit in the frame."""
        return self._axes.scale * float(np.sqrt(abs(np.linalg.det(affine[:, :2]))))


def _moved(picture: FloatArray | Picture, affine: Affine, box: Box, way: int) -> FloatArray:
    """What of a picture comes to lie in a box of the frame."""
    here = affine - np.array([[0.0, 0.0, box.left], [0.0, 0.0, box.top]])
    border = cv2.BORDER_REPLICATE if picture.ndim == 3 else cv2.BORDER_CONSTANT
    return np.asarray(cv2.warpAffine(picture, here, (box.width, box.height), flags=way, borderMode=border), np.float32)
