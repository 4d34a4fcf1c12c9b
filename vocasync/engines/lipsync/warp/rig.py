"""One portrait, ready to move: everything that frames have in common is computed once."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from vocasync.engines.lipsync.warp.bases import BASES, HALVES, Half, face_box, face_fields
from vocasync.engines.lipsync.warp.eyes import Eyes
from vocasync.engines.lipsync.warp.fields import Grid, Inverter
from vocasync.engines.lipsync.warp.geometry import OVAL, around, at, axes_of, whole
from vocasync.engines.lipsync.warp.head import Head
from vocasync.engines.lipsync.warp.interior import Affine
from vocasync.engines.lipsync.warp.lips import read_lips
from vocasync.engines.lipsync.warp.mouth import Mouth
from vocasync.engines.lipsync.warp.pixels import Warp, looked_up
from vocasync.types import MOUTH, Face, FloatArray, Performance, Picture

STEP = 1 / 30
"""Mouth units between the nodes that fields are kept at."""

_STILL = 1e-4  # under which a movement is none


@dataclass(frozen=True, slots=True)
class Pose:
    """What a face does in one frame: a row of a :class:`~vocasync.types.Performance`."""

    mouth: FloatArray
    blink: float
    head: FloatArray
    brows: float
    smile: float
    shut: float


def pose(performance: Performance, number: int) -> Pose:
    """One row of a performance."""
    return Pose(
        performance.mouth[number],
        float(performance.blink[number]),
        performance.head[number],
        float(performance.brows[number]),
        float(performance.smile[number]),
        float(performance.shut[number]),
    )


class Rig:
    """A portrait that can be given poses. Not for several threads at once."""

    def __init__(self, picture: Picture, face: Face) -> None:
        self._source = picture.copy()  # the same with its eyes as they are in this frame
        self._blinked = 0.0
        axes = axes_of(face.landmarks)
        lips = read_lips(picture, face, axes)
        self._parted = lips.parted
        box = face_box(picture, face, axes)
        self._grid = Grid.over(box, max(1.5, STEP * axes.scale))
        self._fields = face_fields(picture, face, axes, lips, self._grid)
        self._invert = Inverter(self._grid)
        self._mouth = Mouth(picture, face, axes, lips, self._grid)
        self._eyes = Eyes(picture, face)
        self._head = Head(picture, face, axes)
        self._head_here = self._head.on(self._grid)
        self._sharp = around(at(face.landmarks, OVAL)).within(self._head.box)
        self._at = np.dstack(whole(picture).mesh())
        # three places of the mouth, by which what hangs on the skull follows the head
        self._places = axes.pixels(np.array([[0.0, 0.0], [0.4, 0.0], [0.0, 0.4]]))

    def frame(self, told: Pose) -> Picture:
        """The picture in this pose; the picture itself where the pose is none."""
        self._blink(told.blink)
        amounts = self._amounts(told)
        held = np.abs(told.head).max() > _STILL
        bent = np.abs(amounts).max() > _STILL
        frame = self._source.copy()
        if not held and not bent:
            return frame
        turned = np.tensordot(-np.asarray(told.head, np.float32), self._head_here, 1) if held else None
        back = self._back(amounts, turned) if bent else None
        if held:
            self._turn(frame, self._head.back(told.head), back)
        elif back is not None:
            self._bend(frame, back)
        if back is not None and np.abs(amounts[: len(MOUTH) + 1]).max() > _STILL:
            mouth = dict(zip(MOUTH, told.mouth.tolist(), strict=True))
            self._mouth.draw(frame, self._source, back, mouth, self._skull(turned))
        return frame

    def _blink(self, shut: float) -> None:
        if shut != self._blinked:
            self._eyes.draw(self._source, shut)
            self._blinked = shut

    def _amounts(self, told: Pose) -> FloatArray:
        """How far each of BASES is made."""
        amounts = dict(zip(MOUTH, told.mouth.tolist(), strict=True))
        amounts["shut"] = told.shut if self._parted else 0.0
        amounts["smile"], amounts["frown"] = max(0.0, told.smile), max(0.0, -told.smile)
        amounts["raise"], amounts["furrow"] = max(0.0, told.brows), max(0.0, -told.brows)
        return np.array([amounts[name] for name in BASES], np.float32)

    def _back(self, amounts: FloatArray, turned: FloatArray | None) -> dict[Half, FloatArray]:
        """Where the pixels of each half come from, pixels on the grid."""
        back: dict[Half, FloatArray] = {}
        for half in HALVES:
            moves = np.ascontiguousarray(np.tensordot(amounts, self._fields[half], 1))
            found = self._invert(moves, turned)
            back[half] = found if turned is None else found + turned
        return back

    def _joined(self, back: dict[Half, FloatArray]) -> FloatArray:
        """Both halves as one, to be spread over the face; beside the mouth they agree where they meet."""
        return back["lower"] + (back["upper"] - back["lower"]) * self._mouth.above

    def _bend(self, frame: Picture, back: dict[Half, FloatArray]) -> None:
        box = self._grid.box
        where = self._at[box.slices] + self._grid.spread(self._joined(back))
        Warp(where).draw(frame[box.slices], self._source, box.seen_from(box), cv2.INTER_CUBIC)

    def _turn(self, frame: Picture, held: FloatArray, back: dict[Half, FloatArray] | None) -> None:
        """The whole head at once, so that nothing is resampled twice."""
        moved = self._head.grid.spread(held)
        if back is not None:
            box = self._grid.box
            moved[box.slices] = self._grid.spread(self._joined(back))
        warp = Warp(self._at + moved)
        for around_face in self._head.box.without(self._sharp):
            warp.draw(frame, self._source, around_face, cv2.INTER_LINEAR)
        warp.draw(frame, self._source, self._sharp, cv2.INTER_CUBIC)

    def _skull(self, turned: FloatArray | None) -> Affine:
        """From pixels of the frame to those of the picture, for what hangs on the skull at the mouth: (2, 3)."""
        if turned is None:
            return np.eye(2, 3)
        corner = np.array([self._grid.box.left, self._grid.box.top])
        nodes = (self._places - corner + 0.5) * self._grid.per_pixel() - 0.5
        there = looked_up(turned, nodes[None], cv2.INTER_LINEAR)[0]
        places = self._places.astype(np.float32)
        return np.asarray(cv2.getAffineTransform(places, places + there.astype(np.float32)))
