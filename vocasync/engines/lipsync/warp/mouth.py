"""The mouth itself: the upper lip over the lower one over what is between them, each taken from where it comes from."""

from __future__ import annotations

import cv2
import numpy as np

from vocasync.engines.lipsync.warp.bases import Half, opening_of
from vocasync.engines.lipsync.warp.fields import Grid
from vocasync.engines.lipsync.warp.geometry import Axes, Box, Points, around, smoothstep
from vocasync.engines.lipsync.warp.interior import Affine, Interior, Told
from vocasync.engines.lipsync.warp.lips import Lips
from vocasync.engines.lipsync.warp.pixels import looked_up
from vocasync.types import Face, FloatArray, Picture

_ABOVE, _BELOW, _BESIDE = 0.45, 0.70, 0.26  # mouth units around the line of the lips that may need two layers
_FEATHER = 0.06  # mouth units over which the layers pass into the rest of the face
_SOFT = 0.010  # mouth units: how soft the lips' edges are
_JOIN = 0.03  # mouth units: how softly both halves of the face pass into each other beside the mouth
_OWN_TEETH = 0.10  # share of tooth in the picture's mouth from which they are kept
_HIDDEN = 0.8  # share of them that rounded lips hide
_LITTLE = 0.02  # of a movement that shows nothing
_SEEN = 0.004  # cover under which nothing is seen
_FULLNESS = 0.12  # how much lighter a rounded lip is where it bulges


