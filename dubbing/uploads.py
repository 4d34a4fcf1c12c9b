"""Uploads: stopped when they grow beyond the person's limit, and nothing left behind when they break off."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import TemporaryFileUploadHandler

from accounts.limits import limits_for
from vocasync.errors import PipelineError

OVERHEAD = 8_000_000
"""Bytes of a request beside its one large file: an emotion clip, subtitles, the other fields, the multipart frame."""

STALE_SECONDS = 24 * 3600


class UploadTooLarge(RequestDataTooBig):
    """An upload was stopped. A ``SuspiciousOperation`` for Django (never a 500); ``problem`` has the words."""

    def __init__(self, problem: PipelineError) -> None:
        super().__init__(str(problem))
        self.problem = problem


def too_large(name: str, size: int, limit: int) -> UploadTooLarge:
    """``size`` and ``limit`` in bytes."""
    return UploadTooLarge(PipelineError("too_large", name=name, megabytes=size / 1e6, limit=limit / 1e6))


class LimitedUploadHandler(TemporaryFileUploadHandler):
    """Writes to ``FILE_UPLOAD_TEMP_DIR`` and stops at the limit of the person who sends (``accounts.limits``)."""

    def _limit(self) -> int:
        user = getattr(self.request, "user", None) or AnonymousUser()
        return limits_for(user).upload_bytes

    def handle_raw_input(
        self,
        input_data: Any,
        META: dict[str, str],  # noqa: N803 (the name is Django's)
        content_length: int,
        boundary: str,
        encoding: str | None = None,
    ) -> None:
        """Refuse before the first byte when the request says that it is too large."""
        self.limit = self._limit()
        self.received = 0
        if content_length > self.limit + OVERHEAD:
            raise too_large("The upload", content_length, self.limit)

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.received = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Refuse what turns out too large, whatever the request said."""
        self.received += len(raw_data)
        if self.received > self.limit:
            raise too_large(self.file_name or "The upload", self.received, self.limit)
        super().receive_data_chunk(raw_data, start)


def sweep(older_than: float = STALE_SECONDS) -> int:
    """Delete temporary uploads that a killed server left behind (``older_than`` seconds). Returns how many."""
    horizon = time.time() - older_than
    swept = 0
    for path in Path(settings.FILE_UPLOAD_TEMP_DIR).iterdir():
        try:
            if path.is_file() and not path.is_symlink() and path.stat().st_mtime < horizon:
                path.unlink()
                swept += 1
        except FileNotFoundError:  # a request that just ended deleted its own
            continue
    return swept
