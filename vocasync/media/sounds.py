"""Speech alone as a file: the formats it is given out in, made at once or while it is spoken."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vocasync.errors import PipelineError
from vocasync.media import ffmpeg
from vocasync.media.container import write_mp3, write_opus, write_wav
from vocasync.progress import Progress
from vocasync.types import FloatArray

Write = Callable[[Path, Path, str, float, Progress, str], None]
"""``f(out, sound, title, seconds, progress, comment)``: a WAV file of this project in a format."""


@dataclass(frozen=True, slots=True)
class SoundFormat:
    """name: as it is asked for, and the ending of its files. growing: arguments of ffmpeg for a file that is read while
    it is written."""

    name: str
    label: str
    mime: str
    write: Write
    growing: tuple[str, ...]


WAV = SoundFormat("wav", "WAV", "audio/wav", write_wav, ("-c:a", "pcm_s16le", "-f", "wav"))
MP3 = SoundFormat(
    *("mp3", "MP3", "audio/mpeg", write_mp3),
    (
        "-c:a",
        "libmp3lame",
        "-b:a",
        "96k",
        "-write_xing",
        "0",
        "-f",
        "mp3",
    ),  # Xing's header counts what is not there yet
)
OPUS = SoundFormat(
    *("opus", "Ogg Opus", "audio/ogg", write_opus),
    # A player has nothing of a page before its end, so pages are short (in microseconds).
    ("-c:a", "libopus", "-b:a", "48k", "-application", "voip", "-page_duration", "200000", "-f", "ogg"),
)
FORMATS = {one.name: one for one in (WAV, MP3, OPUS)}


def sound_format(name: str) -> SoundFormat:
    """A format by its name. Raises ``format_unknown``."""
    found = FORMATS.get(name)
    if found is None:
        raise PipelineError("format_unknown", name=name, known=", ".join(FORMATS), field="format")
    return found


@contextmanager
def growing(
    out: Path, kind: SoundFormat, rate: int, title: str, comment: str = ""
) -> Iterator[Callable[[FloatArray], None]]:
    """A file that others read while it is written: give it sound (float32, mono at ``rate``) as it comes.

    Everything that was given is in it when the block ends; its header knows of no length. The same sound gives the
    same bytes. Raises PipelineError ``tool_failed`` or ``tool_missing``.
    """
    heard = ["-probesize", "32", "-f", "f32le", "-ar", str(rate), "-ac", "1", "-i", "pipe:0"]
    labels = ["-map_metadata", "-1", "-metadata", f"title={title}", "-metadata", f"comment={comment}"]
    made = [*labels, "-fflags", "+bitexact", *kind.growing, "-flush_packets", "1", "pipe:1"]
    with ffmpeg.fed([*heard, *made], title, out) as give:
        yield lambda samples: give(np.ascontiguousarray(samples, "<f4").tobytes())
