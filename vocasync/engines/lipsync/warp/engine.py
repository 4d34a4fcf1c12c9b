"""Lips that are drawn: a photo bent frame by frame, by OpenCV alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from vocasync.engines.base import EngineConfig, Scene
from vocasync.progress import Progress
from vocasync.types import Face, Picture


class DrawnLips:
    """A face that does what a performance says. It has no state; rigs have."""

    name = "warp"
    version = "1"

    def still(self, picture: Picture, face: Face, scene: Scene, progress: Progress) -> Iterator[Picture]:
        """``scene.frames`` pictures of the size of ``picture``; a row of the performance that is all zero gives the
        picture itself."""
        from vocasync.engines.lipsync.warp.rig import Rig, pose

        rig = Rig(picture, face)
        for number in range(scene.frames):
            progress.check()
            yield rig.frame(pose(scene.performance, number))
            progress.report((number + 1) / scene.frames)

    def moving(
        self, frames: Iterable[tuple[Picture, Face | None]], scene: Scene, progress: Progress
    ) -> Iterator[Picture]:
        """Only the mouths change, in frames that show the face from the front; see
        :mod:`vocasync.engines.lipsync.warp.moving`."""
        from vocasync.engines.lipsync.warp.moving import moving

        return moving(frames, scene, progress)


def create(config: EngineConfig) -> DrawnLips:
    """There is nothing to load."""
    return DrawnLips()
