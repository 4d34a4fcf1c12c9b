"""Uploads: stopped when they grow beyond the person's limit, with nothing left behind."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import TemporaryFileUploadHandler

from accounts.limits import limits_for
from accounts.models import User
from vocasync.errors import PipelineError
from web.names import clean_name

MIB = 2**20
FIELD_BYTES = {
    "emotion": 200 * MIB,
    "subtitles": 20 * MIB,
    "sample": 200 * MIB,
    "audio": 50 * MIB,
    "clip": 50 * MIB,
    "reference": 50 * MIB,
    "statement": 20 * MIB,
    "picture": 25 * MIB,
    "script": 4 * MIB,
    "scripts": 4 * MIB,
    "file": 512 * MIB,
}
"""The most of a file field, in bytes; any other field has the person's own limit."""

FILES_AT_ONCE = 20
"""Files in one request."""

FRAME_BYTES = 8 * MIB
"""Of a request beside its files: the pasted transcript, the other fields, the multipart frame."""


class UploadTooLarge(RequestDataTooBig):
    """An upload was stopped. A ``SuspiciousOperation`` for Django (never a 500); ``problem`` has the words."""

    def __init__(self, problem: PipelineError) -> None:
        super().__init__(str(problem))
        self.problem = problem


def too_large(size: int, limit: int, *, name: str = "The upload", field: str = "source") -> UploadTooLarge:
    """``size`` and ``limit`` in bytes."""
    return UploadTooLarge(
        PipelineError("too_large", name=name, megabytes=size / MIB, limit=limit / MIB, field=field),
    )


def request_limit(user: User | AnonymousUser) -> int:
    """The largest request body a person may send, in bytes: one file of each field and the frame."""
    return limits_for(user).upload_bytes + sum(FIELD_BYTES.values()) + FRAME_BYTES


class LimitedUploadHandler(TemporaryFileUploadHandler):
    """Writes to ``FILE_UPLOAD_TEMP_DIR`` and stops at the limit of the person who sends (``accounts.limits``)."""

    def handle_raw_input(
        self,
        input_data: Any,
        META: dict[str, str],  # noqa: N803 (the name is Django's)
        content_length: int,
        boundary: str,
        encoding: str | None = None,
    ) -> None:
        """Refuse before the first byte when the request says that it is too large."""
        self.user = getattr(self.request, "user", None) or AnonymousUser()
        self.files = 0
        if content_length > request_limit(self.user):
            raise too_large(content_length, limits_for(self.user).upload_bytes)

    def new_file(
        self,
        field_name: str,
        file_name: str,
        *args: Any,
        **kwargs: Any,
    ) -> None:
        """The next file of the request, under a name that is safe to show and to log."""
        self.files += 1
        if self.files > FILES_AT_ONCE:
            raise UploadTooLarge(PipelineError("too_many_files", limit=FILES_AT_ONCE, field=field_name))
        self.received = 0
        self.limit = FIELD_BYTES.get(field_name) or limits_for(self.user).upload_bytes
        super().new_file(field_name, clean_name(file_name), *args, **kwargs)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Refuse what turns out too large, whatever the request said."""
        self.received += len(raw_data)
        if self.received > self.limit:
            self.file.close()  # which also deletes it
            raise too_large(
                self.received, self.limit, name=self.file_name or "The upload", field=self.field_name or "source"
            )
        super().receive_data_chunk(raw_data, start)
