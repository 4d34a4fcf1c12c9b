"""Where things are in a face: which landmarks, and the axes of the mouth that everything is measured along."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
"""Points, shape (n, 2): x to the right, y down in pixels, or u across and v down in mouth units."""

# numbers of MediaPipe's face mesh; "right" is the person's own right, which is left in the picture
UPPER_INNER = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308)
LOWER_INNER = (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308)
UPPER_OUTER = (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291)
LOWER_OUTER = (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291)
CORNERS = (61, 291)
OVAL = (
    *(10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377),
    *(152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109),
)
FOREHEAD, CHIN = 10, 152
EYE_CORNERS = ((33, 133), (263, 362))


@dataclass(frozen=True, slots=True)
class Eye:
    """The landmarks of an eye: each lid from corner to corner from left to right, and the brow's lower edge."""

    upper: tuple[int, ...]
    lower: tuple[int, ...]
    brow: tuple[int, ...]


EYES = (
    Eye((33, 246, 161, 160, 159, 158, 157, 173, 133), (33, 7, 163, 144, 145, 153, 154, 155, 133), (46, 53, 52, 65, 55)),
    Eye(
        (362, 398, 384, 385, 386, 387, 388, 466, 263),
        (362, 382, 381, 380, 374, 373, 390, 249, 263),
        (285, 295, 282, 283, 276),
    ),
)


@dataclass(frozen=True, slots=True)
class Axes:
    """The axes of a mouth: along the line of the eyes and square to it, from between the mouth's corners.

    origin, across, down: pixels, shape (2,); the latter two of length 1. scale: pixels of one mouth unit, which is
    about as much as the mouth is wide.
    """

    origin: Points
    across: Points
    down: Points
    scale: float

    def local(self, points: Points) -> Points:
        """Pixels in mouth units; shape (..., 2)."""
        away = np.asarray(points, np.float64)[..., :2] - self.origin
        return np.stack([away @ self.across, away @ self.down], -1) / self.scale

    def pixels(self, local: Points) -> Points:
        """Mouth units in pixels; shape (..., 2)."""
        local = np.asarray(local, np.float64)
        return self.origin + self.scale * (local[..., :1] * self.across + local[..., 1:] * self.down)

    def turned(self, moves: Points) -> Points:
        """Movements in mouth units as movements in pixels; shape (..., 2)."""
        return self.scale * (moves[..., :1] * self.across + moves[..., 1:] * self.down)


def axes_of(landmarks: Points) -> Axes:
    """The axes of the mouth of a face with these landmarks, shape (468, 2 or 3)."""
    points = landmarks[:, :2]
    line = points[263] - points[33]
    across = line / np.linalg.norm(line)
    left, right = (points[list(pair)].mean(0) for pair in EYE_CORNERS)
    width = np.linalg.norm(points[CORNERS[1]] - points[CORNERS[0]])
    # both the mouth and the eyes have a say: a smile is wider than the mouth that it is made with
    scale = 0.5 * float(width) + 0.4 * float(np.linalg.norm(right - left))
    return Axes(points[list(CORNERS)].mean(0), across, np.array([-across[1], across[0]]), scale)


@dataclass(frozen=True, slots=True)
class Box:
    """Whole pixels: left, top and, beyond the last ones, right and bottom."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def height(self) -> int:
        return self.bottom - self.top

    @property
    def slices(self) -> tuple[slice, slice]:
        """The rows and columns of a picture that it covers."""
        return slice(self.top, self.bottom), slice(self.left, self.right)

    def within(self, other: Box) -> Box:
        """The part of it that lies in another."""
        left, top = max(self.left, other.left), max(self.top, other.top)
        right, bottom = max(left, min(self.right, other.right)), max(top, min(self.bottom, other.bottom))
        return Box(left, top, right, bottom)

    def moved(self, right: int, down: int) -> Box:
        """The same box elsewhere."""
        return Box(self.left + right, self.top + down, self.right + right, self.bottom + down)

    def seen_from(self, other: Box) -> Box:
        """The same box in the pixels of another."""
        return self.moved(-other.left, -other.top)

    def without(self, other: Box) -> tuple[Box, Box, Box, Box]:
        """What is left of it around another that lies within: above, below, left and right of that."""
        return (
            Box(self.left, self.top, self.right, other.top),
            Box(self.left, other.bottom, self.right, self.bottom),
            Box(self.left, other.top, other.left, other.bottom),
            Box(other.right, other.top, self.right, other.bottom),
        )

    def mesh(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Columns and rows of each of its pixels, shape (height, width) each."""
        x = np.arange(self.left, self.right, dtype=np.float32)
        y = np.arange(self.top, self.bottom, dtype=np.float32)
        across, down = np.meshgrid(x, y)
        return across, down


def around(points: Points) -> Box:
    """The smallest box that holds all these points."""
    low, high = np.floor(points.min(0)).astype(int), np.ceil(points.max(0)).astype(int)
    return Box(int(low[0]), int(low[1]), int(high[0]), int(high[1]))


def whole(picture: NDArray[Any]) -> Box:
    """All of a picture."""
    return Box(0, 0, picture.shape[1], picture.shape[0])


def smoothstep(low: float, high: float, value: Any) -> Any:
    """0 up to ``low``, 1 from ``high`` on, without a kink between."""
    share = np.clip((value - low) / (high - low), 0, 1)
    return share * share * (3 - 2 * share)


def bell(value: Any, width: float) -> Any:
    """1 at 0, falling like a Gaussian of this width."""
    return np.exp(-((value / width) ** 2))


def resampled(points: Points, count: int) -> Points:
    """The same line in ``count`` points, evenly over the numbers of those that are given."""
    share, wanted = np.linspace(0, 1, len(points)), np.linspace(0, 1, count)
    return np.stack([np.interp(wanted, share, points[:, axis]) for axis in (0, 1)], -1)


def at(landmarks: Points, numbers: Sequence[int]) -> Points:
    """Some of the landmarks, in pixels."""
    return np.asarray(landmarks[list(numbers), :2], np.float64)
