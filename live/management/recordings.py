"""What the commands send: a recording, or a short talk that is made."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import CommandError

from vocasync.types import ANALYSIS_RATE, Audio
from work.engines import engine_config


def add_arguments(parser: ArgumentParser) -> None:
    """What is sent, and between which languages: ``file``, ``source``, ``target``."""
    parser.add_argument("file", type=Path, nargs="?", help="recording (video or audio)")
    parser.add_argument("--from", dest="source", default="en", help="language that is spoken in it (default: en)")
    parser.add_argument("--to", dest="target", default="es", help="language to dub into (default: es)")


def sound_of(file: Path | None, folder: Path) -> Audio:
    """All of its sound, at ``ANALYSIS_RATE``. folder: to write to. Raises PipelineError for what is no recording."""
    import numpy as np

    from vocasync.media.ffmpeg import decode_blocks
    from vocasync.media.probe import probe
    from vocasync.pipelines import sample
    from vocasync.progress import Silent

    if file is not None and not file.is_file():
        raise CommandError(f"There is no file “{file}”.")
    source = file or sample.make(folder / "sample", engine_config()).talk
    probe(source, source.name)  # refuses what is no recording
    blocks = list(decode_blocks(source, ANALYSIS_RATE, name=source.name, progress=Silent()))
    return Audio(np.concatenate([np.zeros(0, np.float32), *blocks]), ANALYSIS_RATE)


def pcm_of(file: Path | None, folder: Path) -> bytes:
    """The same as 16 bits, little-endian."""
    from vocasync.media.audio import pcm

    return pcm(sound_of(file, folder).samples)
