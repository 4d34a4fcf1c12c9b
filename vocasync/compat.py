"""What Python 3.10 has under another name, or not at all."""

from __future__ import annotations

import datetime
import hashlib
import sys
from enum import Enum
from typing import BinaryIO

UTC = datetime.timezone.utc

if sys.version_info >= (3, 11):  # novermin
    from enum import StrEnum as StrEnum
else:

    class StrEnum(str, Enum):
        """Members that are their values, as text too."""

        def __str__(self) -> str:
            return str(self.value)


def sha256_of(stream: BinaryIO) -> str:
    """SHA-256 (hex) of what is left of a stream, read in blocks."""
    digest = hashlib.sha256()
    while block := stream.read(1 << 20):
        digest.update(block)
    return digest.hexdigest()
