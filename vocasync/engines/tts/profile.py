"""What the espeak engine keeps of a reference: made once, stored as arrays (never as pickled objects)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from vocasync.engines.tts import world
from vocasync.engines.tts.matching import Colour
from vocasync.engines.tts.style import Style, measure
from vocasync.engines.tts.world import Frames
from vocasync.errors import PipelineError
from vocasync.progress import Progress
from vocasync.types import ANALYSIS_RATE, Audio, Region, VoiceReference

LEAST_SECONDS = 1.5
"""Voiced or unvoiced, but active: shorter references give no statistics."""

LONGEST_SECONDS = 30.0
"""More of a reference than this costs time and does not make the match better."""

_LEAST_VOICED = 40  # frames
_PIECE_SECONDS = 8.0  # analysed at once, so that memory stays bounded
_SHORTEST_PIECE = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """A voice: how it speaks, its colour, and the base variant that is nearest to it. Equal only to itself.

    Of an emotion reference only the style is kept: ``colour`` is None, ``base`` empty."""

    style: Style
    colour: Colour | None
    base: str = ""

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Everything as plain arrays, by name."""
        arrays = {f"style_{field.name}": np.asarray(getattr(self.style, field.name)) for field in fields(Style)}
        arrays["base"] = np.asarray(self.base)
        if self.colour is not None:
            arrays |= {f"colour_{field.name}": getattr(self.colour, field.name) for field in fields(Colour)}
        return arrays

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Profile:
        """What :meth:`arrays` gave."""
        style = {field.name: arrays[f"style_{field.name}"].tolist() for field in fields(Style)}
        style["shape"] = tuple(style["shape"])
        coloured = "colour_envelope" in arrays
        colour = {field.name: arrays[f"colour_{field.name}"] for field in fields(Colour) if coloured}
        return cls(Style(**style), Colour(**colour) if colour else None, str(arrays["base"]))

    def save(self, path: Path) -> None:
        """Write it as ``.npz``, whatever the name of ``path``."""
        with path.open("wb") as file:
            np.savez(file, **self.arrays())  # type: ignore[arg-type]  # NumPy's stub mistakes them for its own options

    @classmethod
    def load(cls, path: Path) -> Profile:
        """Read what :meth:`save` wrote."""
        with np.load(path, allow_pickle=False) as arrays:
            return cls.of_arrays(arrays)


def of_reference(reference: VoiceReference, progress: Progress, *, colour: bool) -> Profile:
    """Analyse a reference. ``colour``: whether the voice itself is wanted, or its style alone.

    Raises ``reference_too_short``."""
    pieces = list(_pieces(reference))
    parts: list[Frames] = []
    for part in world.analyse_all(pieces, careful=True, aperiodicity=colour):
        progress.check()
        parts.append(part)
        progress.report(len(parts) / len(pieces))
    active = sum(int(part.active.sum()) for part in parts) * world.FRAME_SECONDS
    if active < LEAST_SECONDS or sum(int(part.voiced.sum()) for part in parts) < _LEAST_VOICED:
        raise PipelineError("reference_too_short", seconds=active, limit=np.ceil(LEAST_SECONDS))
    return Profile(measure(joined(parts)), Colour.joined([Colour.of(part) for part in parts]) if colour else None)


def clip(reference: VoiceReference) -> Audio:
    """The reference's regions one after the other, up to the most that is of use: mono, at the file's own rate."""
    with soundfile.SoundFile(reference.audio) as file:
        whole = Region(0.0, file.frames / file.samplerate)
        parts, left = [], LONGEST_SECONDS
        for region in reference.regions or (whole,):
            seconds = min(region.end, whole.end, region.start + left) - region.start
            if seconds > _SHORTEST_PIECE:
                file.seek(round(region.start * file.samplerate))
                read = file.read(round(seconds * file.samplerate), dtype="float32", always_2d=True)
                parts.append(read.mean(axis=1, dtype=np.float32))
                left -= seconds
        return Audio(np.concatenate(parts) if parts else np.zeros(0, np.float32), file.samplerate)


def joined(parts: list[Frames]) -> Frames:
    """Frames one after the other."""
    names = [field.name for field in fields(Frames) if field.name != "rate"]
    return Frames(
        **{name: np.concatenate([getattr(part, name) for part in parts]) for name in names}, rate=parts[0].rate
    )


def _pieces(reference: VoiceReference) -> Iterator[Audio]:
    """The reference's regions at 16 kHz, in pieces that are short enough, up to the most that is of use."""
    with soundfile.SoundFile(reference.audio) as file:
        whole = Region(0.0, file.frames / file.samplerate)
        left = LONGEST_SECONDS
        for region in reference.regions or (whole,):
            start, end = region.start, min(region.end, whole.end)
            while left > _SHORTEST_PIECE and end - start > _SHORTEST_PIECE:
                seconds = min(end - start, left, _PIECE_SECONDS)
                yield _read(file, start, seconds)
                start, left = start + seconds, left - seconds


def _read(file: soundfile.SoundFile, start: float, seconds: float) -> Audio:
    file.seek(round(start * file.samplerate))
    samples = file.read(round(seconds * file.samplerate), dtype="float32", always_2d=True).mean(axis=1)
    if file.samplerate != ANALYSIS_RATE:
        samples = soxr.resample(samples, file.samplerate, ANALYSIS_RATE)
    return Audio(samples, ANALYSIS_RATE)
