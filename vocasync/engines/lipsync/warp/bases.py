"""What each movement of a face does to it: how far which point goes when the movement is made in full.

The face is bent by two fields, one that holds what hangs on the skull and one that holds what hangs on the jaw; beside
the mouth both are told the same, so that they meet there without a step. All figures are in mouth units
(:class:`~vocasync.engines.lipsync.warp.geometry.Axes`), across to the right of the picture and down.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from vocasync.engines.lipsync.warp import brows
from vocasync.engines.lipsync.warp.controls import Control, Moves, pinned
from vocasync.engines.lipsync.warp.fields import Grid, splined
from vocasync.engines.lipsync.warp.geometry import (
    CHIN,
    LOWER_OUTER,
    OVAL,
    UPPER_OUTER,
    Axes,
    Box,
    Points,
    around,
    at,
    bell,
    smoothstep,
    whole,
)
from vocasync.engines.lipsync.warp.lips import Lips
from vocasync.types import MOUTH, Face, FloatArray, Picture

BASES = (*MOUTH[:7], "shut", "smile", "frown", *brows.BASES)
"""The movements, in the order of the fields; the tongue bends nothing."""

JAW = 0.36
"""How far the lower lip falls at the widest."""

Half = Literal["upper", "lower"]
HALVES: tuple[Half, Half] = ("upper", "lower")

_CHIN_AREA = (18, 200, 199, 175, 83, 313, 201, 421, 194, 418, 32, 262, 171, 396, 140, 369)
_JAW_LINE = (152, 148, 377, 176, 400, 149, 378, 150, 379, 136, 365, 172, 397, 58, 288)
_BESIDE_CHIN = (212, 432, 214, 434, 210, 430, 204, 424, 211, 431)
_JOWLS = (192, 416, 213, 433, 138, 367, 135, 364)
_NOSE = (2, 97, 326, 98, 327, 64, 294, 1, 4, 5, 48, 278, 49, 279, 115, 344, 195, 197, 6)
_FOLDS = (205, 425, 36, 266, 203, 423, 206, 426, 216, 436, 165, 391, 92, 322, 186, 410)
_CHEEKS = (50, 280, 101, 330, 117, 346, 187, 411, 123, 352, 147, 376, 207, 427, 118, 347, 119, 348)
_EARS = (234, 454, 93, 323, 132, 361)
_NECK = ((0.18, 0.66), (0.40, 0.42), (0.70, 0.20), (1.05, 0.06), (1.40, 0.0))  # below the chin, share of its fall
_MARGIN_ABOVE, _MARGIN_BELOW, _MARGIN_BESIDE = 0.35, 1.45, 0.3
_FADE = 0.16


@dataclass(frozen=True, slots=True)
class Opening:
    """The line of the mouth in mouth units. upper, lower: shape (n, 2), from the right corner to the left. smiling: 0
    for a mouth that is open because the jaw has fallen, 1 for one whose lips are drawn off its teeth."""

    upper: Points
    lower: Points
    smiling: float = 0.0

    @property
    def middle(self) -> float:
        """Where between the corners is."""
        return float(self.upper[0, 0] + self.upper[-1, 0]) / 2

    @property
    def reach(self) -> float:
        """From the middle to a corner."""
        return float(abs(self.upper[0, 0]) + abs(self.upper[-1, 0])) / 2

    def share(self, u: float) -> float:
        """-1 at one corner, 1 at the other."""
        return (u - self.middle) / self.reach

    def arch(self, u: float, power: float = 2.2, round_: float = 0.75) -> float:
        """1 in the middle of the mouth, 0 from its corners on."""
        return float(max(0.0, 1 - abs(self.share(u)) ** power) ** round_)

    @property
    def upper_share(self) -> float:
        """How much of the gap the upper lip closes: more where it had been drawn up into a smile."""
        return 0.25 + 0.20 * self.smiling

    @property
    def rest(self) -> Points:
        """The line along which the lips touch, shape (n, 2)."""
        return self.upper + (self.lower - self.upper) * self.upper_share

    @property
    def pursing(self) -> float:
        """How far corners come in when the lips are rounded: less where a smile has drawn the cheeks into folds."""
        return 0.19 * (1 - 0.2 * self.smiling)

    def gap(self, u: float) -> float:
        """How far the lips are apart in the picture."""
        apart = self.lower[:, 1] - self.upper[:, 1]
        return float(np.interp(u, self.upper[:, 0], apart, left=0, right=0))


def opening_of(lips: Lips, axes: Axes) -> Opening:
    """The line of a mouth in its units."""
    return Opening(axes.local(lips.upper), axes.local(lips.lower), float(smoothstep(0.25, 0.45, lips.teeth)))


@dataclass(frozen=True, slots=True)
class _Plan:
    """What the control points are laid by. low, high: the oval of the face, mouth units. chin: how far down it is."""

    axes: Axes
    landmarks: Points
    opening: Opening
    half: Half
    low: Points
    high: Points
    chin: float

    def points(self, numbers: tuple[int, ...]) -> Points:
        return self.axes.local(at(self.landmarks, numbers))

    @property
    def lines(self) -> Points:
        return self.opening.upper if self.half == "upper" else self.opening.lower

    @property
    def widest(self) -> float:
        """How far the lips are apart in the picture, at the middle."""
        return self.opening.gap(self.opening.middle)


def face_box(picture: Picture, face: Face, axes: Axes) -> Box:
    """The part of a picture that the fields cover, from the forehead to the neck."""
    oval = axes.local(at(face.landmarks, OVAL))
    (left, top), (right, bottom) = oval.min(0), oval.max(0)
    left, right = left - _MARGIN_BESIDE, right + _MARGIN_BESIDE
    top, bottom = top - _MARGIN_ABOVE, bottom + _MARGIN_BELOW
    corners = axes.pixels(np.array([[left, top], [right, top], [left, bottom], [right, bottom]]))
    return around(corners).within(whole(picture))


def control_points(face: Face, axes: Axes, lips: Lips, box: Box) -> dict[Half, tuple[Points, Points]]:
    """The points that each half is bent by, in mouth units, shape (n, 2), and how far each goes with each movement:
    shape (n, 2 * len(BASES)), across and down in turn."""
    oval = axes.local(at(face.landmarks, OVAL))
    chin = float(axes.local(face.landmarks[CHIN])[1])
    found: dict[Half, tuple[Points, Points]] = {}
    for half in HALVES:
        plan = _Plan(axes, face.landmarks, opening_of(lips, axes), half, oval.min(0), oval.max(0), chin)
        controls = [*_controls(plan), *_frame(box, axes)]
        rows = np.array([control.row(BASES) for control in controls])
        found[half] = np.array([control.point for control in controls]), rows.reshape(len(controls), -1)
    return found


def face_fields(picture: Picture, face: Face, axes: Axes, lips: Lips, grid: Grid) -> dict[Half, FloatArray]:
    """The fields of both halves: pixels that a point goes, shape (len(BASES), rows, columns, 2)."""
    nodes = axes.local(grid.nodes())
    fade = _fade(grid, picture, axes.scale)[..., None, None]
    fields: dict[Half, FloatArray] = {}
    for half, (points, moves) in control_points(face, axes, lips, grid.box).items():
        found = splined(points, moves, nodes).reshape(grid.rows, grid.columns, len(BASES), 2)
        fields[half] = np.ascontiguousarray((axes.turned(found) * fade).transpose(2, 0, 1, 3)).astype(np.float32)
    return fields


def _fade(grid: Grid, picture: Picture, scale: float) -> FloatArray:
    """0 along the sides of the box that lie inside the picture, 1 within. Where the picture itself ends, nothing has to
    meet what is around; but nothing may come in from outside at the sides and the top."""
    nodes, box, margin = grid.nodes(), grid.box, _FADE * scale
    inside = [nodes[..., 0] - box.left, box.right - 1 - nodes[..., 0], nodes[..., 1] - box.top]
    if box.bottom < picture.shape[0]:
        inside.append(box.bottom - 1 - nodes[..., 1])
    return np.asarray(smoothstep(0, margin, np.minimum.reduce(inside)), np.float32)


def _controls(plan: _Plan) -> Iterable[Control]:
    yield from _inner_lip(plan)
    yield from _outer_lip(plan)
    yield from _beyond_corners(plan)
    yield from _skull(plan) if plan.half == "upper" else _jaw(plan)
    yield from pinned(plan.points(_EARS))


def _frame(box: Box, axes: Axes) -> Iterable[Control]:
    """The border of the box stays where it is."""
    share = np.linspace(0, 1, 7)
    x, y = box.left + share * box.width, box.top + share * box.height
    sides = [np.stack([x, np.full(7, edge)], 1) for edge in (box.top, box.bottom)]
    sides += [np.stack([np.full(7, edge), y], 1) for edge in (box.left, box.right)]
    return pinned(axes.local(np.concatenate(sides)))


def _inner_lip(plan: _Plan) -> Iterable[Control]:
    """The edge of the lip that meets the other."""
    for number in np.linspace(0, len(plan.lines) - 1, 15).astype(int):
        u, v = (float(x) for x in plan.lines[number])
        yield Control((u, v), _upper_edge(plan.opening, u) if plan.half == "upper" else _lower_edge(plan.opening, u))


def _upper_edge(opening: Opening, u: float) -> Moves:
    share, arch = opening.share(u), opening.arch(u)
    return {
        "jaw": (-0.055 * share, -0.035 * arch + 0.075 * (1 - arch)),
        "wide": (0.10 * share, -0.006),
        "round": (-1.05 * opening.pursing * share, -0.030 * arch),
        "up": (0, -0.085 * opening.arch(u, 3, 0.8)),
        "tuck": (0, -0.01 * arch),
        "press": (0, 0.012 * arch),
        "shut": (0, opening.upper_share * opening.gap(u)),
        **_corner_moves(share, arch),
    }


def _lower_edge(opening: Opening, u: float) -> Moves:
    share, arch = opening.share(u), opening.arch(u)
    return {
        "jaw": (-0.055 * share, JAW * opening.arch(u, 2.4, 0.7) + 0.075 * (1 - arch)),
        "wide": (0.10 * share, -0.006),
        "round": (-1.05 * opening.pursing * share, 0.035 * arch),
        "low": (0, 0.10 * opening.arch(u, 3, 0.8)),
        "tuck": (0, -0.06 * arch),
        "press": (0, -0.012 * arch),
        "shut": (0, (opening.upper_share - 1) * opening.gap(u)),
        **_corner_moves(share, arch),
    }


def _corner_moves(share: float, arch: float) -> Moves:
    """What a smile and its contrary do to both edges, most at the corners."""
    end = 1 - arch
    return {"smile": (0.12 * share, -0.095 * end + 0.012 * arch), "frown": (0.015 * share, 0.098 * end - 0.012 * arch)}


def _outer_lip(plan: _Plan) -> Iterable[Control]:
    """The edge between the lip and the skin."""
    numbers = UPPER_OUTER if plan.half == "upper" else LOWER_OUTER
    points = plan.points(numbers)
    for place, (u, v) in enumerate(points.tolist()):
        share = min(1.25, max(-1.25, plan.opening.share(u)))
        if place in (0, len(points) - 1):
            yield Control((u, v), _corner(math.copysign(1, share), plan.opening))
        elif plan.half == "upper":
            yield Control((u, v), _upper_border(plan.opening, u, share))
        else:
            yield Control((u, v), _lower_border(plan.opening, u, share))


def _corner(side: float, opening: Opening) -> Moves:
    return {
        "jaw": (-0.05 * side, 0.072),
        "wide": (0.095 * side, -0.01),
        "round": (-0.98 * opening.pursing * side, 0),
        "up": (0, -0.012),
        "low": (0, 0.012),
        "smile": (0.115 * side, -0.095),
        "frown": (0.015 * side, 0.100),
    }


def _upper_border(opening: Opening, u: float, share: float) -> Moves:
    arch = opening.arch(u)
    return {
        "jaw": (-0.045 * share, -0.026 * arch + 0.06 * (1 - arch)),
        "wide": (0.085 * share, 0.006),
        "round": (-0.87 * opening.pursing * share, -0.045 * arch),
        "up": (0, -0.06 * opening.arch(u, 3, 0.8)),
        "tuck": (0, -0.005),
        "press": (0, 0.03 * arch),
        "shut": (0, (0.20 + 0.15 * opening.smiling) * opening.gap(u)),
        "smile": (0.10 * share, -0.085 * (1 - arch) + 0.004 * arch),
        "frown": (0.01 * share, 0.08 * (1 - arch)),
    }


def _lower_border(opening: Opening, u: float, share: float) -> Moves:
    arch = opening.arch(u)
    return {
        "jaw": (-0.04 * share, JAW * 0.96 * opening.arch(u, 2.4, 0.75) + 0.068 * (1 - arch)),
        "wide": (0.085 * share, -0.008),
        "round": (-0.87 * opening.pursing * share, 0.05 * arch),
        "low": (0, 0.075 * opening.arch(u, 3, 0.8)),
        "tuck": (0, -0.05 * arch),
        "press": (0, -0.032 * arch),
        "shut": (0, -(0.70 - 0.20 * opening.smiling) * opening.gap(u)),
        "smile": (0.10 * share, -0.08 * (1 - arch)),
        "frown": (0.01 * share, 0.075 * (1 - arch) - 0.02 * arch),
    }


def _beyond_corners(plan: _Plan) -> Iterable[Control]:
    """The line on which both halves meet, from each corner to the edge of the face: the same for both."""
    for side, end in ((-1, plan.opening.upper[0]), (1, plan.opening.upper[-1])):
        edge = float(plan.low[0] if side < 0 else plan.high[0])
        for away, left in ((0.10, 0.82), (0.22, 0.60), (0.40, 0.30)):
            u = float(end[0]) + side * away
            if abs(u) < abs(edge) - 0.1:
                yield Control((u, float(end[1])), _beside(side, left, plan.opening))
        yield Control((edge, float(end[1])), {"jaw": (0, 0.012)})


def _beside(side: int, left: float, opening: Opening) -> Moves:
    return {
        "jaw": (-0.05 * side * left, 0.07 * left + 0.04 * (1 - left)),
        "wide": (0.085 * side * left, -0.015 * left),
        "round": (-0.80 * opening.pursing * side * left**1.7, 0),
        "up": (0, -0.01 * left),
        "low": (0, 0.01 * left),
        "shut": (0, -0.05 * opening.gap(opening.middle) * left),
        "smile": (0.095 * side * left, -0.085 * left),
        "frown": (0, 0.072 * left),
    }


def _jaw(plan: _Plan) -> Iterable[Control]:
    """The chin, the line of the jaw, the skin between them and the mouth, and the neck that the chin slides over."""
    gap = plan.widest * (1 - 0.45 * plan.opening.smiling)  # that the jaw has fallen by
    for u, v in plan.points(_CHIN_AREA).tolist():
        near = float(bell(u, 0.62))
        shift = {"low": (0.0, 0.015 * near), "press": (0.0, -0.015 * near), "tuck": (0.0, -0.02 * near)}
        sides = {"round": (-0.03 * u, 0.004), "wide": (0.02 * u, 0.0), "frown": (0.0, -0.025 * near)}
        yield Control((u, v), {"jaw": (0, JAW * 0.80 * near), "shut": (0, -0.6 * gap * near), **shift, **sides})
    for u, v in plan.points(_JAW_LINE).tolist():
        near = float(bell(u, 0.70))
        down = {"jaw": (0.0, JAW * 0.72 * near), "shut": (0.0, -0.5 * gap * near), "press": (0.0, -0.01 * near)}
        yield Control((u, v), down)
    for u, v in plan.points(_BESIDE_CHIN).tolist():
        near, side = float(bell(u, 0.62)), math.copysign(1, u)
        across = {
            "wide": (0.03 * side, 0.0),
            "round": (-0.34 * plan.opening.pursing * side, 0.0),
            "smile": (0.045 * side, -0.035),
        }
        down = {"jaw": (-0.025 * side, JAW * 0.62 * near), "shut": (0.0, -0.4 * gap * near), "frown": (0.0, 0.02)}
        yield Control((u, v), {**down, **across})
    for u, v in plan.points(_JOWLS).tolist():
        near, side = float(bell(u, 0.80)), math.copysign(1, u)
        yield Control((u, v), {"jaw": (-0.03 * side, JAW * 0.40 * near), "smile": (0.03 * side, -0.02)})
    for below, left in _NECK:
        for u in (-0.8, -0.4, 0.0, 0.4, 0.8):
            near = left * float(bell(u, 0.7))
            yield Control((u, plan.chin + below), {"jaw": (0, JAW * 0.72 * near), "shut": (0, -0.5 * gap * near)})


def _skull(plan: _Plan) -> Iterable[Control]:
    """The nose, the folds beside it, the cheeks, the eyes and the brows."""
    for u, v in plan.points(_NOSE).tolist():
        yield Control((u, v), {"up": (0, -0.008), "smile": (0.03 * u, -0.006 if v > -0.75 else 0)})
    for u, v in plan.points(_FOLDS).tolist():
        yield Control((u, v), _fold(u, v, plan.opening))
    for u, v in plan.points(_CHEEKS).tolist():
        yield Control((u, v), _cheek(u, v))
    yield from brows.controls(plan.axes, plan.landmarks)


def _fold(u: float, v: float, opening: Opening) -> Moves:
    """Beside the nose and above the corners: drawn along by these, and by a jaw that pulls the cheek long."""
    side = math.copysign(1, u)
    near = math.exp(-(((abs(u) - opening.reach) / 0.3) ** 2 + (v / 0.35) ** 2))
    lifted = math.exp(-(((abs(u) - 0.55) / 0.35) ** 2 + ((v + 0.25) / 0.4) ** 2))
    return {
        "wide": (0.06 * side * near, -0.02 * near),
        "round": (-0.48 * opening.pursing * side * near, 0),
        "jaw": (-0.02 * side * near, 0.045 * near + 0.012),
        "up": (0, -0.02),
        "smile": (0.06 * side * lifted, -0.065 * lifted),
        "frown": (0, 0.03 * near),
    }


def _cheek(u: float, v: float) -> Moves:
    """Further out and higher: a smile lifts the cheek, a falling jaw draws it long."""
    side = math.copysign(1, u)
    apple = math.exp(-(((abs(u) - 0.7) / 0.4) ** 2 + ((v + 0.55) / 0.4) ** 2))
    low = float(smoothstep(-1.0, 0.1, v))
    return {"smile": (0.03 * side * apple, -0.06 * apple), "jaw": (-0.02 * side * low, 0.05 * low)}
