"""Recordings that a client brings for somebody's voice: from what it sent, or from what it uploaded before."""

from __future__ import annotations

import tempfile
import uuid
from base64 import b64decode
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction

from accounts import audit, limits
from accounts.models import User
from live import selectors, uploads
from live.messages import largest
from live.models import LiveSession, LiveUpload
from vocasync.errors import PipelineError
from vocasync.media import audio
from vocasync.progress import Silent
from vocasync.stages import ingest
from vocasync.types import Audio
from voices.services.speech import DECLARATION

SHORTEST_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Brought:
    """A recording, and what it is called in the audit trail."""

    name: str
    sound: Audio


def read(owner: User, samples: Sequence[str | dict[str, Any]]) -> list[Brought]:
    """The recordings of ``create_voice_clone``, at ``ANALYSIS_RATE``; nothing of what was sent is left on the disk.

    Raises ``suspended``, ``recording_gone``, ``recording_long``, ``audio_limit``, and what is wrong with a file that is
    no recording.
    """
    limits.require_active(owner)
    return [
        _sent(owner, one, f"recording {number}") if isinstance(one, str) else _uploaded(owner, str(one["upload"]))
        for number, one in enumerate(samples, 1)
    ]


def declare(owner: User, session: LiveSession, speaker: int, brought: Sequence[Brought]) -> None:
    """Write down that the person said the declaration."""
    after = {"declaration": DECLARATION, "speaker": speaker, "recordings": [one.name for one in brought]}
    with transaction.atomic():
        audit.record(owner, "live.declared", session, after=after)


def _uploaded(owner: User, upload_id: str) -> Brought:
    try:
        row = selectors.upload_of(owner, uuid.UUID(upload_id))
        sound = audio.read(uploads.sound_path(row))
    except (LiveUpload.DoesNotExist, OSError, ValueError, RuntimeError):
        raise PipelineError("recording_gone", id=upload_id) from None
    return Brought(row.name, sound)


def _sent(owner: User, encoded: str, name: str) -> Brought:
    content = b64decode(encoded)
    if not content:
        raise PipelineError("empty_file", name=name)
    # Programs that read recordings want a file; it is gone with the folder.
    with tempfile.TemporaryDirectory(dir=settings.FILE_UPLOAD_TEMP_DIR) as folder:
        given, out = Path(folder) / "given", Path(folder) / "sound.wav"
        given.write_bytes(content)
        info = ingest.inspect(given, name, ingest.Limits(3600.0, SHORTEST_SECONDS, largest()))
        if info.duration > uploads.LONGEST_SECONDS:
            raise PipelineError("recording_long", name=name, seconds=info.duration, limit=uploads.LONGEST_SECONDS)
        limits.take_audio(owner, info.duration)
        wanted = ingest.Wanted(longest=uploads.LONGEST_SECONDS)
        ingest.extract_sound(given, name, info, out, Silent(), wanted)
        return Brought(name, audio.read(out))
