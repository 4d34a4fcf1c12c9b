"""The line between the lips, as the picture has it: landmarks say roughly where, its darkest path says exactly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vocasync.engines.lipsync.warp.geometry import (
    CORNERS,
    LOWER_INNER,
    LOWER_OUTER,
    UPPER_INNER,
    UPPER_OUTER,
    Axes,
    Points,
    at,
    resampled,
)
from vocasync.engines.lipsync.warp.pixels import looked_up, sample
from vocasync.types import Face, FloatArray, Picture

COUNT = 65
"""Points of a lip line."""

_PARTED = 0.11  # mouth units between the lips: the mesh itself sees up to 0.08 where they touch
_PARTED_TEETH = 0.15  # share of tooth between the lips from which they are parted, however little the mesh says
_NARROW = 0.045  # mouth units: too little to look for teeth in
_FRINGE = 0.012  # mouth units of a parted lip's edge that what is behind it shines through
_REACH = 0.075  # mouth units that a line may lie away from where the mesh has it


@dataclass(frozen=True, slots=True)
class Lips:
    """Where the upper lip ends and where the lower one begins, from the right corner to the left.

    upper, lower: pixels, shape (COUNT, 2); the same line where the lips touch. gap: mouth units between them at the
    middle. teeth: share of what is seen between them that is tooth.
    """

    upper: Points
    lower: Points
    gap: float
    teeth: float

    @property
    def parted(self) -> bool:
        """Whether the picture's mouth is open."""
        return self.gap > 0


def read_lips(picture: Picture, face: Face, axes: Axes) -> Lips:
    """The lines of the lips in a picture."""
    upper, lower = _inner(face, UPPER_INNER), _inner(face, LOWER_INNER)
    gap = float(np.linalg.norm(upper[5] - lower[5])) / axes.scale
    teeth = _teeth(picture, face) if gap > _NARROW else 0.0
    if gap > _PARTED or teeth > _PARTED_TEETH:
        return Lips(*_edges(picture, face, axes), gap, teeth)
    line = _darkest(picture, resampled((upper + lower) / 2, COUNT), axes)
    return Lips(line, line, 0.0, 0.0)


def _inner(face: Face, numbers: tuple[int, ...]) -> Points:
    """The edge of a lip, pixels, from one corner of the mouth to the other: the mesh ends it short of them."""
    line = at(face.landmarks, numbers)
    line[[0, -1]] = at(face.landmarks, CORNERS)
    return line


def _lab(picture: Picture, soft: float = 0.0) -> FloatArray:
    """A picture in CIELAB, blurred by ``soft`` pixels."""
    lab = np.asarray(cv2.cvtColor(picture.astype(np.float32) / 255, cv2.COLOR_RGB2Lab), np.float32)
    return lab if soft == 0 else np.asarray(cv2.GaussianBlur(lab, (0, 0), soft), np.float32)


def _teeth(picture: Picture, face: Face) -> float:
    """The share of pixels between the lips that are less red than the lower lip and no darker."""
    lab = _lab(picture)
    upper, lower = at(face.landmarks, UPPER_INNER)[2:9], at(face.landmarks, LOWER_INNER)[2:9]
    outer = at(face.landmarks, LOWER_OUTER)[2:9]
    between = np.concatenate([sample(lab, upper + (lower - upper) * share) for share in np.linspace(0.15, 0.85, 9)])
    lip = np.median(sample(lab, (lower + outer) / 2), 0)
    return float(((between[:, 0] > lip[0] - 2) & (between[:, 1] < lip[1] - 8)).mean())


