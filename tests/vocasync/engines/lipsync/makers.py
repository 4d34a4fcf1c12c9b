"""Where each lip sync engine runs for the tests, by its name in the registry, and what it is given there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from tests.factory import speech_samples
from tests.tiny import tiny
from vocasync.engines.base import EngineConfig, Scene
from vocasync.types import ANALYSIS_RATE, Audio, Face, FloatArray, Performance, Picture

FPS = 25.0
WIDTH, HEIGHT = 320, 240

Maker = Callable[[Path], EngineConfig]


def _weights(name: str) -> Maker:
    return lambda folder: EngineConfig(models=tiny(name), cache=folder, network=False, device="cpu")


MAKERS: dict[str, Maker] = {
    "diff2lip": _weights("diff2lip"),
    "warp": lambda folder: EngineConfig(cache=folder, network=False, device="cpu"),
    "wav2lip": _weights("wav2lip"),
}
"""Given an empty folder, the configuration of a place where the engine is ready, with a tiny checkpoint of random
weights where it wants any."""


@dataclass(frozen=True)
class Cast:
    """Who speaks. at: the frame of a number, of a video in which they go to the right. below: rows beneath a face's box
    that belong to it. few, many: frames, of which the engine has no more in memory for the latter than for the former.
    """

    at: Callable[[int], tuple[Picture, Face]]
    below: int
    few: int
    many: int

    def seen(self, frames: int, gaps: Iterable[int] = ()) -> Iterator[tuple[Picture, Face | None]]:
        """A video, in some of whose frames the face is not to be seen."""
        missing = set(gaps)
        for number in range(frames):
            picture, face = self.at(number)
            yield picture, None if number in missing else face


def anybody() -> Cast:
    """For networks: noise, of which a part is called a face."""
    return Cast(lambda number: (noise(number), head(120.0 + 4 * number)), below=11, few=16, many=48)


def somebody(picture: Picture, face: Face) -> Cast:
    """For what needs a face: a portrait."""

    def at(number: int) -> tuple[Picture, Face]:
        far = 2 * (number % 20)
        moved = np.pad(picture, ((0, 0), (far, 0), (0, 0)), mode="edge")[:, : picture.shape[1]]
        left, top, right, bottom = face.box
        shifted = replace(
            face, box=(left + far, top, right + far, bottom), landmarks=face.landmarks + np.array([far, 0, 0])
        )
        return moved, shifted

    return Cast(at, below=round(0.3 * (face.box[3] - face.box[1])), few=80, many=160)


def head(x: float = 160.0, y: float = 120.0, size: float = 60.0) -> Face:
    """A face around a point: 468 points on a grid, ``size`` to either side and half as much again up and down."""
    across, down = np.meshgrid(np.linspace(-1, 1, 18), np.linspace(-1.5, 1.5, 26))
    points = np.stack([x + size * across.ravel(), y + size * down.ravel(), np.zeros(across.size)], axis=1)
    box = (x - size, y - 1.5 * size, x + size, y + 1.5 * size)
    return Face(box, 0.9, points, 0.9)


def noise(seed: int = 0, width: int = WIDTH, height: int = HEIGHT) -> Picture:
    """A picture in which no two neighbours are alike."""
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def scene(speech: FloatArray, frames: int, fps: float = FPS, **options: float) -> Scene:
    """``frames`` in which somebody says ``speech``, which is cut or continued by silence to their length."""
    length = round(frames / fps * ANALYSIS_RATE)
    heard = np.zeros(length, np.float32)
    heard[: min(length, len(speech))] = speech[:length]
    return Scene(Audio(heard, ANALYSIS_RATE), fps, frames, acted(heard, frames), tuple(options.items()))


def acted(heard: FloatArray, frames: int) -> Performance:
    """A mouth that opens as it is loud."""
    parts = np.array_split(heard, max(1, frames))[:frames]
    level = np.array([np.sqrt(np.mean(part**2)) for part in parts])
    mouth = np.zeros((frames, 8), np.float32)
    mouth[:, 0] = np.clip(level / max(1e-6, float(level.max(initial=0.0))), 0, 1)
    still = np.zeros(frames, np.float32)
    return Performance(mouth, still, np.zeros((frames, 6), np.float32), still, still, still)


@lru_cache(maxsize=2)
def talk(text: str = "Hello world, this is a test of the lips.") -> FloatArray:
    """Speech at ``ANALYSIS_RATE``."""
    return speech_samples(text)
