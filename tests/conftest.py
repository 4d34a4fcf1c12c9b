"""Fixtures that every test may use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("VOCASYNC_TEST_MEDIA", ROOT.parent / "shared" / "media"))


@pytest.fixture(scope="session")
def shared_media() -> Path:
    """Real recordings with transcripts, where they are at hand; the test is skipped elsewhere."""
    if not (SHARED / "MANIFEST.tsv").is_file():
        pytest.skip("the folder of real recordings is not here (set VOCASYNC_TEST_MEDIA)")
    return SHARED
