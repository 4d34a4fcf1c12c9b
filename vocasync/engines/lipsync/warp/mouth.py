"""The mouth itself: the upper lip over the lower one over what is between them, each taken from where it comes from."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vocasync.engines.lipsync.warp.bases import JAW, Half, opening_of
from vocasync.engines.lipsync.warp.fields import Grid
from vocasync.engines.lipsync.warp.geometry import Axes, Box, Points, around, smoothstep
from vocasync.engines.lipsync.warp.interior import WITH_JAW, Affine, Interior, Told
from vocasync.engines.lipsync.warp.lips import Lips
from vocasync.engines.lipsync.warp.pixels import looked_up
from vocasync.types import Face, FloatArray, Picture

_ABOVE, _BELOW, _BESIDE = 0.30, 0.32, 0.24  # mouth units around the line of the lips that may need two layers
_FEATHER = 0.06  # mouth units over which the layers pass into the rest of the face
_SOFT = 0.010  # mouth units: how soft the lips' edges are
_JOIN = 0.03  # mouth units: how softly both halves of the face pass into each other beside the mouth
_OWN_TEETH = 0.10  # share of tooth in the picture's mouth from which they are kept
_HIDDEN = 0.8  # share of them that rounded lips hide
_LITTLE = 0.02  # of a movement that shows nothing
_SEEN = 0.004  # cover under which nothing is seen
_FULLNESS = 0.12  # how much lighter a rounded lip is where it bulges


class Mouth:
    """Composes the mouth of one portrait. above: 1 on nodes of the grid that lie above the line of the lips, 0 below,
    shape (rows, columns, 1)."""

    def __init__(self, picture: Picture, face: Face, axes: Axes, lips: Lips, grid: Grid) -> None:
        self._axes, self._grid = axes, grid
        self._opening = opening_of(lips, axes)
        self._own_teeth = lips.parted and lips.teeth > _OWN_TEETH
        self._interior = Interior(picture, face, axes, self._opening)
        lines = np.concatenate([self._opening.upper, self._opening.lower])
        self._low, self._high = lines.min(0), lines.max(0)
        page = grid.box
        self._corner = np.array([page.left, page.top], np.float32)
        self._at = np.dstack(Box(0, 0, page.width, page.height).mesh())
        self._upper = _above(lips.upper, axes, page)
        lower = 1 - (_above(lips.lower, axes, page) if lips.parted else self._upper)
        hole = np.clip(1 - self._upper - lower, 0, 1)
        fallen = hole * self._with_jaw()
        self._own = hole - fallen, fallen
        # what is read where the lower half comes from: its cover, where it closes the mouth, how rounded lips shine
        self._below = np.dstack([np.maximum(lower, self._beyond_corners()), self._fullness()])
        above = cv2.resize(self._upper, (grid.columns, grid.rows), interpolation=cv2.INTER_AREA)
        self.above = cv2.GaussianBlur(above, (0, 0), _JOIN * axes.scale * float(grid.per_pixel()[0]))[..., None]

    def _box(self, told: Told) -> Box:
        """The part of the frame that two layers may be needed for."""
        low = self._low - np.array([_BESIDE, _ABOVE + 0.1 * told["up"]])
        high = self._high + np.array([_BESIDE, _BELOW + 0.4 * told["jaw"] + 0.12 * told["low"]])
        corners = np.array([low, [high[0], low[1]], [low[0], high[1]], high])
        return around(self._axes.pixels(corners)).within(self._grid.box)

    def _places(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Of the pixels of the grid's box, how far along the mouth they lie, -1 to 1 between its corners, and how far
        below its line."""
        local = self._axes.local(np.stack(self._grid.box.mesh(), -1).astype(np.float64))
        line = np.interp(local[..., 0], self._opening.lower[:, 0], self._opening.lower[:, 1])
        return (local[..., 0] - self._opening.middle) / self._opening.reach, local[..., 1] - line

    def _with_jaw(self) -> FloatArray:
        """Of what the picture shows between the lips, what hangs on the jaw: the lower half, but of a smile nothing."""
        across = self._axes.local(np.stack(self._grid.box.mesh(), -1).astype(np.float64))
        upper, lower = (np.interp(across[..., 0], *line.T) for line in (self._opening.upper, self._opening.lower))
        share = (across[..., 1] - upper) / np.maximum(lower - upper, 0.02)
        return _single(smoothstep(0.45, 0.6, share) * (1 - self._opening.smiling))

    def _beyond_corners(self) -> FloatArray:
        """1 beyond the corners of the mouth: nothing is between lips there, even where both halves do not meet to a
        hair."""
        return np.asarray(smoothstep(0.97, 1.03, np.abs(self._places()[0])), np.float32)

    def _fullness(self) -> FloatArray:
        """Where rounded lips bulge towards the light (positive) and where they throw a shadow."""
        across, below = self._places()
        bulge = np.exp(-((across / 0.45) ** 2) - ((below - 0.12) / 0.07) ** 2)
        shadow = np.exp(-((across / 0.5) ** 2) - ((below - 0.30) / 0.07) ** 2)
        corners = np.exp(-(((np.abs(across) - 0.95) / 0.25) ** 2) - (below / 0.10) ** 2)
        return np.asarray(bulge - 0.9 * shadow - 0.9 * corners, np.float32)

    def draw(self, frame: Picture, source: Picture, back: dict[Half, FloatArray], told: Told, moved: Affine) -> None:
        """Draw it over a frame that the rest of the face is already on.

        source: the picture. back: where each half's pixels come from, pixels on the grid. told: the row of MOUTH, by
        name. moved: from pixels of the frame to those of the picture, for what hangs on the skull.
        """
        page = self._grid.box
        box = self._box(told)
        source = source[page.slices]
        at = self._at[box.seen_from(page).slices]
        where = {half: at + self._grid.part(field, box) for half, field in back.items()}
        upper = _single(looked_up(self._upper, where["upper"], cv2.INTER_LINEAR))
        below = _single(looked_up(self._below, where["lower"], cv2.INTER_LINEAR))
        lower = np.minimum(below[..., 0], 1 - upper)
        drawn = np.zeros((box.height, box.width, 3), np.float32)
        _lay(drawn, source, where["upper"], upper)
        _lay(drawn, source, where["lower"], lower)
        if told["round"] > _LITTLE:
            drawn *= 1 + np.float32(_FULLNESS * told["round"]) * below[..., 1:]
        between = 1 - upper - lower
        seen = _seen(between)
        if seen is not None:
            light = self._light(between, upper, seen)
            levels = self._inside(source, seen.moved(box.left, box.top), told, moved, light)
            drawn[seen.slices] += between[seen.slices][..., None] * levels
        under = frame[box.slices]
        mixed = under + (drawn - under) * _feather(box, _FEATHER * self._axes.scale)
        frame[box.slices] = np.clip(mixed + 0.5, 0, 255).astype(np.uint8)

    def _inside(self, source: Picture, box: Box, told: Told, moved: Affine, light: FloatArray) -> FloatArray:
        """What is between the lips, in this light; where the picture shows that, its own: its upper half stays on the
        skull, its lower one goes with the jaw."""
        levels = self._interior.draw(box, moved, told, light, self._own_teeth)
        if not self._own_teeth:
            return levels
        shown = np.float32(1 - _HIDDEN * float(smoothstep(0.3, 0.95, told["round"])))
        where = np.dstack(box.mesh()) @ moved[:, :2].T.astype(np.float32) + moved[:, 2].astype(np.float32)
        where = where - self._corner
        fall = told["jaw"] * JAW * WITH_JAW - (1 - self._opening.upper_share) * self._opening.gap(self._opening.middle)
        lower = where - (self._axes.down * self._axes.scale * fall).astype(np.float32)
        for cover, at in zip(reversed(self._own), (lower, where), strict=True):
            seen = _single(looked_up(cover, at, cv2.INTER_LINEAR)) * shown
            own = _single(looked_up(source, at, cv2.INTER_CUBIC)) * (light**0.3)[..., None]
            levels = _single(levels + (own - levels) * seen[..., None])
        return levels

    def _light(self, between: FloatArray, upper: FloatArray, seen: Box) -> FloatArray:
        """How much light comes in at each pixel that is seen: less beside the lips, least under the upper one."""
        soft = 0.05 * self._axes.scale
        size = (max(1, round(upper.shape[1] / soft * 2)), max(1, round(upper.shape[0] / soft * 2)))
        small = cv2.resize(np.dstack([1 - between, upper]), size, interpolation=cv2.INTER_AREA)
        down = self._axes.down * 2
        shift = np.array([[1, 0, down[0]], [0, 1, down[1]]], np.float32)
        near = cv2.GaussianBlur(small[..., 0], (0, 0), 2.0)
        shadow = cv2.GaussianBlur(small[..., 1], (0, 0), 1.4)
        shadow = cv2.warpAffine(shadow, shift, size, borderMode=cv2.BORDER_REPLICATE)
        light = np.clip(1.12 - 0.45 * near - 0.55 * shadow, 0.12, 1)
        spread = cv2.resize(light, (upper.shape[1], upper.shape[0]), interpolation=cv2.INTER_LINEAR)
        return _single(spread)[seen.slices]


def _single(found: NDArray[Any]) -> FloatArray:
    return np.asarray(found, np.float32)


def _lay(drawn: FloatArray, source: Picture, where: FloatArray, cover: FloatArray) -> None:
    """Add what is taken from there, as much as its cover says."""
    seen = _seen(cover)
    if seen is not None:
        part = seen.slices
        drawn[part] += _single(looked_up(source, where[part], cv2.INTER_CUBIC)) * cover[part][..., None]


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
