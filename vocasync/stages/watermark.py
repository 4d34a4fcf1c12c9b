"""Whether a recording carries the watermark."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vocasync.engines.base import Watermarker
from vocasync.errors import PipelineError
from vocasync.media import ffmpeg
from vocasync.media.probe import probe
from vocasync.progress import Progress
from vocasync.types import Audio, FloatArray

LONGEST = 600.0
"""Seconds from the start that are listened to."""

SURE = 0.9
"""Score of a stretch from which the mark is taken to be there: marked speech has 0.99 and more, also after AAC at 128
and MP3 at 64 kbit/s; of 29 real recordings no stretch has more than 0.41."""

_STRETCH = 10.0  # seconds: less of it is less certain
_RATE = 32_000


@dataclass(frozen=True, slots=True)
class Heard:
    """score: of the stretch that is most likely marked, 0 to 1. seconds: how much was listened to."""

    score: float
    seconds: float

    @property
    def marked(self) -> bool:
        """Whether the watermark is there."""
        return self.score >= SURE


class Once:
    """A watermarker that leaves alone what carries its mark: there are engines that mark what they say, and a second
    mark is twice as loud."""

    def __init__(self, watermarker: Watermarker) -> None:
        self._inner = watermarker
        self.name, self.version = watermarker.name, watermarker.version

    def mark(self, audio: Audio) -> Audio:
        """See the protocol."""
        return audio if self.detect(audio) >= SURE else self._inner.mark(audio)

    def detect(self, audio: Audio) -> float:
        """See the protocol."""
        return self._inner.detect(audio)


def listen(path: Path, name: str, watermarker: Watermarker, progress: Progress) -> Heard:
    """Listen to the first ten minutes, stretch by stretch, until the mark is heard; memory is flat in the length.

    name: how the person calls the file. Raises PipelineError as :func:`vocasync.media.probe.probe` does, ``no_audio``
    and ``tool_failed``, or Cancelled.
    """
    info = probe(path, name)
    if info.audio is None:
        raise PipelineError("no_audio", name=name)
    whole = min(LONGEST, info.duration) or LONGEST
    found = Heard(0.0, 0.0)
    with closing(_stretches(path, name, progress)) as stretches:
        for samples in stretches:
            score = watermarker.detect(Audio(samples, _RATE))
            found = Heard(max(found.score, score), found.seconds + len(samples) / _RATE)
            progress.report(min(1.0, found.seconds / whole))
            if found.marked:
                break
    return found


def _stretches(path: Path, name: str, progress: Progress) -> Generator[FloatArray, None, None]:
    """The sound in stretches of ten seconds; what is left at the end goes with the last of them when it is short."""
    before: FloatArray | None = None
    with closing(ffmpeg.decode_blocks(path, _RATE, 1, _STRETCH, name=name, progress=progress)) as blocks:
        for number, block in enumerate(blocks, 1):
            if before is not None and len(block) < _STRETCH * _RATE / 2:
                before = np.concatenate([before, block])
                continue
            if before is not None:
                yield before
            before = block
            if number >= LONGEST / _STRETCH:
                break
    if before is not None:
        yield before
