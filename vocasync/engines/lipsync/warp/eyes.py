"""Blinking: the skin of the upper lid is drawn down over the eye, column by column.

A spline through the landmarks of the lids folds where they meet; columns cannot. Along each, from the brow down: skin
that stretches, a band at the edge of the lid that moves as it is and carries the lashes, the eye that it covers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vocasync.engines.lipsync.warp.geometry import EYES, Box, Eye, Points, around, at, bell, smoothstep, whole
from vocasync.engines.lipsync.warp.pixels import looked_up
from vocasync.types import Face, FloatArray, Picture

_SHUT = 0.13  # of the eye's width: one that is less open in the picture has nothing to close
_BESIDE, _BELOW = 0.12, 0.45  # of the eye's width around it that is looked at
_BAND = 0.10  # of the eye's width that moves as it is
_LASHES = 0.035  # of the eye's width below the lid's edge
_MOST = 3.5  # how far skin is stretched at most, where brows hang low
_UNDER, _SQUEEZE = 0.12, 0.7  # where under the eye the skin lies that is borrowed, and how tightly
_DIMMER = 0.9  # how light that is on a lid, which lies in the shade of the brow
_CLOSED = 1.05  # share of the opening that a shut lid goes down: the mesh has lids a little too high
_RISE = 0.06  # share of the opening that the lower lid comes up
_BROW = 0.05  # of the eye's width between the brow and the skin that stretches
_SKIN = 0.16  # of the eye's width of skin that there is at least between brow and lid
_COLUMNS, _PLACES = 15, 40  # that are looked at to see where the hair of a brow ends
_HAIR = 12  # levels that a brow is darker than the skin below it
_SHADE = 0.10  # how much darker the bulge of a shut lid is


@dataclass(frozen=True, slots=True)
class Lid:
    """One eye. Lengths are in widths of the eye, along its own axes.

    box: the part of the picture that may change. down: the eye's own direction, shape (2,). width: pixels. depth: how
    far down each pixel of the box lies; upper, lower, brow: where lids and brow are in its column. reach: 0 beyond the
    corners. bulge: 1 in the middle. All of shape (height, width) of the box.
    """

    box: Box
    down: Points
    width: float
    depth: FloatArray
    upper: FloatArray
    lower: FloatArray
    brow: FloatArray
    reach: FloatArray
    bulge: FloatArray

    def drawn(self, patch: Picture, shut: float) -> Picture:
        """The pixels of its box with the lid drawn down; shut: 0 open to 1."""
        rise = _RISE * shut * (self.lower - self.upper)
        edge = self.upper + np.float32(_CLOSED * shut) * (self.lower - rise - self.upper)
        above = edge - self.depth
        taken, borrowed = self._taken_from(above, edge - self.brow)
        lid = self._read(patch, self.upper - taken)
        under = self._read(patch, _single(self.lower + _UNDER + _SQUEEZE * np.maximum(above, 0)))
        lid += (_DIMMER * under - lid) * borrowed[..., None]
        lid *= (1 - _SHADE * shut * bell(above - 0.12, 0.12) * self.bulge)[..., None]
        soft = max(1.2, 0.03 * self.width)
        cover = np.clip((above + _LASHES * self.bulge) * self.width / soft + 0.5, 0, 1) * self.reach
        return np.clip(patch + (lid - patch) * cover[..., None] + 0.5, 0, 255).astype(np.uint8)

    def _read(self, patch: Picture, depth: FloatArray) -> FloatArray:
        """What each pixel's column has at another depth."""
        moved = (depth - self.depth) * np.float32(self.width)
        x, y = Box(0, 0, self.box.width, self.box.height).mesh()
        x, y = x + moved * np.float32(self.down[0]), y + moved * np.float32(self.down[1])
        return cv2.remap(patch, x, y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE).astype(np.float32)

    def _taken_from(self, above: FloatArray, room: FloatArray) -> tuple[FloatArray, FloatArray]:
        """How far above the lid's edge in the picture that lies which is now ``above`` it: as far within the band, and
        as far above the brow; between them stretched, with no kink at the band. And how much of it is borrowed from
        under the eye, where there is too little skin to stretch."""
        skin = self.upper - self.brow
        band = np.minimum(_BAND, 0.45 * skin)
        stretch = (room - band) / np.maximum(skin - band, 1e-3)
        slope = np.clip(stretch, 1, _MOST)
        t = np.clip((above - band) / np.maximum(room - band, 1e-3), 0, 1)
        rise = slope * (t**3 - 2 * t**2 + t) + 3 * t**2 - 2 * t**3 + slope * (t**3 - t**2)
        within = np.where(above >= room, skin + (above - room), band + (skin - band) * rise)
        borrowed = 0.85 * smoothstep(1.6, 3.4, stretch) * smoothstep(0, 0.35, t) * (1 - smoothstep(0.5, 1.0, t))
        return _single(np.where(above <= band, above, within)), _single(borrowed)


