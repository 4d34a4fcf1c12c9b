"""Lips drawn over those of a face in a video.

Of each shot the frame in which the face looks straight on with its mouth closed is made into a rig; the lower face that
it draws is put into every frame, where the head is there and in its light. Frames wait for the choice for two seconds
at most, and less where they are large; a better frame that comes later takes over without a jump. The face is left as
it is while it is turned away.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from vocasync.engines.base import Scene
from vocasync.engines.lipsync.crops import Seen
from vocasync.engines.lipsync.warp.following import aside
from vocasync.engines.lipsync.warp.geometry import CORNERS, axes_of
from vocasync.engines.lipsync.warp.patch import Patch, drawable
from vocasync.engines.lipsync.warp.rig import Pose
from vocasync.engines.lipsync.warp.shots import Frame, steadied
from vocasync.progress import Progress
from vocasync.types import HEAD, Face, Performance, Picture

_WAIT_SECONDS, _WAIT_BYTES, _WAIT_LEAST = 2.0, 160 << 20, 4
_OPEN, _NARROW = 2.5, 2.0  # how much worse an open mouth makes a frame, and a pursed one, a mouth unit of either
_BETTER = 0.15  # by which a later frame takes over
_TAKES_OVER = 6  # frames


def moving(frames: Iterable[Seen], scene: Scene, progress: Progress) -> Iterator[Picture]:
    """See :class:`vocasync.engines.base.LipSync`."""
    wanted = steadied(_while_wanted(frames, progress))
    for done, picture in enumerate(_drawn(_waiting(wanted, scene.fps), scene.performance), start=1):
        progress.check()
        progress.report(min(1.0, done / max(1, scene.frames)))
        yield picture


def _while_wanted(frames: Iterable[Seen], progress: Progress) -> Iterator[Seen]:
    """The frames, which take long to come: nothing is drawn before many of them have."""
    for frame in frames:
        progress.check()
        yield frame


@dataclass(frozen=True, slots=True)
class _Known:
    """A frame, and the best of those of its shot that have been seen when it is drawn."""

    frame: Frame
    best: Frame | None


def _waiting(frames: Iterator[Frame], fps: float) -> Iterator[_Known]:
    """Each frame when enough of its shot has been seen to choose by."""
    held: deque[Frame] = deque()
    best: Frame | None = None
    for frame in frames:
        if held and held[-1].shot != frame.shot:
            yield from (_Known(one, best) for one in held)
            held.clear()
            best = None
        held.append(frame)
        best = _chosen(best, frame, len(held) < _patience(frame.picture, fps))
        while len(held) >= _patience(frame.picture, fps):
            yield _Known(held.popleft(), best)
    yield from (_Known(one, best) for one in held)


def _patience(picture: Picture, fps: float) -> int:
    """Frames that may wait."""
    return max(_WAIT_LEAST, min(round(_WAIT_SECONDS * fps), _WAIT_BYTES // max(1, picture.nbytes)))


def _chosen(best: Frame | None, frame: Frame, early: bool) -> Frame | None:
    if frame.face is None or not drawable(frame.picture, frame.face):
        return best
    if best is None or best.face is None:
        return frame
    return frame if _unfit(frame.face) < _unfit(best.face) - (0 if early else _BETTER) else best


def _unfit(face: Face) -> float:
    """The less, the straighter a face looks, with its mouth closed and at ease."""
    points = face.landmarks[:, :2]
    gap, width = (float(np.linalg.norm(points[one] - points[two])) for one, two in ((13, 14), CORNERS))
    return abs(aside(points)) + (_OPEN * gap - _NARROW * width) / axes_of(points).scale


def _drawn(frames: Iterable[_Known], performance: Performance) -> Iterator[Picture]:
    hand: _Hand | None = None
    for known in frames:
        if known.frame.face is None or known.best is None or not len(performance):
            yield known.frame.picture
            continue
        if hand is None or hand.of.shot != known.frame.shot:
            hand = _Hand(known.best)
        hand.follow(known.best)
        yield hand.draw(known.frame.picture, known.frame.face, _pose(performance, known.frame.number))


def _pose(performance: Performance, number: int) -> Pose:
    """What the mouth does: everything else in a video's face is its own. A mouth that is open in the frame that the rig
    is of is closed first."""
    mouth = performance.mouth[min(number, len(performance) - 1)]
    return Pose(mouth, blink=0.0, head=np.zeros(len(HEAD), np.float32), brows=0.0, smile=0.0, shut=1.0)


class _Hand:
    """Draws with the rig of a frame; with two, while that of a better one takes over."""

    def __init__(self, frame: Frame) -> None:
        self.of = frame
        self._patch = _patch(frame)
        self._before: Patch | None = None
        self._drawn = 0

    def follow(self, frame: Frame) -> None:
        """From now on with the rig of this frame."""
        if frame.number != self.of.number:
            self._before, self._drawn = self._patch, 0
            self.of, self._patch = frame, _patch(frame)

    def draw(self, picture: Picture, face: Face, told: Pose) -> Picture:
        """A frame with this mouth."""
        made = self._patch.put(picture, face, told)
        if self._before is None:
            return made
        self._drawn += 1
        old, share = self._before.put(picture, face, told), self._drawn / _TAKES_OVER
        if self._drawn >= _TAKES_OVER:
            self._before = None
        return np.rint(old + (made.astype(np.float32) - old) * share).astype(np.uint8)


def _patch(frame: Frame) -> Patch:
    if frame.face is None:
        raise ValueError("a frame without a face")
    return Patch(frame.picture, frame.face)
