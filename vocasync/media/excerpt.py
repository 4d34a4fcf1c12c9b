"""Pieces of a recording's sound, joined in a file of their own."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import soundfile

from vocasync.media.audio import faded
from vocasync.media.ffmpeg import decode_blocks
from vocasync.progress import Progress
from vocasync.types import Audio, FloatArray, Region

PAUSE_SECONDS = 0.3
"""Silence after each piece."""

_EDGE_SECONDS = 0.01


def excerpt(source: Path, name: str, pieces: Sequence[Region], out: Path, rate: int, progress: Progress) -> None:
    """Write these pieces one after the other as mono WAV, 16 bit. Memory is flat in the recording's length.

    pieces: in order of time, each some seconds long, none over another. name: how the person calls the recording.
    rate: Hz. Raises PipelineError ``tool_failed``, or Cancelled.
    """
    silence = np.zeros(round(PAUSE_SECONDS * rate), np.float32)
    left = list(pieces)
    with soundfile.SoundFile(out, "w", rate, 1, "PCM_16", format="WAV") as file:
        for piece, samples in _heard(source, name, left, rate, progress):
            file.write(faded(Audio(samples, rate), _EDGE_SECONDS).samples)
            file.write(silence)
            progress.report(piece.end / left[-1].end)


def _heard(
    source: Path, name: str, pieces: Sequence[Region], rate: int, progress: Progress
) -> Iterator[tuple[Region, FloatArray]]:
    """Each piece with its samples, shape (n,); the recording is read no further than the last one."""
    waiting = deque(pieces)
    at, kept = 0, np.zeros(0, np.float32)  # what was read and may still be needed, and where it begins
    blocks = decode_blocks(source, rate, name=name, progress=progress)
    with closing(blocks):
        while waiting:
            block = next(blocks, None)
            kept = kept if block is None else np.concatenate([kept, block])
            while waiting and (block is None or round(waiting[0].end * rate) <= at + len(kept)):
                piece = waiting.popleft()
                yield piece, kept[max(0, round(piece.start * rate) - at) : max(0, round(piece.end * rate) - at)]
            needed = round(waiting[0].start * rate) - at if waiting else 0
            dropped = min(max(0, needed), len(kept))
            at, kept = at + dropped, kept[dropped:]
