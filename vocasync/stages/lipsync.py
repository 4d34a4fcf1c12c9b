"""A face that speaks, in slices: what it does is thought out once, what it looks like is drawn slice by slice."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from vocasync.engines.base import LipSync, Scene
from vocasync.media.audio import read_slice, resample
from vocasync.progress import Progress
from vocasync.stages.acting import Tone, perform
from vocasync.types import ANALYSIS_RATE, Audio, Face, Performance, Picture, SpeechMark

SLICE_SECONDS = 30.0
"""Of a still that speaks, drawn as one: long enough that preparing for it costs little, short enough to be lost."""

SHOT_SECONDS = 120.0
"""The same of a film, in which an engine learns from each shot how it may draw the face."""

_WINDOW_SECONDS, _LEEWAY = 120.0, 15.0  # of sound thought about at once, and where it may end, at the quietest place
_STEP = 0.02
_HEARD_AROUND = 0.4  # seconds before and after a slice, for engines that listen around a frame


# --- what a face does -------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Acting:
    """How a face is to act. marks: when what is said, in the time of the sound: phonemes, or what is said between two
    times. language: a code. tone, motion, seed: as of :func:`vocasync.stages.acting.perform`."""

    marks: tuple[SpeechMark, ...] = ()
    language: str = ""
    tone: Tone | None = None
    motion: bool = True
    seed: int = 0


def act(sound: Path, frames: int, fps: float, acting: Acting, progress: Progress) -> Performance:
    """What a face does for ``frames`` frames while a sound (WAV) is heard; memory is flat in the sound's length."""
    parts = []
    windows = _windows(sound, frames, fps)
    for number, (first, last) in enumerate(windows):
        progress.check()
        heard = resample(read_slice(sound, first / fps, last / fps), ANALYSIS_RATE)
        marks = _within(acting.marks, first / fps, last / fps)
        seed = acting.seed + number
        parts.append(
            perform(
                heard,
                last - first,
                fps,
                marks=marks,
                language=acting.language,
                tone=acting.tone,
                motion=acting.motion,
                seed=seed,
            )
        )
        progress.report((number + 1) / len(windows))
    return _joined(parts)


def _windows(sound: Path, frames: int, fps: float) -> list[tuple[int, int]]:
    """First frame and the one after the last of each; they meet where it is quietest around."""
    edges = [0]
    while frames - edges[-1] > (_WINDOW_SECONDS + _LEEWAY) * fps:
        wanted = edges[-1] / fps + _WINDOW_SECONDS
        edges.append(round(_quietest(sound, wanted - _LEEWAY, wanted + _LEEWAY) * fps))
    return list(zip(edges, [*edges[1:], frames], strict=True))


def _quietest(sound: Path, start: float, end: float) -> float:
    """The middle of the quietest half second, in seconds."""
    heard = read_slice(sound, start, end)
    size = max(1, round(_STEP * heard.rate))
    count = len(heard.samples) // size
    power = np.square(heard.samples[: count * size].reshape(count, size)).mean(axis=1)
    width = min(count, round(0.5 / _STEP))
    smooth = np.convolve(power, np.ones(width), "valid")
    return start + (int(np.argmin(smooth)) + width / 2) * _STEP


def _within(marks: Sequence[SpeechMark], start: float, end: float) -> tuple[SpeechMark, ...]:
    """Those of a stretch, in its own time."""
    inside = (mark for mark in marks if mark.end > start and mark.start < end)
    return tuple(dataclasses.replace(mark, start=mark.start - start, end=mark.end - start) for mark in inside)


def _joined(parts: Sequence[Performance]) -> Performance:
    """One after the other. A mouth that is open in the photograph opens again at the very end alone."""
    shut = [part.shut.copy() for part in parts]
    for number, one in enumerate(shut):
        middle = len(one) // 2
        if number > 0:
            one[:middle] = 1.0
        if number + 1 < len(shut):
            one[middle:] = 1.0
    names = [field.name for field in dataclasses.fields(Performance) if field.name != "shut"]
    whole = {name: np.concatenate([getattr(part, name) for part in parts]) for name in names}
    return Performance(**whole, shut=np.concatenate(shut))


