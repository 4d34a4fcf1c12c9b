"""Alice, Bob and Charlie, as browsers and as programs."""

from __future__ import annotations

import pytest

from tests.people import Person, meet


@pytest.fixture
def alice(db: None) -> Person:
    """Who dubs live."""
    return meet("alice")


@pytest.fixture
def bob(db: None) -> Person:
    """Who dubs live as well."""
    return meet("bob")


@pytest.fixture
def charlie(db: None) -> Person:
    """Who has nothing."""
    return meet("charlie")
