"""Fixtures that every test may use."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("VOCASYNC_TEST_MEDIA", ROOT.parent / "shared" / "media"))


@pytest.fixture(scope="session")
def shared_media() -> Path:
    """Real recordings with transcripts, where they are at hand; the test is skipped elsewhere."""
    if not (SHARED / "MANIFEST.tsv").is_file():
        pytest.skip("the folder of real recordings is not here (set VOCASYNC_TEST_MEDIA)")
    return SHARED


@pytest.fixture(autouse=True)
def media_root(settings: Any, tmp_path: Path) -> Path:
    """No test writes to the site's own folder of media."""
    settings.MEDIA_ROOT = tmp_path / "media"
    return tmp_path / "media"


@pytest.fixture(autouse=True)
def no_shutdown() -> Iterator[None]:
    """No test leaves the workers told to stop."""
    from work import shutdown

    yield
    shutdown.withdraw()


def make_user(name: str, **fields: Any) -> Any:
    """Somebody, signed up."""
    from accounts.models import User

    return User.objects.create_user(name, f"{name}@example.org", "a long pass phrase 7", **fields)


@pytest.fixture
def alice(db: None) -> Any:
    """Who owns things."""
    return make_user("alice")


@pytest.fixture
def bob(db: None) -> Any:
    """Whom she shares some with."""
    return make_user("bob")


@pytest.fixture
def charlie(db: None) -> Any:
    """Who must see nothing."""
    return make_user("charlie")
