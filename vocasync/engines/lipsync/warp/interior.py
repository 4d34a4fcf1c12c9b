"""What is seen between parted lips: the cavity, upper teeth that hang on the skull, tongue and lower teeth on the jaw.

Painted once a portrait, in mouth units, in colours that its own skin and light give; laid under the lips in each frame.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vocasync.engines.lipsync.warp.bases import JAW, Opening
from vocasync.engines.lipsync.warp.geometry import Axes, Box, bell, smoothstep
from vocasync.engines.lipsync.warp.pixels import sample
from vocasync.types import Face, FloatArray, Picture

Affine = NDArray[Any]
"""From pixels to pixels: shape (2, 3)."""

Told = Mapping[str, float]
"""How far each movement of MOUTH is made."""

_CHEEKS = (50, 280, 205, 425, 117, 346, 36, 266, 101, 330)
_LUMA = np.array([0.299, 0.587, 0.114])
_GREY = 6  # levels between the channels of skin in a picture without colours
_TOP, _BOTTOM, _BESIDE = -0.35, 0.85, 0.14  # mouth units of the painting around the line of the lips
_UPPER_WIDTHS = np.array([0.088, 0.072, 0.076, 0.068, 0.060])  # of teeth from the middle out
_LOWER_WIDTHS = np.array([0.056, 0.058, 0.064, 0.062, 0.060])
_USUAL_REACH = 0.42  # half the width of a mouth that these teeth belong to
_EDGE = 0.075  # of the teeth below the line of the lips
WITH_JAW = 0.92
"""Share of the lower lip's fall that teeth and tongue make."""

