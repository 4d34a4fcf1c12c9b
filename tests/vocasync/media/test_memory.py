"""Files in memory alone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from vocasync.media import audio
from vocasync.media.memory import memory_file
from vocasync.types import Audio


def test_it_is_written_and_read_and_gone() -> None:
    sound = Audio(np.linspace(-0.5, 0.5, 4_000, dtype=np.float32), 16_000)
    with memory_file() as path, memory_file() as other:
        audio.write(path, sound)
        for _ in range(2):
            assert np.allclose(audio.read(path).samples, sound.samples, atol=1e-4)
        other.write_bytes(b"else")
        read = f"print(len(open({str(path)!r}, 'rb').read()))"
        told = subprocess.run([sys.executable, "-c", read], capture_output=True, check=True).stdout
        assert int(told) == path.stat().st_size == 2 * 4_000 + 44
        assert other.read_bytes() == b"else"
    assert not path.exists()


def test_elsewhere_it_is_a_file_that_only_we_can_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delattr(os, "memfd_create", raising=False)
    monkeypatch.setattr("vocasync.media.memory._SHARED", tmp_path)
    with memory_file() as path:
        assert path.is_relative_to(tmp_path)
        assert path.parent.stat().st_mode & 0o077 == 0
        path.write_bytes(b"sound")
        assert path.read_bytes() == b"sound"
    assert not list(tmp_path.iterdir())
