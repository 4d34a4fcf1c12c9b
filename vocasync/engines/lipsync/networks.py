"""Lip sync by a network that listens."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import repeat

import numpy as np

from vocasync.engines.base import Scene
from vocasync.engines.lipsync.crops import Painter, Seen, spoken
from vocasync.engines.lipsync.hearing import Hearing
from vocasync.progress import Progress, Silent
from vocasync.types import Face, FloatArray, Picture

Maker = Callable[[Scene], Painter]
"""A network for a scene: what is set there may concern it."""

Place = Callable[[int, float], int]
"""The column of the spectrogram where what is heard in a frame begins. Given its number, and frames a second."""


def _alive(picture: Picture, face: Face, scene: Scene) -> Iterator[Picture]:
    """The still as the performance has it, but for its mouth."""
    told = scene.performance
    if not any(moves.any() for moves in (told.blink, told.head, told.brows)):
        return repeat(picture, scene.frames)
    from vocasync.engines.lipsync.warp.engine import DrawnLips

    still = np.zeros_like(told.blink)
    silent = replace(told, mouth=np.zeros_like(told.mouth), smile=still, shut=still)
    return DrawnLips().still(picture, face, replace(scene, performance=silent), Silent())


class NetworkLips:
    """See :class:`vocasync.engines.base.LipSync`."""

    def __init__(self, name: str, version: str, maker: Maker, place: Place, device: str, memory_bytes: int) -> None:
        self.name, self.version = name, version
        self.device, self.memory_bytes = device, memory_bytes
        self._maker, self._place = maker, place

    def still(self, picture: Picture, face: Face, scene: Scene, progress: Progress) -> Iterator[Picture]:
        """See the protocol. What else of the face moves is drawn first: the network makes a mouth alone."""
        return self.moving(((one, face) for one in _alive(picture, face, scene)), scene, progress)

    def moving(self, frames: Iterable[Seen], scene: Scene, progress: Progress) -> Iterator[Picture]:
        """See the protocol."""
        hearing = Hearing(scene.speech)

        def hear(number: int) -> FloatArray:
            return hearing.window(self._place(number, scene.fps))

        return spoken(frames, scene, self._maker(scene), hear, progress)
