"""A head that moves a little: it turns by the depths of its landmarks, tilts about the neck, shifts and breathes."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vocasync.engines.lipsync.warp.fields import Grid, splined
from vocasync.engines.lipsync.warp.geometry import CHIN, FOREHEAD, OVAL, Axes, Box, Points, at, smoothstep, whole
from vocasync.engines.lipsync.warp.pixels import looked_up
from vocasync.types import HEAD, Face, FloatArray, Picture

_NODES = 96  # along the longer side of the picture
_NECK = 0.75  # heights of the face below the chin: what a head tilts about
_EDGE = 0.35  # inter-ocular distances from the picture's border within which nothing moves fully


class Head:
    """Fields for the movements of HEAD over a whole picture.

    grid: where they are known. box: the part of the picture that they move.
    """

    def __init__(self, picture: Picture, face: Face, axes: Axes) -> None:
        page = whole(picture)
        self.grid = Grid.over(page, max(4.0, max(page.width, page.height) / _NODES))
        self._plan = _HeadPlan(self.grid.nodes(), face, axes, page)
        self._fields = self._plan.fields()
        self.box = _moved(self._fields, self.grid)

    def back(self, held: FloatArray) -> FloatArray:
        """Where pixels come from when the head is held like this (a row of HEAD): pixels, shape (rows, columns, 2)."""
        return np.asarray(np.tensordot(-np.asarray(held, np.float32), self._fields, 1), np.float32)

    def on(self, grid: Grid) -> FloatArray:
        """The fields on another grid, shape (len(HEAD), rows, columns, 2)."""
        at_nodes = ((grid.nodes() + 0.5) * self.grid.per_pixel() - 0.5).astype(np.float32)
        return np.stack([looked_up(field, at_nodes, cv2.INTER_LINEAR) for field in self._fields])


def _moved(fields: FloatArray, grid: Grid) -> Box:
    rows, columns = np.nonzero(np.abs(fields).sum((0, 3)) > 1e-4)
    if not len(rows):
        return Box(0, 0, 0, 0)
    per_column, per_row = 1 / grid.per_pixel()
    left, right = int((columns.min() - 1) * per_column), int((columns.max() + 2) * per_column) + 1
    top, bottom = int((rows.min() - 1) * per_row), int((rows.max() + 2) * per_row) + 1
    return Box(left, top, right, bottom).within(grid.box)


class _HeadPlan:
    """The fields are laid out along the axes of the face. ``height``: from the hairline to the chin, pixels."""

    def __init__(self, nodes: Points, face: Face, axes: Axes, page: Box) -> None:
        self._x, self._y = nodes[..., 0], nodes[..., 1]
        self._axes, self._page = axes, page
        self._landmarks, self._unit = face.landmarks, face.inter_ocular
        oval = at(face.landmarks, OVAL)
        self._centre = (oval.min(0) + oval.max(0)) / 2
        self._height = float(np.linalg.norm(face.landmarks[FOREHEAD, :2] - face.landmarks[CHIN, :2]))
        away = nodes - self._centre
        self._across, self._down = away @ axes.across / self._height, away @ axes.down / self._height
        edge = np.minimum.reduce([self._x, page.width - 1 - self._x, self._y, page.height - 1 - self._y])
        self._edge = edge - edge.min()  # the outermost nodes speak for the pixels beyond them

    def fields(self) -> FloatArray:
        weight, depth = self._weight(), self._depth()
        pivot = self._landmarks[CHIN, :2] + self._axes.down * _NECK * self._height
        fields = np.zeros((len(HEAD), *self._x.shape, 2))
        fields[0] = (0.25 * self._height * weight - depth)[..., None] * self._axes.across
        fields[1] = (0.20 * self._height * weight - depth)[..., None] * self._axes.down
        fields[2] = np.stack([pivot[1] - self._y, self._x - pivot[0]], -1) * weight[..., None]
        fields[3, ..., 0] = fields[4, ..., 1] = weight * self._unit
        fields[5, ..., 1] = self._breath(weight) * self._unit
        return fields.astype(np.float32)

    def _weight(self) -> NDArray[Any]:
        """1 on the head, falling to 0 around it, more slowly down the neck, and towards the border."""
        down = np.where(self._down > 0, self._down / 1.25, self._down)
        away = np.sqrt((self._across / 0.62) ** 2 + (down / 0.75) ** 2)
        return np.asarray((1 - smoothstep(1.15, 2.4, away)) * smoothstep(0, _EDGE * self._unit, self._edge))

    def _depth(self) -> NDArray[Any]:
        """How far towards the viewer the face is, pixels (negative), 0 off it."""
        places = (self._landmarks[:, :2] - self._centre) / self._height
        far = np.percentile(self._landmarks[:, 2], 97)
        nodes = np.stack([self._x - self._centre[0], self._y - self._centre[1]], -1) / self._height
        near = np.abs(nodes).max(-1) < 1.0
        depth = np.zeros(self._x.shape)
        depth[near] = splined(places, (self._landmarks[:, 2:] - far) / self._height, nodes[near])[:, 0]
        face = 1 - smoothstep(0.80, 1.25, np.sqrt((self._across / 0.50) ** 2 + (self._down / 0.60) ** 2))
        depth = np.clip(depth, -1, 0) * face * smoothstep(0, _EDGE * self._unit, self._edge) * self._height
        return np.asarray(cv2.GaussianBlur(depth, (0, 0), max(1.0, 0.05 * self._height * self._per_pixel())))

    def _per_pixel(self) -> float:
        return float(self._x.shape[1] / self._page.width)

    def _breath(self, weight: NDArray[Any]) -> NDArray[Any]:
        """Shoulders rise, the head a little with them."""
        body = smoothstep(0.2, 1.0, self._down - 0.35)
        return np.asarray((body + 0.35 * weight) * smoothstep(0, _EDGE * self._unit, self._edge))