class Mouth:
    """Composes the mouth of one portrait. box: the part of the frame that it draws. above: 1 on nodes of the grid that
    lie above the line of the lips, 0 below, shape (rows, columns, 1)."""

    def __init__(self, picture: Picture, face: Face, axes: Axes, lips: Lips, grid: Grid) -> None:
        self._axes, self._grid = axes, grid
        self._opening = opening_of(lips, axes)
        self._own_teeth = lips.parted and lips.teeth > _OWN_TEETH
        self._interior = Interior(picture, face, axes, self._opening)
        self.box = self._box(lips)
        page = grid.box
        self._upper = _above(lips.upper, axes, page)
        self._lower = 1 - (self._upper if not lips.parted else _above(lips.lower, axes, page))
        above = cv2.resize(self._upper, (grid.columns, grid.rows), interpolation=cv2.INTER_AREA)
        self.above = cv2.GaussianBlur(above, (0, 0), _JOIN * axes.scale * float(grid.per_pixel()[0]))[..., None]
        self._feather = _feather(self.box, _FEATHER * axes.scale)
        x, y = self.box.mesh()
        self._at = np.dstack([x, y])
        self._hole = np.clip(1 - self._upper - self._lower, 0, 1)
        self._full = self._fullness()
        self._reach = self._between_corners()

    def _box(self, lips: Lips) -> Box:
        lines = np.concatenate([self._opening.upper, self._opening.lower])
        low = lines.min(0) - np.array([_BESIDE, _ABOVE])
        high = lines.max(0) + np.array([_BESIDE, _BELOW])
        corners = np.array([low, [high[0], low[1]], [low[0], high[1]], high])
        return around(self._axes.pixels(corners)).within(self._grid.box)

    def _between_corners(self) -> FloatArray:
        """1 between the corners of the mouth, 0 beyond them, over the grid's box."""
        across = self._axes.local(np.stack(self._grid.box.mesh(), -1).astype(np.float64))[..., 0]
        share = np.abs(across - self._opening.middle) / self._opening.reach
        return np.asarray(1 - smoothstep(0.97, 1.03, share), np.float32)

    def _fullness(self) -> FloatArray:
        """Where rounded lips bulge towards the light (positive) and where they throw a shadow, over the grid's box."""
        places = self._axes.local(np.stack(self.box.mesh(), -1).astype(np.float64))
        across = (places[..., 0] - self._opening.middle) / self._opening.reach
        line = np.interp(places[..., 0], self._opening.lower[:, 0], self._opening.lower[:, 1])
        below = places[..., 1] - line
        bulge = np.exp(-((across / 0.45) ** 2) - ((below - 0.12) / 0.07) ** 2)
        shadow = np.exp(-((across / 0.5) ** 2) - ((below - 0.30) / 0.07) ** 2)
        corners = np.exp(-(((np.abs(across) - 0.95) / 0.25) ** 2) - (below / 0.10) ** 2)
        return np.asarray(bulge - 0.9 * shadow - 0.9 * corners, np.float32)

    def draw(self, frame: Picture, source: Picture, back: dict[Half, FloatArray], told: Told, moved: Affine) -> None:
        """Draw it over a frame that the rest of the face is already on.

        source: the picture. back: where each half's pixels come from, pixels on the grid. told: the row of MOUTH, by
        name. moved: from pixels of the frame to those of the picture, for what hangs on the skull.
        """
        where = {half: self._at + self._grid.part(field, self.box) for half, field in back.items()}
        upper = self._mask(self._upper, where["upper"])
        # beyond the corners there is nothing between the lips, even where both halves do not meet to a hair
        closed = 1 - self._mask(self._reach, where["lower"])
        lower = np.minimum(np.maximum(self._mask(self._lower, where["lower"]), closed), 1 - upper)
        drawn = upper[..., None] * _taken(source, where["upper"]) + lower[..., None] * _taken(source, where["lower"])
        if told["round"] > _LITTLE:
            drawn *= 1 + np.float32(_FULLNESS * told["round"]) * self._warped_fullness(where["lower"])
        between = 1 - upper - lower
        seen = _seen(between)
        if seen is not None:
            light = self._light(between, upper)[seen.slices]
            levels = self._inside(source, seen.moved(self.box.left, self.box.top), told, moved, light)
            drawn[seen.slices] += between[seen.slices][..., None] * levels
        under = frame[self.box.slices]
        mixed = under + (drawn - under) * self._feather
        frame[self.box.slices] = np.clip(mixed + 0.5, 0, 255).astype(np.uint8)

    def _inside(self, source: Picture, box: Box, told: Told, moved: Affine, light: FloatArray) -> FloatArray:
        """What is between the lips, in this light; where the picture shows that, its own, which stays on the skull."""
        levels = self._interior.draw(box, moved, told, light, self._own_teeth)
        if not self._own_teeth:
            return levels
        where = np.dstack(box.mesh()) @ moved[:, :2].T.astype(np.float32) + moved[:, 2].astype(np.float32)
        shown = np.float32(1 - _HIDDEN * smoothstep(0.3, 0.95, told["round"])) * self._mask(self._hole, where)
        own = _taken(source, where) * (light**0.3)[..., None]
        return levels + (own - levels) * shown[..., None]

    def _mask(self, mask: FloatArray, where: FloatArray) -> FloatArray:
        corner = np.array([self._grid.box.left, self._grid.box.top], np.float32)
        found = looked_up(mask, where - corner, cv2.INTER_LINEAR)
        return np.asarray(found, np.float32)

    def _warped_fullness(self, where: FloatArray) -> FloatArray:
        corner = np.array([self.box.left, self.box.top], np.float32)
        found = looked_up(self._full, where - corner, cv2.INTER_LINEAR)
        return np.asarray(found, np.float32)[..., None]

    def _light(self, between: FloatArray, upper: FloatArray) -> FloatArray:
        """How much light comes in at each pixel: less beside the lips, least under the upper one."""
        scale = self._axes.scale
        soft = max(1.0, 0.05 * scale)
        near = cv2.GaussianBlur(1 - between, (0, 0), soft)
        down = self._axes.down * 0.05 * scale
        shift = np.array([[1, 0, down[0]], [0, 1, down[1]]], np.float32)
        size = (upper.shape[1], upper.shape[0])
        shadow = cv2.GaussianBlur(upper, (0, 0), 0.7 * soft)
        shadow = cv2.warpAffine(shadow, shift, size, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(np.clip(1.12 - 0.45 * near - 0.55 * shadow, 0.12, 1), np.float32)


def _taken(source: Picture, where: FloatArray) -> FloatArray:
    found = looked_up(source, where, cv2.INTER_CUBIC)
    return np.asarray(found, np.float32)


def _seen(cover: FloatArray) -> Box | None:
    """The pixels in which something is seen; None for none."""
    seen = cover > _SEEN
    rows, columns = np.flatnonzero(seen.any(1)), np.flatnonzero(seen.any(0))
    if not len(rows):
        return None
    return Box(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)


def _above(line: Points, axes: Axes, box: Box) -> FloatArray:
    """1 above a line that goes on level to both sides, 0 below, with a soft edge; shape of the box."""
    local = axes.local(line)
    left, right = local[0] - [6, 0], local[-1] + [6, 0]
    outline = np.concatenate([[left], local, [right], [right - [0, 20]], [left - [0, 20]]])
    corner = np.array([box.left, box.top])
    sixteenths = np.round((axes.pixels(outline) - corner) * 16).astype(np.int32)
    mask = np.zeros((box.height, box.width), np.uint8)
    cv2.fillPoly(mask, [sixteenths], (255,), cv2.LINE_AA, 4)
    soft = cv2.GaussianBlur(mask, (0, 0), max(0.5, _SOFT * axes.scale))
    return np.asarray(soft, np.float32) / np.float32(255)


def _feather(box: Box, margin: float) -> FloatArray:
    across = np.minimum(np.arange(box.width), np.arange(box.width)[::-1]) / margin
    down = np.minimum(np.arange(box.height), np.arange(box.height)[::-1]) / margin
    return np.clip(np.minimum(across[None], down[:, None]), 0, 1).astype(np.float32)[..., None]
