"""Alice owns a voice and what belongs to it, Bob has it shared with him, Charlie has nothing of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache

from tests.people import Person, meet
from tests.voices.shelf import Shelf, stocked


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, settings: Any, db: None) -> None:
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path / "uploads"
    settings.FILE_UPLOAD_TEMP_DIR.mkdir()
    cache.clear()  # throttles


@pytest.fixture
def alice(db: None) -> Person:
    return meet("alice")


@pytest.fixture
def bob(db: None) -> Person:
    return meet("bob")


@pytest.fixture
def charlie(db: None) -> Person:
    return meet("charlie")


@pytest.fixture
def shelf(alice: Person, bob: Person) -> Shelf:
    """Alice's, and the voice shared with Bob."""
    return stocked(alice.user, bob.user)
