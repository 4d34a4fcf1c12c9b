"""Where a job's files lie, and how they go.

``MEDIA_ROOT/jobs/<id>/`` is the pipeline's workspace; ``source/`` in it holds what was uploaded, ``out/`` the result.
``MEDIA_ROOT/verify/`` holds what visitors brought to be listened to, until that is done.
"""

from __future__ import annotations

import shutil
import time
import uuid
from pathlib import Path
from typing import Any, TypeAlias

from django.conf import settings
from django.core.files import File

from dubbing.models import Job
from voices.errands import OPEN
from voices.models import Errand

Upload: TypeAlias = "File[Any]"
"""A file as it came in."""


def jobs_root() -> Path:
    """The folder of all jobs."""
    return Path(settings.MEDIA_ROOT) / "jobs"


def job_root(job_id: uuid.UUID) -> Path:
    """The job's own folder; the workspace of its pipeline."""
    return jobs_root() / str(job_id)


def output_root(job_id: uuid.UUID) -> Path:
    """Where the job's artifacts lie; their paths are relative to it."""
    return job_root(job_id) / "out"


def verify_root() -> Path:
    """The folder of what visitors brought."""
    return Path(settings.MEDIA_ROOT) / "verify"


def brought(subject: uuid.UUID) -> Path:
    """A visitor's file; its errand has this subject."""
    return verify_root() / str(subject)


def remove(job_id: uuid.UUID) -> None:
    """Delete everything of a job. A file that vanishes meanwhile is no matter."""
    shutil.rmtree(job_root(job_id), ignore_errors=True)


def sweep(older_than: float = 3600.0) -> int:
    """Remove what broken uploads and killed processes left behind; returns how many things went.

    Folders without a job, visitors' files that nobody is going to listen to, and temporary uploads, that nobody has
    touched for ``older_than`` seconds.
    """
    before = time.time() - older_than
    gone = _sweep_brought(before)
    for folder in _older(jobs_root(), before):
        job_id = _job_id(folder.name)
        if job_id is not None and not Job.objects.filter(pk=job_id).exists():
            remove(job_id)
            gone += 1
    if settings.FILE_UPLOAD_TEMP_DIR:
        for path in _older(Path(settings.FILE_UPLOAD_TEMP_DIR), min(before, time.time() - 86_400)):
            path.unlink(missing_ok=True)
            gone += 1
    return gone


def _sweep_brought(before: float) -> int:
    gone = 0
    for path in _older(verify_root(), before):
        if not Errand.objects.filter(subject=path.name, status__in=OPEN).exists():
            path.unlink(missing_ok=True)
            gone += 1
    return gone


def _older(folder: Path, before: float) -> list[Path]:
    if not folder.is_dir():
        return []
    return [path for path in folder.iterdir() if _touched(path) < before]


def _touched(path: Path) -> float:
    try:
        return path.lstat().st_mtime
    except FileNotFoundError:
        return time.time()


def _job_id(name: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(name)
    except ValueError:
        return None
