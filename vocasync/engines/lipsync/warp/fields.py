"""Displacements over a face: laid through a few points that are told where to go, kept on a coarse grid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vocasync.engines.lipsync.warp.geometry import Box, Points
from vocasync.engines.lipsync.warp.pixels import looked_up
from vocasync.types import FloatArray

_SMOOTHING = 2e-4  # of the splines: how little they may miss a point by, so that neighbours that differ do not fold
_TURNS = 4  # of the inversion: what is left after these is below a tenth of a pixel


@dataclass(frozen=True, slots=True)
class Grid:
    """Nodes spread evenly over a box of a picture, as :func:`cv2.resize` takes them to lie."""

    box: Box
    columns: int
    rows: int

    @classmethod
    def over(cls, box: Box, step: float) -> Grid:
        """Nodes about every ``step`` pixels."""
        return cls(box, max(8, round(box.width / step)), max(8, round(box.height / step)))

    def nodes(self) -> Points:
        """Where the nodes are, pixels, shape (rows, columns, 2)."""
        x = (np.arange(self.columns) + 0.5) * self.box.width / self.columns - 0.5 + self.box.left
        y = (np.arange(self.rows) + 0.5) * self.box.height / self.rows - 0.5 + self.box.top
        return np.stack(np.meshgrid(x, y), -1)

    def numbers(self) -> FloatArray:
        """Column and row of each node, shape (rows, columns, 2)."""
        x, y = np.arange(self.columns, dtype=np.float32), np.arange(self.rows, dtype=np.float32)
        return np.stack(np.meshgrid(x, y), -1)

    def per_pixel(self) -> FloatArray:
        """Nodes a pixel, across and down."""
        return np.array([self.columns / self.box.width, self.rows / self.box.height], np.float32)

    def spread(self, field: FloatArray) -> FloatArray:
        """A field's values at every pixel of the box; shape (height, width, ...)."""
        return _same_rank(cv2.resize(field, (self.box.width, self.box.height), interpolation=cv2.INTER_LINEAR), field)

    def part(self, field: FloatArray, box: Box) -> FloatArray:
        """A field's values at every pixel of a part of the box."""
        here = box.seen_from(self.box)
        scale = self.per_pixel()
        # from a pixel of the part to the node it lies at
        affine = np.array(
            [
                [scale[0], 0, (here.left + 0.5) * scale[0] - 0.5],
                [0, scale[1], (here.top + 0.5) * scale[1] - 0.5],
            ],
            np.float32,
        )
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        size = (box.width, box.height)
        found = cv2.warpAffine(field, affine, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(found, np.float32)


def _same_rank(found: NDArray[Any], field: FloatArray) -> FloatArray:
    return np.asarray(found if found.ndim == field.ndim else found[..., None], np.float32)


def splined(points: Points, values: Points, wanted: Points) -> Points:
    """Thin-plate splines through ``values`` (n, k) at ``points`` (n, 2), looked up at ``wanted`` (..., 2).

    Points closer together than can be told apart count once.
    """
    from scipy.interpolate import RBFInterpolator

    _, kept = np.unique(np.round(points / 0.02), axis=0, return_index=True)
    spline = RBFInterpolator(points[kept], values[kept], kernel="thin_plate_spline", smoothing=_SMOOTHING)
    found = spline(wanted.reshape(-1, 2))
    return np.asarray(found, np.float64).reshape(*wanted.shape[:-1], values.shape[1])


class Inverter:
    """Turns where pixels go to into where they come from, on one grid."""

    def __init__(self, grid: Grid) -> None:
        self._numbers = grid.numbers()
        self._scale = grid.per_pixel()

    def __call__(self, moves: FloatArray, where: FloatArray | None = None) -> FloatArray:
        """The displacement ``b`` with ``b(q) = -moves(q + b(q))``, pixels, shape (rows, columns, 2).

        where: a displacement that is added to each q first.
        """
        base = self._numbers if where is None else self._numbers + where * self._scale
        back = -moves if where is None else -self._read(moves, base)
        for _ in range(_TURNS):
            back = -self._read(moves, base + back * self._scale)
        return back

    @staticmethod
    def _read(field: FloatArray, at: FloatArray) -> FloatArray:
        return np.asarray(looked_up(field, at, cv2.INTER_LINEAR), np.float32)