class _Search:
    """Places on both sides of a guessed line that a better one may go through.

    guess: pixels, shape (COUNT, 2). away: how far below the guess each place is, pixels, shape (COUNT, places); less
    at the ends, which are known best.
    """

    def __init__(self, guess: Points, axes: Axes) -> None:
        self._guess, self._down = guess, axes.down
        reach = _REACH * axes.scale
        share = np.linspace(0, 1, len(guess))
        freedom = np.minimum(1, 4 * np.minimum(share, 1 - share) + 0.2)
        steps = np.linspace(-reach, reach, max(9, int(2 * reach) | 1))
        self._away = steps[None] * freedom[:, None]
        self._doubt = 0.3 * (steps / reach) ** 2

    def read(self, picture: FloatArray) -> FloatArray:
        """What a picture has at the places, shape (COUNT, places, ...)."""
        points = (self._guess[:, None] + self._away[..., None] * self._down).astype(np.float32)
        found = looked_up(picture, points, cv2.INTER_LINEAR)
        return np.asarray(found, np.float32)

    def line(self, cost: NDArray[Any]) -> Points:
        """The smooth line through the cheapest places; cost: about 0 to 1, shape (COUNT, places)."""
        chosen = _cheapest(cost + self._doubt)
        moved = self._away[np.arange(len(self._guess)), chosen]
        smooth = np.hanning(11)[1:-1] / np.hanning(11).sum()
        moved = np.convolve(np.pad(moved, 4, mode="edge"), smooth, "valid")
        return np.asarray(self._guess + moved[:, None] * self._down, np.float64)


def _darkest(picture: Picture, guess: Points, axes: Axes) -> Points:
    """The line along which closed lips touch."""
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32)
    soft = np.asarray(cv2.GaussianBlur(grey, (0, 0), max(0.6, 0.008 * axes.scale)), np.float32)
    search = _Search(guess, axes)
    tone = search.read(soft)
    return search.line((tone - tone.min(1, keepdims=True)) / (np.ptp(tone, axis=1, keepdims=True) + 12))


def _edges(picture: Picture, face: Face, axes: Axes) -> tuple[Points, Points]:
    """The edges of parted lips: where the colour of each lip ends."""
    lab = _lab(picture, max(0.5, 0.006 * axes.scale))
    upper = _edge(lab, _inner(face, UPPER_INNER), at(face.landmarks, UPPER_OUTER), 1, axes)
    lower = _edge(lab, _inner(face, LOWER_INNER), at(face.landmarks, LOWER_OUTER), -1, axes)
    fringe = _FRINGE * axes.scale * axes.down
    upper, lower = upper - fringe, lower + fringe
    middle = (upper + lower) / 2
    share = np.linspace(-1, 1, COUNT)
    apart = np.where((lower - upper) @ axes.down < 0, 0.0, np.minimum(1, 12 * (1 - np.abs(share))))[:, None]
    return middle + (upper - middle) * apart, middle + (lower - middle) * apart


def _edge(lab: FloatArray, guess: Points, outer: Points, side: int, axes: Axes) -> Points:
    """Where the colour of one parted lip ends. guess, outer: where the mesh has its edges; side: 1 for the upper lip,
    -1 for the lower."""
    lip = sample(lab, (2 * guess + 3 * outer)[2:-2] / 5)
    middle = np.median(lip, 0)
    spread = np.median(np.abs(lip - middle), 0) * 2 + [6, 4, 4]
    search = _Search(resampled(guess, COUNT), axes)
    seen = search.read(lab)
    other = np.minimum(1, np.sqrt((((seen - middle) / spread) ** 2).sum(-1)) / 3)
    width = max(1, round(seen.shape[1] / 6))
    padded = np.pad(other, ((0, 0), (width, width)), mode="edge")
    sums = np.cumsum(np.pad(padded, ((0, 0), (1, 0))), 1)
    places = np.arange(seen.shape[1]) + width
    above = (sums[:, places] - sums[:, places - width]) / width
    below = (sums[:, places + width] - sums[:, places]) / width
    return search.line(1 - side * (below - above))


def _cheapest(cost: NDArray[Any]) -> NDArray[np.intp]:
    """One column a row, so that their costs and the steps between rows come to as little as they can.

    cost: shape (rows, columns).
    """
    rows, columns = cost.shape
    number = np.arange(columns)
    bend = 0.35 * np.abs(number[:, None] - number) ** 1.3 / (columns / 16)
    total, best = cost[0], np.zeros((rows, columns), np.intp)
    for row in range(1, rows):
        ways = total[None] + bend
        best[row] = ways.argmin(1)
        total = cost[row] + ways.min(1)
    chosen = np.zeros(rows, np.intp)
    chosen[-1] = total.argmin()
    for row in range(rows - 1, 0, -1):
        chosen[row - 1] = best[row, chosen[row]]
    return chosen