class Eyes:
    """The eyes of a face that can be shut."""

    def __init__(self, picture: Picture, face: Face) -> None:
        # brows are a pair: where the hair of one is not told from the shade that it lies in, the other's is
        hair = max(_hair(picture, face.landmarks, eye) for eye in EYES)
        found = (_lid(picture, face.landmarks, eye, hair) for eye in EYES)
        self._lids = [lid for lid in found if lid is not None]
        self._open = [picture[lid.box.slices].copy() for lid in self._lids]

    def draw(self, picture: Picture, shut: float) -> None:
        """Shut them in a picture, 0 open to 1; what they are in is overwritten."""
        for lid, patch in zip(self._lids, self._open, strict=True):
            picture[lid.box.slices] = lid.drawn(patch, shut) if shut > 0 else patch


@dataclass(frozen=True, slots=True)
class _EyeAxes:
    """The axes of an eye: from corner to corner, from the middle of that line; lengths in its widths."""

    middle: Points
    across: Points
    down: Points
    width: float

    def local(self, points: Points) -> Points:
        away = points - self.middle
        return np.stack([away @ self.across, away @ self.down], -1) / self.width

    def pixels(self, local: Points) -> Points:
        return self.middle + self.width * (local[..., :1] * self.across + local[..., 1:] * self.down)


def _axes(upper: Points) -> _EyeAxes:
    line = upper[-1] - upper[0]
    width = float(np.linalg.norm(line))
    across = line / max(width, 1e-6)
    return _EyeAxes((upper[0] + upper[-1]) / 2, across, np.array([-across[1], across[0]]), width)


def _brow(landmarks: Points, eye: Eye, axes: _EyeAxes) -> Points:
    brow = axes.local(at(landmarks, eye.brow))
    return np.asarray(brow[np.argsort(brow[:, 0])])


def _lid(picture: Picture, landmarks: Points, eye: Eye, hair: float) -> Lid | None:
    """What shuts an eye; None for one that is shut, or that lies outside the picture. hair: how far its brow goes down
    below the landmarks."""
    upper, lower = at(landmarks, eye.upper), at(landmarks, eye.lower)
    axes = _axes(upper)
    if axes.width < 4 or np.linalg.norm(upper[3:6] - lower[3:6], axis=1).mean() < _SHUT * axes.width:
        return None
    lids = axes.local(upper), axes.local(lower)
    brow = _brow(landmarks, eye, axes) + np.array([0, hair])
    top = float(np.interp(0, brow[:, 0], brow[:, 1])) - 0.08
    edge, low = 0.5 + _BESIDE, float(lids[1][:, 1].max()) + _BELOW
    corners = np.array([[-edge, top], [edge, top], [-edge, low], [edge, low]])
    box = around(axes.pixels(corners)).within(whole(picture))
    if not box.width or not box.height:
        return None
    places = axes.local(np.stack(box.mesh(), -1).astype(np.float64))
    along, depth = places[..., 0], places[..., 1]
    above, below = (_curve(points, along) for points in lids)
    skin = np.minimum(np.interp(along, brow[:, 0], brow[:, 1]) + _BROW, above - _SKIN)
    reach = smoothstep(0, 0.06, 0.5 - np.abs(along))
    bulge = np.clip(1 - np.abs(2 * along) ** 3, 0, 1)
    return Lid(box, axes.down, axes.width, *(_single(x) for x in (depth, above, below, skin, reach, bulge)))


def _hair(picture: Picture, landmarks: Points, eye: Eye) -> float:
    """How far below its landmarks the hair of a brow ends, in widths of the eye; 0 where nothing dark is seen there."""
    axes = _axes(at(landmarks, eye.upper))
    lid, brow = axes.local(at(landmarks, eye.upper)), _brow(landmarks, eye, axes)
    along = np.linspace(-0.4, 0.4, _COLUMNS)
    begin = np.interp(along, brow[:, 0], brow[:, 1]) - 0.08
    end = np.maximum(begin + 0.1, np.interp(along, lid[:, 0], lid[:, 1]) - 0.06)
    share = np.linspace(0, 1, _PLACES)
    depth = begin[:, None] + (end - begin)[:, None] * share
    points = axes.pixels(np.stack([np.broadcast_to(along[:, None], depth.shape), depth], -1))
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32)
    tone = looked_up(grey, points, cv2.INTER_LINEAR)
    sums = np.cumsum(np.median(tone, 0))
    length = _PLACES // 6
    lighter = [(sums[k + length] - 2 * sums[k] + sums[k - length]) / length for k in range(length, _PLACES - length)]
    if max(lighter) < _HAIR:
        return 0.0
    ends = share[int(np.argmax(lighter)) + length + 1]
    return max(0.0, float(np.median(ends * (end - begin))) - 0.08)


def _single(values: Any) -> FloatArray:
    return np.asarray(values, np.float32)


def _curve(points: Points, along: NDArray[Any]) -> NDArray[Any]:
    """A smooth line through a lid, tied to both corners of the eye; 0 beyond them."""
    x = points[:, 0]
    tied = x**2 - 0.25
    terms = np.stack([tied, tied * x, tied * x**2], 1)
    first, second, third = np.linalg.lstsq(terms, points[:, 1], rcond=None)[0]
    line = (along**2 - 0.25) * (first + second * along + third * along**2)
    return np.asarray(line * (np.abs(along) < 0.5))
