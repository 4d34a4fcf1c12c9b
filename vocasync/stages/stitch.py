"""Lay the takes of a track on its time line, at the original's loudness, in memory that is flat in the length.

Loudness is matched twice (ITU-R BS.1770-4): each take to what the original has in the same stretch of time, so that a
whisper stays one, and the whole track to the original's speech, so that no player's level jumps between tracks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
import soundfile

from vocasync.media import ffmpeg
from vocasync.media.audio import faded, read, read_slice, resample
from vocasync.media.limiter import limit, reach
from vocasync.media.loudness import BLOCK_SECONDS, HOP_SECONDS, Powers, block_powers, gain, integrated
from vocasync.progress import Part, Progress
from vocasync.types import Audio, FloatArray, Take

CEILING_DB = -1.0
"""True peak of a stitched track, in dBTP."""
ALONE_LUFS = -20.0
"""Loudness of speech that was made from text alone."""
_MARGIN_DB = 0.1  # 16-bit steps and other meters' filters
FADE_SECONDS = 0.006
"""At both ends of every take: those that share as much go over into each other."""
_BLOCK_SECONDS = 10.0
_DEFAULT_LUFS = -23.0  # EBU R 128, where the original says nothing
_SPREAD = 8.0  # a segment's loudness is trusted within this many LU of the median: a cough or a door is not speech
_MOST_GAIN = 30.0
_MOST_CORRECTION = 6.0


@dataclass(frozen=True, slots=True)
class StitchReport:
    """What was done to a track.

    duration: seconds of the track; longer than the media only when the last take is. gains: dB by segment index.
    loudness, original: integrated LUFS of the takes as mixed and of the original's speech (None: silence).
    limited_db: the most that the peak limiter turned down, in dB (0: nothing).
    """

    duration: float
    gains: dict[int, float] = field(default_factory=dict)
    loudness: float | None = None
    original: float | None = None
    limited_db: float = 0.0


def stitch(
    root: Path,
    takes: Sequence[Take],
    duration: float,
    original: Path | None,
    out: Path,
    progress: Progress,
    rate: int = 48_000,
    *,
    bed: Path | None = None,
    bed_db: float | None = None,
    levelled: bool = False,
) -> StitchReport:
    """Write a track: mono WAV, 16 bit, ``rate``; every take's first sample at its start, overlaps summed.

    root: what the takes' paths are relative to. duration: of the media, in seconds. original: WAV of its sound (the
    one for analysis will do), for the loudness; without one the takes keep theirs to each other, at ``ALONE_LUFS`` all
    together. bed: file whose sound is mixed under, ``bed_db`` (negative) louder
    than it is; none when either is None. levelled: the takes are as loud as they should be. ``out`` is written in
    place: give a scratch path.
    Raises PipelineError ``tool_failed`` (of the bed), or Cancelled.
    """
    ordered = sorted(takes, key=lambda take: (take.start, take.index))
    here = Part(progress, 0.0, 0.4)
    plan = _Levels({take.index: 0.0 for take in ordered}) if levelled else _plan(root, ordered, original, here)
    last = max((take.start + take.duration for take in ordered), default=0.0)
    frames = round(max(duration, last) * rate)
    mixer: _Source = _Takes(root, ordered, plan.gains, rate)
    if bed is not None and bed_db is not None:
        mixer = _Sum(mixer, _Bed(bed, rate, gain(bed_db), progress))
    with closing(mixer):
        lowest = _render(mixer, frames, rate, out, Part(progress, 0.4, 1.0))
    limited = max(0.0, round(float(-20 * np.log10(lowest)), 2))
    return StitchReport(frames / rate, plan.gains, plan.loudness, plan.original, limited)


# --- loudness ------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class _Levels:
    gains: dict[int, float]
    loudness: float | None = None
    original: float | None = None


def _plan(root: Path, takes: Sequence[Take], original: Path | None, progress: Progress) -> _Levels:
    return _alone(root, takes, progress) if original is None else _level(root, takes, original, progress)


def _level(root: Path, takes: Sequence[Take], original: Path, progress: Progress) -> _Levels:
    """The gain of each take in dB."""
    theirs: list[Powers] = []
    ours: list[Powers] = []
    for number, take in enumerate(takes):
        progress.check()
        theirs.append(_powers(read_slice(original, take.start, take.start + take.slot)))
        ours.append(_powers(read(root / take.path)))
        progress.report((number + 1) / len(takes))
    whole = integrated(_joined(theirs))
    gains = _gains([integrated(powers) for powers in theirs], [integrated(powers) for powers in ours])
    mixed = integrated(_joined([powers * gain(db) ** 2 for powers, db in zip(ours, gains, strict=True)]))
    if mixed is not None:
        rest = float(np.clip((_DEFAULT_LUFS if whole is None else whole) - mixed, -_MOST_CORRECTION, _MOST_CORRECTION))
        gains, mixed = [db + rest for db in gains], mixed + rest
    by_index = {take.index: round(db, 2) for take, db in zip(takes, gains, strict=True)}
    return _Levels(by_index, mixed, whole)


def _alone(root: Path, takes: Sequence[Take], progress: Progress) -> _Levels:
    """One gain for all takes: nothing but they themselves says how loud each should be."""
    ours: list[Powers] = []
    for number, take in enumerate(takes):
        progress.check()
        ours.append(_powers(read(root / take.path)))
        progress.report((number + 1) / len(takes))
    whole = integrated(_joined(ours))
    db = 0.0 if whole is None else float(np.clip(ALONE_LUFS - whole, -_MOST_GAIN, _MOST_GAIN))
    gains = {take.index: round(db, 2) for take in takes}
    return _Levels(gains, None if whole is None else whole + db, None)


def _powers(audio: Audio) -> Powers:
    """Block powers as they are met on a track: with blocks that lie half in the silence around."""
    around = round((BLOCK_SECONDS - HOP_SECONDS) * audio.rate)
    return block_powers(Audio(np.pad(audio.samples, around), audio.rate))


def _gains(theirs: Sequence[float | None], ours: Sequence[float | None]) -> list[float]:
    known = [level for level in theirs if level is not None]
    middle = float(np.median(known)) if known else _DEFAULT_LUFS
    return [_gain(middle if level is None else level, own, middle) for level, own in zip(theirs, ours, strict=True)]


def _gain(wanted: float, own: float | None, middle: float) -> float:
    if own is None:
        return 0.0
    return float(np.clip(np.clip(wanted, middle - _SPREAD, middle + _SPREAD) - own, -_MOST_GAIN, _MOST_GAIN))


def _joined(powers: Sequence[Powers]) -> Powers:
    return np.concatenate([*powers, np.zeros(0)])


# --- mixing --------------------------------------------------------------------------------------------------------
class _Source(Protocol):
    """Sound that is asked for once, from its beginning on."""

    def read(self, first: int, count: int) -> FloatArray:
        """Samples ``first`` to ``first + count``; asked for in order, without gaps."""

    def close(self) -> None:
        """Let go of what it holds."""


class _Takes:
    """The takes, each in memory only while it is heard."""

    def __init__(self, root: Path, takes: Sequence[Take], gains: dict[int, float], rate: int) -> None:
        self._root, self._gains, self._rate = root, gains, rate
        self._waiting = list(reversed(takes))
        self._heard: list[tuple[int, FloatArray]] = []

    def read(self, first: int, count: int) -> FloatArray:
        mix = np.zeros(count, np.float32)
        while self._waiting and round(self._waiting[-1].start * self._rate) < first + count:
            self._heard.append(self._load(self._waiting.pop()))
        for start, samples in self._heard:
            low, high = max(start, first), min(start + len(samples), first + count)
            if low < high:
                mix[low - first : high - first] += samples[low - start : high - start]
        self._heard = [(start, samples) for start, samples in self._heard if start + len(samples) > first + count]
        return mix

    def _load(self, take: Take) -> tuple[int, FloatArray]:
        sound = faded(resample(read(self._root / take.path), self._rate), FADE_SECONDS)
        return round(take.start * self._rate), sound.samples * np.float32(gain(self._gains[take.index]))

    def close(self) -> None:
        self._heard.clear()


class _Bed:
    """The original's own sound, quieter."""

    def __init__(self, path: Path, rate: int, factor: float, progress: Progress) -> None:
        self._blocks = ffmpeg.decode_blocks(path, rate, progress=progress)
        self._factor = np.float32(factor)
        self._rest = np.zeros(0, np.float32)

    def read(self, first: int, count: int) -> FloatArray:
        while len(self._rest) < count:
            block = next(self._blocks, None)
            if block is None:
                self._rest = np.pad(self._rest, (0, count - len(self._rest)))
                break
            self._rest = np.concatenate([self._rest, block])
        now, self._rest = self._rest[:count], self._rest[count:]
        return now * self._factor

    def close(self) -> None:
        self._blocks.close()


