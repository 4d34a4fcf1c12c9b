"""Brows: raised, they take the forehead along; furrowed, they come down and towards each other."""

from __future__ import annotations

import math
from collections.abc import Iterable

from vocasync.engines.lipsync.warp.controls import Control, Moves
from vocasync.engines.lipsync.warp.geometry import EYES, Axes, Points, at

BASES = ("raise", "furrow")

_UPPER_EDGES = (70, 63, 105, 66, 107, 336, 296, 334, 293, 300)
_BETWEEN = (9, 8, 168)
_FOREHEAD = (69, 104, 108, 151, 337, 333, 299)
_HAIRLINE = (10, 109, 338, 67, 297, 103, 332, 54, 284)
_TEMPLES = (21, 251, 162, 389, 127, 356)
_UNDER_EYES = (230, 450, 229, 449, 231, 451, 228, 448)
_INNER, _OUTER = 0.25, 0.95  # mouth units from the middle of the face: where a brow begins and ends


def controls(axes: Axes, landmarks: Points) -> Iterable[Control]:
    """The control points above the cheeks."""
    edges = (*_UPPER_EDGES, *(number for eye in EYES for number in eye.brow))
    for u, v in axes.local(at(landmarks, edges)).tolist():
        yield Control((u, v), _brow(u))
    for number, share in ((_BETWEEN, 0.5), (_FOREHEAD, 0.55), (_HAIRLINE, 0.12), (_TEMPLES, 0.0)):
        for u, v in axes.local(at(landmarks, number)).tolist():
            yield Control((u, v), _skin(share))
    yield from _eyes(axes, landmarks)


def _brow(u: float) -> Moves:
    along = min(1.0, max(0.0, (abs(u) - _INNER) / (_OUTER - _INNER)))
    inner = (1 - along) ** 1.5
    middle = math.sin(math.pi * min(1.0, 0.15 + along))
    down = 0.075 * inner + 0.02 * (1 - along)
    return {"raise": (0, -0.085 - 0.035 * middle), "furrow": (-math.copysign(0.055 * inner, u), down)}


def _skin(share: float) -> Moves:
    return {"raise": (0, -0.10 * share), "furrow": (0, 0.05 * share)}


def _eyes(axes: Axes, landmarks: Points) -> Iterable[Control]:
    """The eyes stay open as they are; a smile lifts the skin under them a little."""
    for eye in EYES:
        for u, v in axes.local(at(landmarks, eye.upper)).tolist():
            yield Control((u, v), {"raise": (0, -0.006)})
        for u, v in axes.local(at(landmarks, eye.lower[1:-1])).tolist():
            yield Control((u, v), {"smile": (0, -0.012)})
    for u, v in axes.local(at(landmarks, _UNDER_EYES)).tolist():
        yield Control((u, v), {"smile": (0, -0.025)})
