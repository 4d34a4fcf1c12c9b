"""What can be measured of a face in a picture, from its 468 points and the pixels around them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vocasync.types import Face, FloatArray, Picture

OVAL = (
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377,
    152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
)  # fmt: skip
RIGHT_EYE = (33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7)
LEFT_EYE = (263, 466, 388, 387, 386, 385, 384, 398, 362, 382, 381, 380, 374, 373, 390, 249)
RIGHT_BROW = (70, 63, 105, 66, 107, 55, 65, 52, 53, 46)
LEFT_BROW = (300, 293, 334, 296, 336, 285, 295, 282, 283, 276)
LIPS = (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291, 375, 321, 405, 314, 17, 84, 181, 91, 146)
MOUTH = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308, 324, 318, 402, 317, 14, 87, 178, 88, 95)
NOSE = (168, 6, 197, 195, 5, 4)
OUTLINES = (OVAL, RIGHT_EYE, LEFT_EYE, RIGHT_BROW, LEFT_BROW, LIPS, MOUTH)
"""Closed lines of points, by their numbers."""

_CHEEKS = (50, 280, 101, 330)
_TOP, _CHIN, _TIP, _RIGHT, _LEFT = 10, 152, 1, 234, 454
_CORNERS = (61, 291)
_NEEDED = (*LIPS, *RIGHT_EYE, *LEFT_EYE, _TIP, _CHIN)
"""Points without which a face cannot be made to speak."""

_SPAN = 100.0  # pixels between the outer corners of the eyes that a face is brought to at most
_WIDE = 2.6  # sides of the upright square to that distance
_EYE_LEVEL = 0.42  # where the eyes are in it, from above


@dataclass(frozen=True, slots=True)
class Measures:
    """Of one face. Angles in degrees.

    apart: pixels between the middles of the eyes. turned: how much further the nose is from one cheek than from the
    other, -1 to 1. yaw: as the mesh has it, which understates it. roll: to the right. outside: share of the points
    beyond the edge. needed: whether eyes, nose, mouth and chin are inside. sharpness: fine detail to coarse detail
    around eyes and mouth. light: L* that a twentieth of the face is above. glare: share of it that is white. eyes: of
    the wider eye, height to width. lens: contrast within the eyes to ``light``. lips: how much there is to be seen
    across the mouth, to ``light``. foreign: how different the skin around the mouth is from the cheeks, to ``light``.
    """

    apart: float
    turned: float
    yaw: float
    roll: float
    outside: float
    needed: bool
    sharpness: float
    light: float
    glare: float
    eyes: float
    lens: float
    lips: float
    foreign: float


@dataclass(frozen=True, slots=True)
class _Upright:
    """A face brought upright and to one size. lab: shape (n, n, 3), L* a* b*. points: shape (468, 2). span: pixels
    between the outer corners of the eyes."""

    rgb: Picture
    lab: FloatArray
    points: NDArray[np.float64]
    span: float

    def region(self, numbers: tuple[int, ...], grown: float = 0.0) -> NDArray[np.bool_]:
        """What lies within a closed line of points, and ``grown`` spans around it."""
        mask = np.zeros(self.lab.shape[:2], np.uint8)
        cv2.fillPoly(mask, [np.round(self.points[list(numbers)]).astype(np.int32)], (1,))
        side = int(self.span * 2 * grown) | 1
        return np.asarray(cv2.dilate(mask, np.ones((side, side), np.uint8)) > 0)

    def discs(self, numbers: tuple[int, ...], radius: float) -> NDArray[np.bool_]:
        """What lies within ``radius`` spans of points."""
        mask = np.zeros(self.lab.shape[:2], np.uint8)
        for x, y in np.round(self.points[list(numbers)]).astype(int):
            cv2.circle(mask, (int(x), int(y)), max(1, round(self.span * radius)), (1,), -1)
        return mask > 0


def measured(picture: Picture, face: Face, eyes: float) -> Measures:
    """Everything of one face. ``eyes``: how far the wider one is open, as the engine says."""
    points = face.landmarks
    upright = _upright(picture, points)
    height, width = picture.shape[:2]
    flat = points[:, :2]
    beyond: NDArray[np.bool_] = np.any((flat < 0) | (flat > (width - 1, height - 1)), axis=1)
    skin = upright.region(OVAL)
    bright = upright.lab[..., 0]
    light = max(1.0, float(np.percentile(bright[skin], 95)))
    return Measures(
        apart=float(np.linalg.norm(points[[33, 133], :2].mean(axis=0) - points[[263, 362], :2].mean(axis=0))),
        turned=_turned(points),
        yaw=_yaw(points),
        roll=math.degrees(math.atan2(*(points[263, :2] - points[33, :2])[::-1])),
        outside=float(beyond.mean()),
        needed=not beyond[list(_NEEDED)].any(),
        sharpness=_sharpness(upright),
        light=light,
        glare=float((upright.rgb.min(axis=2) > 250)[skin].mean()),
        eyes=eyes,
        lens=_lens(upright) / light,
        lips=_across_the_mouth(upright) / light,
        foreign=_foreign(upright, skin) / light,
    )


def _upright(picture: Picture, points: NDArray[np.float64]) -> _Upright:
    line = points[263, :2] - points[33, :2]
    apart = max(1.0, float(np.linalg.norm(line)))
    span = min(apart, _SPAN)
    scale, tilt = span / apart, math.atan2(line[1], line[0])
    turn = scale * np.array([[math.cos(tilt), math.sin(tilt)], [-math.sin(tilt), math.cos(tilt)]])
    side = max(8, round(span * _WIDE))
    shift = np.array([side / 2, side * _EYE_LEVEL]) - turn @ (points[33, :2] + points[263, :2]) / 2
    affine = np.column_stack([turn, shift]).astype(np.float32)
    # what is made smaller is smoothed first, or its detail would come out as other detail
    smooth = cv2.GaussianBlur(picture, (0, 0), 0.4 / scale) if scale < 0.7 else picture
    rgb = np.asarray(cv2.warpAffine(smooth, affine, (side, side), borderMode=cv2.BORDER_REPLICATE), np.uint8)
    lab = np.asarray(cv2.cvtColor(rgb.astype(np.float32) / 255, cv2.COLOR_RGB2Lab), np.float32)
    return _Upright(rgb, lab, points[:, :2] @ turn.T + shift, span)


def _turned(points: NDArray[np.float64]) -> float:
    line = points[263, :2] - points[33, :2]
    line = line / max(1e-6, float(np.linalg.norm(line)))
    right = float((points[_TIP, :2] - points[_RIGHT, :2]) @ line)
    left = float((points[_LEFT, :2] - points[_TIP, :2]) @ line)
    return (right - left) / max(1e-6, abs(right) + abs(left))


def _yaw(points: NDArray[np.float64]) -> float:
    across, down = points[_LEFT] - points[_RIGHT], points[_CHIN] - points[_TOP]
    forward = np.cross(across, down)
    return math.degrees(math.asin(float(np.clip(forward[0] / max(1e-6, float(np.linalg.norm(forward))), -1, 1))))


def _sharpness(upright: _Upright) -> float:
    """Detail of one to three hundredths of the span, to that of three to eight; of a face of any size the same."""
    bright = upright.lab[..., 0]
    region = np.zeros(bright.shape, bool)
    for numbers in (RIGHT_EYE, LEFT_EYE, LIPS):
        region |= upright.region(numbers, grown=0.06)
    fine, middle, coarse = (cv2.GaussianBlur(bright, (0, 0), upright.span * share) for share in (0.012, 0.03, 0.075))
    return float(np.abs(fine - middle)[region].mean() / max(0.25, float(np.abs(middle - coarse)[region].mean())))


def _lens(upright: _Upright) -> float:
    """Contrast within the eyes: of eyes behind dark glasses there is none."""
    bright = upright.lab[..., 0]
    return max(
        float(np.ptp(np.percentile(bright[upright.region(eye, grown=0.015)], (5, 90)))) for eye in (RIGHT_EYE, LEFT_EYE)
    )


def _across_the_mouth(upright: _Upright) -> float:
    """How much lightness and colour change from above the lips to below them: lips, the line between them, teeth."""
    right, left = (upright.points[number] for number in _CORNERS)
    along = left - right
    down = np.array([-along[1], along[0]]) / max(1e-6, float(np.linalg.norm(along)))
    middle = (upright.points[13] + upright.points[14]) / 2
    across, beside = np.linspace(-0.11, 0.11, 16) * upright.span, np.linspace(-0.3, 0.3, 25)
    places = middle + beside[None, :, None] * along + across[:, None, None] * down
    x, y = (np.ascontiguousarray(places[..., k], np.float32) for k in range(2))
    strip = cv2.remap(upright.lab, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return float(np.linalg.norm(np.median(strip, axis=1).std(axis=0)))


def _foreign(upright: _Upright, skin: NDArray[np.bool_]) -> float:
    around = upright.region(LIPS, grown=0.1) & ~upright.region(LIPS, grown=0.02) & skin
    cheeks = upright.discs(_CHEEKS, 0.1)
    if not around.any() or not cheeks.any():
        return 0.0
    return float(np.linalg.norm(np.median(upright.lab[around], axis=0) - np.median(upright.lab[cheeks], axis=0)))