@dataclass(frozen=True, slots=True)
class _Sum:
    one: _Source
    other: _Source

    def read(self, first: int, count: int) -> FloatArray:
        return self.one.read(first, count) + self.other.read(first, count)

    def close(self) -> None:
        self.one.close()
        self.other.close()


def _render(source: _Source, frames: int, rate: int, out: Path, progress: Progress) -> float:
    """Write ``frames`` samples, limited; the smallest gain that the limiter used."""
    ceiling = gain(CEILING_DB - _MARGIN_DB)
    lowest = 1.0
    with soundfile.SoundFile(out, "w", rate, 1, "PCM_16", format="WAV") as wav:
        for window, before, count in _windows(source, frames, rate):
            progress.check()
            limited, least = limit(window, rate, ceiling)
            wav.write(limited[before : before + count])
            lowest = min(lowest, least)
            progress.report(wav.tell() / max(1, frames))
    return lowest


def _windows(source: _Source, frames: int, rate: int) -> Iterator[tuple[FloatArray, int, int]]:
    """Blocks with as much of their neighbours as the limiter looks at.

    Yields the samples, how many of them come before the block, and the block's length.
    """
    margin, size = reach(rate), round(_BLOCK_SECONDS * rate)
    held = np.zeros(0, np.float32)
    held_from, asked = 0, 0
    for first in range(0, frames, size):
        count = min(size, frames - first)
        upto = min(frames, first + count + margin)
        held = np.concatenate([held, source.read(asked, upto - asked)])
        asked = upto
        yield held, first - held_from, count
        keep = max(0, first + count - margin)
        held, held_from = held[keep - held_from :], keep
