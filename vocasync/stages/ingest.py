"""The first stage: is this something to dub, and the sound that the other stages read."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """What a person may bring: lengths in seconds, size in bytes."""

    max_seconds: float = 3 * 3600
    min_seconds: float = 1.0
    max_bytes: int = 4 * 2**30
