"""Recordings as they come in: looked at, laid down under a name of our own, counted against the person's limits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from django.core.files import File

from accounts import limits
from accounts.models import User
from vocasync.errors import PipelineError
from vocasync.stages import ingest
from voices import files
from web.names import clean_name
from web.problems import about
from web.uploads import FIELD_BYTES

Upload: TypeAlias = "File[Any]"

MIB = 2**20


@dataclass(frozen=True, slots=True)
class Taken:
    """A recording that was laid down. name: the client's, made safe to show. size: bytes. seconds: as it claims."""

    name: str
    size: int
    sha256: str
    seconds: float


def bounds(field: str, *, longest: float, shortest: float = 0.0) -> ingest.Limits:
    """How long, in seconds, a recording in this field may be."""
    return ingest.Limits(max_seconds=longest, min_seconds=shortest, max_bytes=FIELD_BYTES[field])


@contextmanager
def taken_in(upload: Upload, path: Path, field: str, accepted: ingest.Limits) -> Iterator[Taken]:
    """Lay an upload down at ``path`` and look at it; whatever fails inside, nothing is left of the path's folder.

    Raises what :func:`vocasync.stages.ingest.inspect` raises, about ``field``, and ``disk_full``.
    """
    name = clean_name(upload.name)
    with about(field):
        _check_size(name, upload.size, accepted.max_bytes)
        ingest.check_room(path, 2 * upload.size)  # with the sound that a worker makes of it
        with files.undone(path.parent):
            sha256 = files.lay_down(upload, path)
            info = ingest.inspect(path, name, accepted)
            yield Taken(name, upload.size, sha256, info.duration)


def _check_size(name: str, size: int, most: int) -> None:
    if size == 0:
        raise PipelineError("empty_file", name=name)
    if size > most:
        raise PipelineError("too_large", name=name, megabytes=size / MIB, limit=most / MIB)


def count(owner: User, taken: Taken, rate: int) -> int:
    """Count it against the person's storage and audio of the day; the bytes that it will take, with its sound in
    16 bits at ``rate`` Hz. In the transaction that keeps it. Raises ``storage_limit``, ``audio_limit``."""
    size = taken.size + round(taken.seconds * rate * 2)
    limits.check_storage(owner, size)
    limits.take_audio(owner, taken.seconds)
    return size
