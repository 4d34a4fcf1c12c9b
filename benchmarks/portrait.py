"""Talking portraits: frames a second on one core, encoded; memory by length; against the plain way with MoviePy.

The plain way does the same performance frame by frame: it moves the points of the face, lays splines through them,
bends the whole picture by these, then turns all of it, and paints nothing but a dark colour between the lips.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import astuple
from pathlib import Path

import cv2
import moviepy
import numpy as np
from PIL import Image

from benchmarks import inputs
from benchmarks.memory import peak_of
from benchmarks.table import CONSOLE, machine, show
from vocasync.engines import registry
from vocasync.engines.base import EngineConfig, FaceFinder, LipSync, Scene
from vocasync.engines.lipsync.warp.bases import BASES, control_points, face_box
from vocasync.engines.lipsync.warp.eyes import Eyes
from vocasync.engines.lipsync.warp.fields import Grid, splined
from vocasync.engines.lipsync.warp.geometry import Box, axes_of, whole
from vocasync.engines.lipsync.warp.head import Head
from vocasync.engines.lipsync.warp.lips import read_lips
from vocasync.engines.lipsync.warp.rig import STEP, pose
from vocasync.media import audio, frames
from vocasync.progress import Silent
from vocasync.stages.acting import perform
from vocasync.types import MOUTH, Audio, Face, FloatArray, Performance, Picture

FPS = 25
SIDES = (512, 1024)
SECONDS, LONG = 10, 60
PORTRAIT = inputs.MEDIA / "scikit-image" / "astronaut.png"
HEADROOM = 1.9  # distances of the eyes around the middle of the face
DARK = 30  # level of what is between the lips in the plain way


# --- what is rendered -------------------------------------------------------------------------------------------------
def portrait(side: int) -> tuple[Picture, Face]:
    """A square portrait that a face fills as faces do."""
    config = EngineConfig(network=False)
    finder: FaceFinder = registry.load("face", "mesh", config)
    with Image.open(PORTRAIT) as image:
        picture = np.asarray(image.convert("RGB"))
    face = finder.faces(picture)[0]
    left, top = (face.landmarks[:, :2].mean(0) - HEADROOM * face.inter_ocular).round().astype(int)
    size = round(2 * HEADROOM * face.inter_ocular)
    cut = picture[max(0, top) : top + size, max(0, left) : left + size]
    scaled = np.asarray(cv2.resize(cut, (side, side), interpolation=cv2.INTER_CUBIC), np.uint8)
    return scaled, finder.faces(scaled)[0]


def performance(sound: Path, seconds: int, out: Path) -> None:
    """Write what a face does while this is said."""
    said = audio.read_slice(sound, 0.0, float(seconds))
    told = perform(said, seconds * FPS, FPS)
    np.savez(out, *astuple(told))


def read(path: Path, seconds: int) -> Performance:
    """That performance, again and again until it is this long."""
    with np.load(path) as found:
        tracks = [found[name] for name in found.files]
    times = -(-seconds * FPS // len(tracks[0]))
    return Performance(*(np.concatenate([track] * times)[: seconds * FPS] for track in tracks))


# --- the two ways -----------------------------------------------------------------------------------------------------
def ours(side: int, told: Performance, out: Path) -> None:
    """The engine, and the encoder that takes its frames."""
    picture, face = portrait(side)
    engine: LipSync = registry.load("lipsync", "warp", EngineConfig(network=False))
    scene = Scene(Audio(np.zeros(0, np.float32), 16_000), FPS, len(told), told)
    frames.encode(engine.still(picture, face, scene, Silent()), out, FPS, out.name, mark=False)


def plain(side: int, told: Performance, out: Path) -> None:
    """MoviePy, which asks for one frame after the other."""
    picture, face = portrait(side)
    draw = plainly(picture, face, told)
    clip = moviepy.VideoClip(lambda at: draw(min(round(at * FPS), len(told) - 1)), duration=len(told) / FPS)
    parameters = ["-crf", "18", "-pix_fmt", "yuv420p"]
    clip.write_videofile(
        str(out), fps=FPS, codec="libx264", preset="veryfast", ffmpeg_params=parameters, audio=False, logger=None
    )


def plainly(picture: Picture, face: Face, told: Performance) -> Callable[[int], Picture]:
    """A function that draws a frame: splines laid anew, every step over the whole picture."""
    axes, page = axes_of(face.landmarks), whole(picture)
    lips = read_lips(picture, face, axes)
    grid = Grid.over(face_box(picture, face, axes), axes.scale * STEP)
    nodes = axes.local(grid.nodes())
    controls = control_points(face, axes, lips, grid.box)
    head = Head(picture, face, axes)
    eyes = Eyes(picture, face)
    at = np.dstack(page.mesh())
    above = _above(picture, lips.upper), _above(picture, lips.lower)

    def draw(number: int) -> Picture:
        row = pose(told, number)
        source = picture.copy()
        eyes.draw(source, row.blink)
        amounts = dict(zip(MOUTH, row.mouth, strict=True)) | {"shut": row.shut if lips.parted else 0.0}
        amounts |= {"smile": max(0.0, row.smile), "frown": max(0.0, -row.smile)}
        amounts |= {"raise": max(0.0, row.brows), "furrow": max(0.0, -row.brows)}
        weights = np.array([amounts[name] for name in BASES], np.float32)
        where = []
        for points, moves in controls.values():
            bent_by = splined(points, np.tensordot(weights, moves.reshape(len(points), -1, 2), (0, 1)), nodes)
            where.append(at - _placed(grid, axes.turned(bent_by).astype(np.float32), page))
        upper = _warped(above[0], where[0])[..., None]
        lower = np.minimum(1 - _warped(above[1], where[1])[..., None], 1 - upper)
        bent = upper * _warped(source, where[0]) + lower * _warped(source, where[1]) + (1 - upper - lower) * DARK
        turned = at + head.grid.spread(head.back(row.head))
        return np.clip(_warped(bent.astype(np.float32), turned), 0, 255).astype(np.uint8)

    return draw


def _placed(grid: Grid, field: FloatArray, page: Box) -> FloatArray:
    """A field at every pixel of the whole picture."""
    full = np.zeros((page.height, page.width, 2), np.float32)
    full[grid.box.slices] = grid.spread(field)
    return full


def _above(picture: Picture, line: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> FloatArray:
    """1 above a line and what continues it to both sides."""
    rows, columns = np.indices(picture.shape[:2])
    return np.asarray(rows < np.interp(columns, line[:, 0], line[:, 1]), np.float32)


def _warped(picture: Picture | FloatArray, where: FloatArray) -> FloatArray:
    found = cv2.remap(picture, where[..., 0], where[..., 1], cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(found, np.float32)


WAYS = {"ours": ours, "plain": plain}


# --- measuring --------------------------------------------------------------------------------------------------------
def one_core() -> None:
    """This process and what it starts have one core."""
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    cv2.setNumThreads(1)


def command(way: str, side: int, seconds: int, folder: Path) -> list[str]:
    """What measures one way in a process of its own."""
    return [sys.executable, "-m", "benchmarks.portrait", way, str(side), str(seconds), str(folder)]


def measured(way: str, side: int, folder: Path) -> float:
    """Frames a second, set-up and encoder included."""
    subprocess.run(command(way, side, SECONDS, folder), check=True)
    return SECONDS * FPS / float((folder / "spent").read_text())


def work(way: str, side: int, seconds: int, folder: Path) -> None:
    """Do it, and write down the seconds that one core had to do with it, the encoder's among them: what else the
    machine is doing meanwhile does not count."""
    one_core()
    told = read(folder / "performance.npz", seconds)
    portrait(side)  # so that models and libraries are loaded
    began = spent()
    WAYS[way](side, told, folder / f"{way}.mp4")
    (folder / "spent").write_text(str(spent() - began))


def spent() -> float:
    """Processor time of this process and of those that it has waited for, in seconds."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def rows(folder: Path) -> Iterator[list[str]]:
    """Speed by size."""
    for side in SIDES:
        theirs, mine = (measured(way, side, folder) for way in ("plain", "ours"))
        yield [
            f"{side} × {side}",
            f"{theirs:.1f}",
            f"{mine:.1f}",
            f"{mine / FPS:.2f} ×",
            f"{mine / theirs:.1f} ×",
        ]


