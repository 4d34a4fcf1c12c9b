"""Who meets the pages: Alice, whose things they are, Bob, with whom a voice is shared, and Charlie."""

from __future__ import annotations

from typing import Any

import pytest

from tests.people import Person, meet
from tests.voices.shelf import Shelf, stocked


@pytest.fixture
def people(db: None, tmp_path: Any, settings: Any) -> dict[str, Person]:
    """Each with a browser that is signed in."""
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path / "uploads"
    settings.FILE_UPLOAD_TEMP_DIR.mkdir()
    return {name: meet(name) for name in ("alice", "bob", "charlie")}


@pytest.fixture
def shelf(people: dict[str, Person]) -> Shelf:
    """Alice's, and the voice shared with Bob."""
    return stocked(people["alice"].user, people["bob"].user)