_ON_TOP = 0.3  # share of it that a tongue at the upper teeth makes


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours, levels of red, green and blue, shape (3,)."""

    teeth: NDArray[np.float64]
    tongue: NDArray[np.float64]
    deep: NDArray[np.float64]
    flesh: NDArray[np.float64]


def palette(picture: Picture, face: Face) -> Palette:
    """The colours that the inside of this mouth has, by the light on the cheeks."""
    skin = np.median(sample(picture, face.landmarks[list(_CHEEKS)]).astype(np.float64), 0)
    light = float(skin @ _LUMA)
    cast = (skin / max(light, 1.0)) ** 0.35
    teeth = np.clip(cast / cast.mean() * min(244.0, 0.60 * light + 104), 0, 248)
    dim = float(np.clip(light / 170, 0.35, 1.1))
    tongue, deep, flesh = (
        np.array(levels) * dim for levels in ((176.0, 84.0, 86.0), (26.0, 10.0, 13.0), (92.0, 34.0, 36.0))
    )
    if np.ptp(skin) < _GREY:
        teeth, tongue, deep, flesh = (np.full(3, levels.mean()) for levels in (teeth, tongue, deep, flesh))
    return Palette(teeth, tongue, deep, flesh)


@dataclass(frozen=True, slots=True)
class Layer:
    """Something painted: premultiplied levels and cover, shape (height, width, 4)."""

    paint: FloatArray

    def over(self, below: FloatArray, affine: Affine, light: FloatArray, strength: float = 1.0) -> FloatArray:
        """It on top of what is below it, shape (h, w, 3), in this light. affine: from pixels there to its own."""
        size = (below.shape[1], below.shape[0])
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        found = cv2.warpAffine(self.paint, affine, size, flags=flags, borderMode=cv2.BORDER_CONSTANT)
        kept = 1 - found[..., 3:] * np.float32(strength)
        return np.asarray(below * kept + found[..., :3] * (light * np.float32(strength)), np.float32)


class Interior:
    """The inside of one mouth."""

    def __init__(self, picture: Picture, face: Face, axes: Axes, opening: Opening) -> None:
        self._axes = axes
        self._opening = opening
        painter = _Painter(palette(picture, face), axes, opening)
        self._per_unit = painter.per_unit
        self._origin = painter.origin
        self._cavity = Layer(painter.cavity())
        self._upper = Layer(painter.teeth(_UPPER_WIDTHS, -1, 1.0))
        self._tongue = Layer(painter.tongue(0.08, 0.30, 0.22, 0.92))
        self._lower = Layer(painter.teeth(_LOWER_WIDTHS, 1, 0.72))
        self._tip = Layer(painter.tongue(0.20, 0.22, 0.12, 1.05))

    def draw(self, box: Box, moved: Affine, mouth: Told, light: FloatArray, own_teeth: bool) -> FloatArray:
        """Levels at the pixels of a box, shape (height, width, 3).

        moved: from pixels of the frame to those of the picture, shape (2, 3). mouth: jaw, round and tongue of MOUTH.
        light: how much of it comes in at each pixel, 0 to 1. own_teeth: the picture shows upper teeth itself.
        """
        fixed = self._affine(box, moved, 0.0)
        fallen = self._affine(box, moved, mouth["jaw"] * JAW * WITH_JAW)
        light = light[..., None]
        shown = 1 - 0.85 * float(smoothstep(0.2, 0.9, mouth["round"]))  # rounded lips stand before them
        on_teeth = light**0.35 * 0.92 + 0.08  # they stand further out than all else
        found = self._cavity.over(np.zeros((box.height, box.width, 3), np.float32), fixed, light)
        found = self._tongue.over(found, fallen, light**0.4)
        found = self._lower.over(found, fallen, on_teeth, shown)
        if mouth["tongue"] > 0.02:
            lifted = self._affine(box, moved, mouth["jaw"] * JAW * _ON_TOP)
            found = self._tip.over(found, lifted, light**0.4, min(1.0, mouth["tongue"]))
        if not own_teeth:
            found = self._upper.over(found, fixed, on_teeth, shown)
        return found

    def _affine(self, box: Box, moved: Affine, down: float) -> Affine:
        """From a pixel of a box of the frame to one of the paint, which has gone ``down`` by so many mouth units."""
        turn = np.stack([self._axes.across, self._axes.down]) / self._axes.scale
        origin = np.array([0.0, down]) + self._origin
        linear = turn @ moved[:, :2] * self._per_unit
        shift = turn @ (moved[:, :2] @ [box.left, box.top] + moved[:, 2] - self._axes.origin) - origin
        return np.column_stack([linear, shift * self._per_unit - 0.5])


class _Painter:
    """Paints in mouth units: ``u``, ``v`` of each pixel, ``fall`` below the line of the lips at the middle."""

    def __init__(self, colours: Palette, axes: Axes, opening: Opening) -> None:
        self._colours = colours
        self._opening = opening
        line = opening.rest
        self._rest = float(np.interp(opening.middle, line[:, 0], line[:, 1]))
        half = opening.reach + _BESIDE
        width = int(np.clip(axes.scale * 2 * half * 1.5, 64, 700))
        self.per_unit = width / (2 * half)
        self.origin = np.array([opening.middle - half, self._rest + _TOP])
        height = int((_BOTTOM - _TOP) * self.per_unit)
        u = (np.arange(width) + 0.5) / self.per_unit + self.origin[0]
        v = (np.arange(height) + 0.5) / self.per_unit + self.origin[1]
        self._u, self._v = np.meshgrid(u, v)
        self._away = self._u - opening.middle
        self._fall = self._v - self._rest
        self._size = opening.reach / _USUAL_REACH
        # rows of teeth follow the line of the lips a little
        self._curve = 0.28 * (np.interp(u, line[:, 0], line[:, 1]) - self._rest)[None]

    def cavity(self) -> FloatArray:
        """Dark in the middle, where it is deep, redder to the sides and below."""
        aside = np.abs(self._away) / self._opening.reach
        depth = np.exp(-((aside / 0.75) ** 2) - ((self._fall - 0.10) / 0.20) ** 2)
        share = (1 - 0.85 * depth) * (1 - 0.5 * smoothstep(0.55, 1.05, aside)) * smoothstep(-0.12, 0.35, self._fall)
        levels = self._colours.deep + (self._colours.flesh - self._colours.deep) * share[..., None]
        return self._painted(levels, np.ones_like(share))

    def tongue(self, at: float, half_width: float, half_height: float, light: float) -> FloatArray:
        """Round, lit in front, falling into the dark behind, with its groove."""
        aside = self._away / (half_width * self._size)
        shape = np.exp(-(np.abs(aside) ** 3) - np.abs((self._fall - at) / half_height) ** 3)
        cover = smoothstep(0.18, 0.75, shape)
        front = 0.35 + 0.65 * smoothstep(at - 0.95 * half_height, at - 0.15 * half_height, self._fall)
        groove = 1 - 0.14 * bell(self._away, 0.03) * smoothstep(at - half_height, at, self._fall)
        sides = 1 - 0.40 * smoothstep(0.45, 1.1, np.abs(aside))
        shine = 0.10 * bell(np.abs(aside) - 0.30, 0.16) * bell(self._fall - at - 0.02, 0.06)
        shade = light * front * groove * sides
        levels = self._colours.tongue * shade[..., None] + 255 * shine[..., None]
        return self._painted(levels, cover)

    def teeth(self, widths: NDArray[Any], side: int, light: float) -> FloatArray:
        """A row with its biting edge below the line of the lips; side -1: above that edge, 1: below."""
        ends = np.concatenate([[0.0], np.cumsum(widths * self._size)])
        away = np.abs(self._away)
        number = np.clip(np.searchsorted(ends, away.ravel()).reshape(away.shape) - 1, 0, len(widths) - 1)
        begin, end = ends[number], ends[number + 1]
        within = (away - begin) / (end - begin)
        rounding = 0.016 * np.abs(2 * within - 1) ** 4 + 0.005 * number
        edge = self._rest + _EDGE + self._curve + side * rounding
        beyond = (edge - self._v) * -side * self.per_unit  # pixels inside the row
        cover = np.clip(0.5 + beyond / 1.6, 0, 1) * (away < ends[-1])
        gap = 1 - np.clip(np.minimum(within, 1 - within) * (end - begin) * self.per_unit / 1.6, 0, 1)
        height = np.abs(self._v - edge) / (0.15 * self._size)
        round_ = 1 - 0.10 * np.abs(2 * within - 1) ** 2
        shade = light * (1 - 0.60 * smoothstep(0.12, ends[-1] * 1.05, away)) * (1 - 0.24 * gap) * round_
        shade = shade * (0.90 + 0.10 * smoothstep(0, 0.25, height)) * (1 - 0.22 * smoothstep(0.4, 1.2, height))
        return self._painted(self._colours.teeth * shade[..., None], cover)

    def _painted(self, levels: NDArray[Any], cover: NDArray[Any]) -> FloatArray:
        paint = np.dstack([levels * cover[..., None], cover]).astype(np.float32)
        return np.asarray(cv2.GaussianBlur(paint, (0, 0), max(0.5, 0.006 * self.per_unit)), np.float32)
