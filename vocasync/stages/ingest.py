"""The first stage: is this something to dub, is there room for it, and the sound that the other stages read."""

from __future__ import annotations

import math
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from vocasync.errors import PipelineError
from vocasync.media import ffmpeg
from vocasync.media.probe import probe, readable_seconds
from vocasync.progress import Progress
from vocasync.types import ANALYSIS_RATE, AudioStream, MediaInfo

_SILENT = 1e-4
"""Peak below which a recording counts as digital silence (-80 dBFS: some bits of dither)."""
_SHORTFALL_SHARE = 0.05
_SHORTFALL_SECONDS = 1.0
_WAV_RATE = 2 * 48_000  # bytes a second of a track
_COMPRESSED_RATE = 16_000  # bytes a second of MP3 or AAC
_SPARE_BYTES = 64 * 2**20
_MARGIN = 1.25

_DIALOGUE = ("pan=mono|c0<FC+0.25*FL+0.25*FR",)
"""Downmix of surround sound: dialogue is in the centre channel (ITU-R BS.775); the rest only in case it is not."""
_FIRST_CHANNEL = ("pan=mono|c0=c0",)
_AVERAGE: tuple[str, ...] = ()


@dataclass(frozen=True)
class Limits:
    """What a person may bring: lengths in seconds, size in bytes."""

    max_seconds: float = 3 * 3600
    min_seconds: float = 1.0
    max_bytes: int = 4 * 2**30


def inspect(source: Path, name: str, limits: Limits) -> MediaInfo:
    """Whether a file can be dubbed at all; a fraction of a second, so that a form can ask before there is a job.

    name: how the person calls the file.
    Raises PipelineError ``empty_file``, ``too_large``, ``disguised_playlist``, ``not_media``, ``unfinished_media``,
    ``no_audio``, ``too_long``, ``too_short`` or ``tool_missing``.
    """
    size = source.stat().st_size
    if size > limits.max_bytes:
        raise PipelineError("too_large", name=name, megabytes=size / 2**20, limit=limits.max_bytes / 2**20)
    info = probe(source, name)
    if info.audio is None:
        raise PipelineError("no_audio", name=name)
    if info.duration > limits.max_seconds:
        raise PipelineError("too_long", name=name, minutes=info.duration / 60, limit=limits.max_seconds / 60)
    if info.duration < limits.min_seconds:
        raise PipelineError("too_short", name=name, seconds=info.duration, limit=limits.min_seconds)
    return info


def extract_analysis(source: Path, name: str, info: MediaInfo, out: Path, progress: Progress) -> None:
    """Write the sound as the other stages read it: mono WAV, 16 bit, ``ANALYSIS_RATE``, on the container's timeline.

    Memory is flat in the length. ``out`` is written in place: give a scratch path.
    Raises PipelineError ``no_audio``, ``damaged_media`` when clearly less can be read than the file claims,
    ``no_speech`` when all of it is digital silence, or Cancelled.
    """
    extract_sound(source, name, info, out, progress, Wanted())


@dataclass(frozen=True)
class Wanted:
    """The sound to write. rate: Hz. longest: seconds after which the rest is left unread."""

    rate: int = ANALYSIS_RATE
    longest: float = math.inf


def extract_sound(source: Path, name: str, info: MediaInfo, out: Path, progress: Progress, wanted: Wanted) -> None:
    """:func:`extract_analysis` at another rate, or of the beginning of a recording only."""
    if info.audio is None:
        raise PipelineError("no_audio", name=name)
    seconds, peak = _downmix(source, name, info, info.audio, out, progress, wanted)
    claimed = min(info.audio.duration or info.duration, wanted.longest)
    if claimed - seconds > max(_SHORTFALL_SECONDS, _SHORTFALL_SHARE * claimed):
        _blame_file(source, name, info, seconds, claimed)
    if peak < _SILENT:
        raise PipelineError("no_speech", name=name)


def _blame_file(source: Path, name: str, info: MediaInfo, seconds: float, claimed: float) -> None:
    """Raise, unless the sound may just end before the picture: where the stream itself claims no length."""
    stream_claims_length = info.audio is not None and info.audio.duration > 0
    readable = seconds if stream_claims_length else max(seconds, readable_seconds(source, name))
    if claimed - readable > max(_SHORTFALL_SECONDS, _SHORTFALL_SHARE * claimed):
        raise PipelineError("damaged_media", name=name, readable=readable, claimed=claimed)


def _downmix(
    source: Path, name: str, info: MediaInfo, stream: AudioStream, out: Path, progress: Progress, wanted: Wanted
) -> tuple[float, float]:
    """Length in seconds and peak of what was written.

    A second way is tried where the first fails (channels of unknown places) or gives silence (a stereo recording whose
    channels have opposite signs).
    """
    first = _DIALOGUE if stream.channels > 2 else _AVERAGE
    try:
        seconds, peak = _write(source, name, info, stream, first, out, progress, wanted)
    except PipelineError as error:
        if error.code != "tool_failed" or stream.channels <= 2:
            raise
        seconds, peak = 0.0, 0.0
    if peak < _SILENT and stream.channels > 1:
        seconds, peak = _write(source, name, info, stream, _FIRST_CHANNEL, out, progress, wanted)
    return seconds, peak


def _write(
    source: Path,
    name: str,
    info: MediaInfo,
    stream: AudioStream,
    filters: tuple[str, ...],
    out: Path,
    progress: Progress,
    wanted: Wanted,
) -> tuple[float, float]:
    blocks = ffmpeg.decode_blocks(
        source, wanted.rate, name=name, stream=stream.index, filters=filters, progress=progress
    )
    written, peak = 0, 0.0
    with soundfile.SoundFile(out, "w", wanted.rate, 1, "PCM_16", format="WAV") as wav:
        for block in blocks:
            wav.write(np.clip(block, -1.0, 1.0))
            written += len(block)
            peak = max(peak, float(np.abs(block).max(initial=0.0)))
            progress.report(min(1.0, written / wanted.rate / max(min(info.duration, wanted.longest), 1e-3)))
            if written >= wanted.longest * wanted.rate:
                break
    return written / wanted.rate, peak


def room_needed(info: MediaInfo, tracks: int) -> int:
    """Bytes that a job will write at its fullest, with a margin.

    info: of the source. tracks: how many dubbed tracks are made (1 or 2).
    """
    working = 2 * ANALYSIS_RATE + tracks * _WAV_RATE  # the sound to analyse, and the takes
    return _SPARE_BYTES + round(_MARGIN * (info.duration * working + result_size(info, tracks)))


def result_size(info: MediaInfo, tracks: int) -> int:
    """About how many bytes the files of a job's result have, the archive that holds all of them once more included.

    info, tracks: as for :func:`room_needed`.
    """
    compressed = _COMPRESSED_RATE * 2 * (tracks + 1)  # each sound, the original's too, as MP3 and inside the video
    return 2 * (round(info.duration * (tracks * _WAV_RATE + compressed)) + info.size)


def check_room(folder: Path, needed: int) -> None:
    """Raise PipelineError ``disk_full`` when ``folder`` (or what is there of it) has less than ``needed`` bytes."""
    existing = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    free = shutil.disk_usage(existing).free
    if free < needed:
        raise PipelineError("disk_full", needed=needed / 2**20, free=free / 2**20)
