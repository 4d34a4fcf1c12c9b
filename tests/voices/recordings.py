"""Small recordings for the library: uploads as a request brings them."""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from tests import factory


@functools.lru_cache(maxsize=32)
def spoken(text: str = factory.ENGLISH, language: str = "en", wpm: int = 160) -> bytes:
    """Speech as the bytes of a WAV file."""
    with tempfile.TemporaryDirectory() as folder:
        return factory.speech(text, Path(folder) / "a.wav", language, wpm=wpm).read_bytes()


@functools.lru_cache(maxsize=32)
def toned(seconds: float, frequency: float = 440.0) -> bytes:
    """A sine as the bytes of a WAV file: quick to make, no speech."""
    with tempfile.TemporaryDirectory() as folder:
        return factory.tone(Path(folder) / "a.wav", seconds, frequency).read_bytes()


def upload(content: bytes | None = None, name: str = "take 1.wav") -> Any:
    """A file of a request; two seconds of a sine when nothing else is wanted."""
    return SimpleUploadedFile(name, toned(2.0) if content is None else content)