def main() -> None:
    """Measure and print."""
    CONSOLE.print(machine())
    if not PORTRAIT.is_file():
        CONSOLE.print(f"There is no portrait at {PORTRAIT} (set VOCASYNC_TEST_MEDIA).")
        return
    with tempfile.TemporaryDirectory(prefix="vocasync-bench-") as name:
        folder = Path(name)
        performance(inputs.narration(folder)[0], SECONDS, folder / "performance.npz")
        show(
            f"Talking portraits, {SECONDS} s at {FPS} frames a second, one core, H.264",
            ("", "MoviePy, frames/s (baseline)", "drawn lips, frames/s", "times real time", "speed"),
            list(rows(folder)),
            "at least 80 and 26 frames a second, and 5 times the baseline, are wanted",
        )
        short, long = (peak_of(command("ours", SIDES[0], seconds, folder)) for seconds in (SECONDS, LONG))
    row = ["Python and ffmpeg together", f"{short:.0f} MiB", f"{long:.0f} MiB", f"{long / short:.2f}"]
    title = f"Peak memory of a portrait, {SIDES[0]} × {SIDES[0]}"
    show(title, ("", f"{SECONDS} s", f"{LONG} s", "ratio"), [row], "at most 1.1 is wanted")


if __name__ == "__main__":
    if len(sys.argv) == 5:
        work(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))
    else:
        main()
