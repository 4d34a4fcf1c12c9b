"""Recordings that somebody brings for voices of a live session: looked at, laid down as sound, measured, and gone when
``settings.LIVE_CACHE_TTL`` is over."""

from __future__ import annotations

import dataclasses
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts import limits
from accounts.models import User
from live.models import LiveUpload
from vocasync.errors import Cancelled, PipelineError
from vocasync.progress import Progress, Silent
from vocasync.stages import ingest
from voices import errands, files
from voices.models import Errand
from voices.services import intake
from voices.services.intake import Upload
from web.names import clean_name
from work.engines import engine_config

FIELD = "audio"
KIND = "live-upload"
"""Of the errand that measures one."""

LONGEST_SECONDS = 30.0
ACCEPTED = intake.bounds(FIELD, longest=3600.0, shortest=1.0)
"""A longer one than ``LONGEST_SECONDS`` is refused in other words."""

ORPHAN_SECONDS = 3600.0


def folder() -> Path:
    """One folder a recording."""
    return Path(settings.MEDIA_ROOT) / "live"


def sound_path(upload: LiveUpload) -> Path:
    """Its sound: 16 kHz, mono, 16 bit."""
    return Path(settings.MEDIA_ROOT) / upload.file


def upload_add(*, owner: User, upload: Upload, name: str = "") -> tuple[LiveUpload, Errand]:
    """Take a recording in: it can be used at once, and a worker measures it (errand :data:`KIND`).

    name: how it is to be called; that of the file without one. What was brought is not kept, its sound is.
    Raises ``suspended``, ``recording_long``, ``storage_limit``, ``audio_limit``, and what is wrong with a file that is
    no recording; then nothing is kept.
    """
    limits.require_active(owner)
    row = LiveUpload(owner=owner)
    root = folder() / str(row.pk)
    row.file = str((root / "sound.wav").relative_to(settings.MEDIA_ROOT))
    with intake.taken_in(upload, root / "original", FIELD, ACCEPTED) as taken:
        row.name = clean_name(name) if name.strip() else taken.name
        row.seconds = _lay_down_sound(root / "original", row)
        files.remove(root / "original")
        row.size = files.size_of(root)
        row.expires_at = timezone.now() + timedelta(seconds=settings.LIVE_CACHE_TTL)
        with transaction.atomic():
            limits.check_storage(owner, row.size)
            limits.take_audio(owner, row.seconds)
            row.full_clean(exclude=["owner"])
            row.save(force_insert=True)
            return row, errands.start(owner=owner, kind=KIND, subject=row.pk)


def _lay_down_sound(original: Path, row: LiveUpload) -> float:
    """Write the sound; its length in seconds. A fraction of a second's work, as short as these recordings are."""
    info = ingest.inspect(original, row.name, ACCEPTED)
    if info.duration > LONGEST_SECONDS:
        raise PipelineError("recording_long", name=row.name, seconds=info.duration, limit=LONGEST_SECONDS, field=FIELD)
    ingest.extract_sound(original, row.name, info, sound_path(row), Silent(), ingest.Wanted(longest=LONGEST_SECONDS))
    return info.duration


def upload_delete(*, upload: LiveUpload) -> None:
    """Delete it before its time."""
    with transaction.atomic():
        errands.forget(upload.pk)
        upload.delete()
        files.remove_on_commit(sound_path(upload).parent)


def sweep() -> int:
    """Delete what is not kept any longer, and what killed processes left; returns how many recordings went."""
    before = time.time() - ORPHAN_SECONDS
    old = LiveUpload.objects.filter(expires_at__lte=timezone.now())
    for upload in old:
        files.remove(sound_path(upload).parent)
    count, _ = old.filter(pk__in=[upload.pk for upload in old]).delete()
    return count + sum(_sweep_orphan(root) for root in folder().glob("*") if root.lstat().st_mtime < before)


def _sweep_orphan(root: Path) -> int:
    if LiveUpload.objects.filter(file=str((root / "sound.wav").relative_to(settings.MEDIA_ROOT))).exists():
        return 0
    files.remove(root)
    return 1


# --- in a worker ------------------------------------------------------------------------------------------------------
def measure(errand: Errand, progress: Progress) -> dict[str, Any]:
    """Say how well a recording will do for a voice, in ``LiveUpload.report``."""
    from vocasync.pipelines.library import measure_sample

    upload = LiveUpload.objects.filter(pk=errand.subject).first()
    if upload is None:
        raise Cancelled
    progress.report(0.0, "Listening to the recording")
    with tempfile.TemporaryDirectory(dir=settings.FILE_UPLOAD_TEMP_DIR) as scratch:
        out = Path(scratch) / "sound.wav"
        found = measure_sample(
            sound_path(upload),
            upload.name,
            out,
            engine_config(),
            language="",
            others=(),
            transcript="",
            progress=progress,
        )
    problems = [dataclasses.asdict(problem) for problem in found.problems]
    report = {"status": found.status, "speech_seconds": found.speech_seconds, "snr": found.snr, "problems": problems}
    LiveUpload.objects.filter(pk=upload.pk).update(report=report)
    return {"upload": str(upload.pk), "status": found.status}
