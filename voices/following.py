"""A text that is being spoken, followed by whoever listens: what a worker writes is read as it comes.

The file appears as ``live``, is called ``whole`` when nothing is missing any more, and goes when the finished files are
there; an open file stays readable. Where a worker was lost, the next one writes another ``live``, of the same bytes:
who listens goes on in that one where it was.
"""

from __future__ import annotations

import os
import time
import uuid
from io import FileIO
from pathlib import Path

from voices import errands, files
from voices.models import Utterance
from voices.services.speech import KIND

_BLOCK = 64 * 1024
_ASKED_SECONDS = 1.0  # between two looks into the database


class Broken(Exception):
    """It will not be spoken to its end: it failed, or nobody wants it any more."""


class Following:
    """One listener. Not shared between threads."""

    def __init__(self, utterance_id: uuid.UUID) -> None:
        self._pk = utterance_id
        self._live, self._whole = files.speech_live(utterance_id), files.speech_whole(utterance_id)
        self._stream: FileIO | None = None
        self._position = 0
        self._asked = 0.0
        self._over = False

    def read(self) -> bytes | None:
        """What has come since, b"" for nothing yet, None at the end. Raises :class:`Broken`."""
        block = None if self._over else self._more()
        self._over = block is None
        return block

    def _more(self) -> bytes | None:
        whole = self._inode(self._whole)
        if block := self._block():
            return block
        if self._moved():
            return self._block()
        if whole is not None and whole == self._own:
            return None
        return self._found_out()

    def close(self) -> None:
        """Listen no more."""
        if self._stream is not None:
            self._stream.close()

    def _block(self) -> bytes:
        block = self._stream.read(_BLOCK) if self._stream else b""
        self._position += len(block)
        return block

    def _moved(self) -> bool:
        """Whether there is another file than that which was read, which is then the one to read."""
        for path in (self._live, self._whole):
            if (found := self._inode(path)) is not None:
                return found != self._own and self._open(path)
        return False

    def _open(self, path: Path) -> bool:
        try:
            stream = path.open("rb", buffering=0)
        except FileNotFoundError:  # it was renamed just now
            return False
        self.close()
        self._stream = stream
        stream.seek(self._position)
        return True

    @property
    def _own(self) -> int | None:
        return os.fstat(self._stream.fileno()).st_ino if self._stream else None

    @staticmethod
    def _inode(path: Path) -> int | None:
        try:
            return path.stat().st_ino
        except FileNotFoundError:
            return None

    def _found_out(self) -> bytes | None:
        """What the database says when there is nothing to read."""
        if time.monotonic() - self._asked < _ASKED_SECONDS:
            return b""
        self._asked = time.monotonic()
        row = Utterance.objects.filter(pk=self._pk).values("seconds", "live_bytes").first()
        if row is not None and row["seconds"] is None and errands.open_errand(KIND, self._pk) is not None:
            return b""
        if block := self._block():  # it came to its end just now
            return block
        if row is None or row["live_bytes"] != self._position:
            raise Broken
        return None
