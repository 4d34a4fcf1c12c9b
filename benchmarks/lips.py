"""Lip sync by networks and in videos: seconds a frame, one at a time and in batches, beside what people are told before
they ask for it. ``python -m benchmarks.lips`` runs on random weights of the published sizes, on the GPU where there is
one."""

from __future__ import annotations

import tempfile
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import torch

from benchmarks import inputs
from benchmarks.table import CONSOLE, machine, show
from tests.tiny import diff2lip, wav2lip
from vocasync.engines import registry
from vocasync.engines.base import EngineConfig, FaceFinder, LipSync, Scene
from vocasync.engines.devices import device
from vocasync.engines.lipsync.costs import expected
from vocasync.progress import Silent
from vocasync.stages.acting import perform
from vocasync.types import ANALYSIS_RATE, HEAD, Audio, Face, Performance, Picture
from vocasync.weights import licences

FPS = 25.0
SIDE = 512
BATCHES = (1, 8)
GPU_BATCHES = (1, 8, 32, 128)
STEPS = 25
STEPS_ON_CPU = 2
"""Of denoising, measured; what all of them take follows from that."""

SPEAKER = inputs.MEDIA / "LipNet" / "bbaf2n.mpg"
SCALES = (1, 4)

Seen = tuple[Picture, Face | None]


def main() -> None:
    """All tables."""
    warnings.simplefilter("ignore")
    where = device("auto")
    CONSOLE.print(f"{machine()}; models on {where}")
    with tempfile.TemporaryDirectory(prefix="vocasync-bench-") as name:
        models = Path(name)
        _write(models)
        batches = GPU_BATCHES if where.startswith("cuda") else BATCHES
        show(
            "Lip sync by networks of the published sizes: seconds a frame",
            ("", *(f"batch of {batch}" for batch in batches), "told beforehand"),
            [_network(engine, models, where, batches) for engine in ("wav2lip", "diff2lip")],
            f"Frames of {SIDE} by {SIDE} pixels. Diff2Lip with {STEPS} steps of DDIM; on a CPU {STEPS_ON_CPU} of them "
            "are measured. What is told beforehand is for one core.",
        )
    if SPEAKER.is_file():
        show("Drawn lips in a video: milliseconds a frame", ("pixels", "the face found", "drawn"), [*_videos()])


# --- networks ---------------------------------------------------------------------------------------------------------
def _write(models: Path) -> None:
    for name, file, state in (
        (wav2lip.NAME, wav2lip.FILE, wav2lip.state()),
        (diff2lip.NAME, diff2lip.FILE, diff2lip.state()),
    ):
        (models / name).mkdir()
        torch.save(state, models / name / file)
        licences.accept(name, models, "benchmarks")


def _network(name: str, models: Path, where: str, batches: tuple[int, ...]) -> list[str]:
    engine: LipSync = registry.load("lipsync", name, EngineConfig(models=models, device=where, network=False))
    steps = STEPS if where.startswith("cuda") else STEPS_ON_CPU
    more = STEPS / steps if name == diff2lip.NAME else 1.0
    options = {"ddim_steps": float(steps)}
    _seconds(engine, 1, options)  # what is done once
    taken = [_seconds(engine, batch, {**options, "batch": float(batch)}) / batch * more for batch in batches]
    told = expected(name, (), 1, where)
    return [name, *(f"{seconds:.3f}" for seconds in taken), f"{told:.3f}"]


def _seconds(engine: LipSync, frames: int, options: dict[str, float]) -> float:
    picture = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)
    across, down = np.meshgrid(np.linspace(-1, 1, 18), np.linspace(-1, 1, 26))
    middle = SIDE / 2
    points = np.stack([middle * (1 + across.ravel() / 2), middle * (1 + down.ravel() / 2), 0 * across.ravel()], axis=1)
    face = Face((SIDE / 4, SIDE / 4, SIDE * 3 / 4, SIDE * 3 / 4), 1.0, points, 1.0)
    begun = time.perf_counter()
    for _ in engine.still(picture, face, _scene(frames, tuple(options.items())), Silent()):
        pass
    return time.perf_counter() - begun


def _scene(frames: int, options: tuple[tuple[str, float], ...] = ()) -> Scene:
    sound = np.random.default_rng(0).normal(0, 0.1, round(frames / FPS * ANALYSIS_RATE)).astype(np.float32)
    still = np.zeros(frames, np.float32)
    mouth, head = np.zeros((frames, 8), np.float32), np.zeros((frames, len(HEAD)), np.float32)
    return Scene(
        Audio(sound, ANALYSIS_RATE), FPS, frames, Performance(mouth, still, head, still, still, still), options
    )


# --- videos -----------------------------------------------------------------------------------------------------------
def _videos() -> Iterator[list[str]]:
    finder: FaceFinder = registry.load("face", "mesh", EngineConfig(network=False))
    engine: LipSync = registry.load("lipsync", "warp", EngineConfig(network=False))
    for scale in SCALES:
        pictures = [np.asarray(cv2.resize(one, None, fx=scale, fy=scale), np.uint8) for one in _read()]
        begun = time.perf_counter()
        seen = list(_followed(pictures, finder))
        found = time.perf_counter()
        scene = _scene(len(seen))
        scene = Scene(scene.speech, FPS, len(seen), perform(scene.speech, len(seen), FPS))
        thought = time.perf_counter()
        for _ in engine.moving(iter(seen), scene, Silent()):
            pass
        drawn = time.perf_counter()
        height, width = pictures[0].shape[:2]
        parts = (found - begun, drawn - thought)
        yield [f"{width} by {height}", *(f"{1000 * seconds / len(seen):.1f}" for seconds in parts)]


def _read() -> Iterator[Picture]:
    video = cv2.VideoCapture(str(SPEAKER))
    while True:
        there, picture = video.read()
        if not there:
            return
        yield np.ascontiguousarray(picture[..., ::-1])


def _followed(pictures: list[Picture], finder: FaceFinder) -> Iterator[Seen]:
    face: Face | None = None
    for picture in pictures:
        face = finder.follow(picture, face) if face else None
        face = face or next(iter(finder.faces(picture)), None)
        yield picture, face


if __name__ == "__main__":
    main()
