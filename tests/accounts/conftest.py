"""People for the tests of accounts."""

from __future__ import annotations

import pytest

from accounts.models import User


@pytest.fixture
def alice(db: None) -> User:
    return User.objects.create_user("alice", "alice@example.org", "correct horse")
