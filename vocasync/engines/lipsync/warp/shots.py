"""The frames of a video shot by shot, their faces steadied: landmarks tremble, heads do not."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from vocasync.engines.lipsync.crops import Seen, extent, overlap
from vocasync.types import Face, FloatArray, Picture

_AROUND = 3  # frames before and after that a face is steadied by
_THUMB = (32, 18)
_CUT = 28.0  # grey levels that small pictures of two frames differ by on average, from which they are of two shots
_SAME = 0.3  # overlap of the boxes of one face in consecutive frames
_LOOK = 24  # pixels of a side of the small picture of a face
_ALIKE = (
    0.75  # correlation of these, that the same face has with itself a frame later (0.96 and more, if it hurries less)
)


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame of a video. number: from the video's first. shot: that it belongs to, from 0."""

    number: int
    picture: Picture
    face: Face | None
    shot: int


def steadied(frames: Iterable[Seen]) -> Iterator[Frame]:
    """The frames in their order, each with its shot, and its face where the frames around say that it is."""
    past: deque[Frame] = deque(maxlen=_AROUND)
    coming: deque[Frame] = deque()
    for frame in _shots(frames):
        coming.append(frame)
        if len(coming) > _AROUND:
            yield _steadied(past, coming)
            past.append(_bare(coming.popleft()))
    while coming:
        yield _steadied(past, coming)
        past.append(_bare(coming.popleft()))


def _bare(frame: Frame) -> Frame:
    """What is remembered of a frame that has passed: not its picture."""
    return replace(frame, picture=frame.picture[:0])


def _shots(frames: Iterable[Seen]) -> Iterator[Frame]:
    shot, before, last = 0, None, None
    for number, (picture, face) in enumerate(frames):
        thumb = _grey(picture, _THUMB)
        seen = None if face is None else _Look.at(picture, face)
        changed = before is not None and float(np.abs(thumb - before).mean()) > _CUT
        if changed or (last is not None and seen is not None and not seen.like(last)):
            shot, last = shot + 1, None
        before, last = thumb, seen or last
        yield Frame(number, picture, face, shot)


@dataclass(frozen=True, slots=True)
class _Look:
    """What is remembered of a face. box: around it; pixels: grey and small, their mean 0 and their length 1."""

    box: NDArray[np.float64]
    pixels: FloatArray

    @classmethod
    def at(cls, picture: Picture, face: Face) -> _Look:
        box = extent(face)
        height, width = picture.shape[:2]
        left, top, right, bottom = np.clip(np.round(box).astype(int), 0, [width, height, width, height]).tolist()
        inside = picture[top:bottom, left:right]
        pixels = _grey(inside, (_LOOK, _LOOK)) if inside.size else np.zeros((_LOOK, _LOOK), np.float32)
        pixels = pixels - pixels.mean()
        return cls(box, pixels / np.float32(max(1.0, float(np.linalg.norm(pixels)))))

    def like(self, other: _Look) -> bool:
        """Whether it may be the same face a frame later. Two that have nothing to be seen on them may be."""
        blank = not self.pixels.any() and not other.pixels.any()
        alike = blank or float((self.pixels * other.pixels).sum()) > _ALIKE
        return alike and overlap(self.box, other.box) >= _SAME


def _grey(picture: Picture, size: tuple[int, int]) -> FloatArray:
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), np.float32)


def _steadied(past: Sequence[Frame] | deque[Frame], coming: deque[Frame]) -> Frame:
    now = coming[0]
    if now.face is None:
        return now
    around = [(0, now.face), *_run(reversed(past), now.shot, -1), *_run(list(coming)[1:], now.shot, 1)]
    weights = _weights(tuple(offset for offset, _ in around))
    landmarks = np.einsum("n,npd->pd", weights, np.stack([face.landmarks for _, face in around]))
    return replace(now, face=replace(now.face, landmarks=landmarks))


def _run(frames: Iterable[Frame], shot: int, step: int) -> Iterator[tuple[int, Face]]:
    """The faces next to a frame until one is missing, each with how far away it is."""
    for away, frame in enumerate(frames, start=1):
        if frame.face is None or frame.shot != shot:
            return
        yield step * away, frame.face


@lru_cache(maxsize=64)
def _weights(offsets: tuple[int, ...]) -> FloatArray:
    """What a parabola through values at these offsets is made of at 0 (A. Savitzky and M. Golay, 1964): it follows a
    head that moves, also at its turning points."""
    powers = np.vander(np.array(offsets, np.float64), min(3, len(offsets)), increasing=True)
    return np.asarray(np.linalg.pinv(powers)[0], np.float32)