def save_performance(performance: Performance, path: Path) -> None:
    """Write it as ``.npz``, whatever the name of ``path``."""
    arrays = {field.name: getattr(performance, field.name) for field in dataclasses.fields(Performance)}
    with path.open("wb") as file:
        np.savez(file, **arrays)


def load_performance(path: Path) -> Performance:
    """Read what :func:`save_performance` wrote."""
    with np.load(path, allow_pickle=False) as arrays:
        return Performance(**{field.name: arrays[field.name] for field in dataclasses.fields(Performance)})


def save_face(face: Face, path: Path) -> None:
    """Write it as ``.npz``, whatever the name of ``path``."""
    with path.open("wb") as file:
        np.savez(file, box=face.box, scores=(face.score, face.mesh_score), landmarks=face.landmarks)


def load_face(path: Path) -> Face:
    """Read what :func:`save_face` wrote."""
    with np.load(path, allow_pickle=False) as arrays:
        left, top, right, bottom = (float(edge) for edge in arrays["box"])
        score, mesh_score = (float(one) for one in arrays["scores"])
        return Face((left, top, right, bottom), score, arrays["landmarks"], mesh_score)


# --- what it looks like -----------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Shot:
    """What is heard and done in a film. sound: WAV; options: engine settings, by name."""

    sound: Path
    fps: float
    performance: Performance
    options: tuple[tuple[str, float], ...] = ()

    @property
    def frames(self) -> int:
        return len(self.performance)


def slices(frames: int, fps: float, seconds: float = SLICE_SECONDS) -> tuple[range, ...]:
    """The frames of each slice."""
    size = max(1, round(seconds * fps))
    return tuple(range(first, min(frames, first + size)) for first in range(0, frames, size))


def still_slice(
    engine: LipSync, picture: Picture, face: Face, shot: Shot, wanted: range, progress: Progress
) -> Iterator[Picture]:
    """The pictures of a slice in which the face of a still speaks."""
    return _drawn(shot, wanted, lambda scene, _: engine.still(picture, face, scene, progress))


def moving_slice(
    engine: LipSync,
    seen: Callable[[range], Iterable[tuple[Picture, Face | None]]],
    shot: Shot,
    wanted: range,
    progress: Progress,
) -> Iterator[Picture]:
    """The pictures of a slice of a film in which the face in it speaks. seen: its pictures, each with the face."""
    return _drawn(shot, wanted, lambda scene, around: engine.moving(seen(around), scene, progress))


def _drawn(shot: Shot, wanted: range, draw: Callable[[Scene, range], Iterator[Picture]]) -> Iterator[Picture]:
    """What an engine draws of a slice, which is shown and heard with a little of what is around it."""
    margin = round(_HEARD_AROUND * shot.fps)
    around = range(max(0, wanted.start - margin), min(shot.frames, wanted.stop + margin))
    scene = Scene(_heard(shot, around), shot.fps, len(around), cut(shot.performance, around), shot.options)
    first = wanted.start - around.start
    yield from islice(draw(scene, around), first, first + len(wanted))


def _heard(shot: Shot, frames: range) -> Audio:
    """What is heard in some frames, silence where the sound ends before them."""
    heard = resample(read_slice(shot.sound, frames.start / shot.fps, frames.stop / shot.fps), ANALYSIS_RATE)
    missing = round(len(frames) / shot.fps * ANALYSIS_RATE) - len(heard.samples)
    return Audio(np.pad(heard.samples, (0, max(0, missing))), ANALYSIS_RATE)


def cut(performance: Performance, frames: range) -> Performance:
    """What is done in some frames."""
    names = [field.name for field in dataclasses.fields(Performance)]
    return Performance(**{name: getattr(performance, name)[frames.start : frames.stop] for name in names})
