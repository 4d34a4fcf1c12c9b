"""The pictures of a film, each with the face in it: found, followed, and found again."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from itertools import repeat

from vocasync.engines.base import FaceFinder
from vocasync.types import Face, Picture

_LOOK_AGAIN = 1.0  # seconds after which a face that is followed is looked for anew: one that slid off is noticed
_LOOK_OUT = 0.2  # seconds between two looks while nobody is seen
_SAME = 0.3  # overlap of the boxes of one face
_HELD = 1.0  # seconds of pictures that are kept, for whoever looks back


class Followed:
    """A film that is gone through once, from its beginning to its end, and a little back at times.

    pictures: of all of it, in order; where they end, the last one stands on. Memory is flat in their number.
    """

    def __init__(self, pictures: Iterator[Picture], finder: FaceFinder, fps: float) -> None:
        self._pictures = _standing(pictures)
        self._finder = finder
        self._fps = fps
        self._held: deque[tuple[Picture, Face | None]] = deque(maxlen=max(1, round(_HELD * fps)))
        self._next = 0
        self._face: Face | None = None
        self._looked = 0
        self._seen: set[int] = set()

    def seen(self, frames: range) -> Iterator[tuple[Picture, Face | None]]:
        """These pictures, each with its face. They may begin a second before the last one that was asked for."""
        self._skip_to(frames.start)
        for number in frames:
            if number >= self._next:
                self._advance()
            yield self._held[len(self._held) - self._next + number]

    def faces(self, frames: range) -> int:
        """In how many of these pictures, of those that were gone through last, a face was seen."""
        found = sum(number in self._seen for number in frames)
        self._seen = {number for number in self._seen if number >= frames.stop}
        return found

    def _skip_to(self, number: int) -> None:
        """Pass over pictures that nobody wants; nobody is looked for in them."""
        while self._next < number - (self._held.maxlen or 0):
            next(self._pictures)
            self._next += 1
            self._held.clear()
            self._face = None
        while self._next < number:
            self._advance()

    def _advance(self) -> None:
        picture = next(self._pictures)
        self._face = self._face_in(picture)
        self._held.append((picture, self._face))
        if self._face is not None:
            self._seen.add(self._next)
        self._next += 1

    def _face_in(self, picture: Picture) -> Face | None:
        before, since = self._face, self._next - self._looked
        followed = self._finder.follow(picture, before) if before is not None else None
        due = _LOOK_OUT if before is None else _LOOK_AGAIN
        lost = before is not None and followed is None
        if not lost and self._next > 0 and since < due * self._fps:
            return followed
        self._looked = self._next
        return self._found(picture, followed)

    def _found(self, picture: Picture, followed: Face | None) -> Face | None:
        """Whom there is to be seen: the one who is followed as long as they are there, else whoever is largest."""
        faces = self._finder.faces(picture)
        if followed is not None and any(_overlap(followed, face) >= _SAME for face in faces):
            return followed
        return max(faces, key=_size, default=None)


def _standing(pictures: Iterator[Picture]) -> Iterator[Picture]:
    last: Picture | None = None
    for picture in pictures:
        last = picture
        yield picture
    if last is not None:
        yield from repeat(last)


def _size(face: Face) -> float:
    left, top, right, bottom = face.box
    return (right - left) * (bottom - top)


def _overlap(one: Face, other: Face) -> float:
    """Shared area of the boxes around the points, over that of both."""
    boxes = [(*face.landmarks[:, :2].min(axis=0), *face.landmarks[:, :2].max(axis=0)) for face in (one, other)]
    (l1, t1, r1, b1), (l2, t2, r2, b2) = boxes
    shared = max(0.0, min(r1, r2) - max(l1, l2)) * max(0.0, min(b1, b2) - max(t1, t2))
    return float(shared / max(1e-9, (r1 - l1) * (b1 - t1) + (r2 - l2) * (b2 - t2) - shared))
