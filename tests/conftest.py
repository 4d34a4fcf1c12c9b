"""Fixtures that every test may use."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("VOCASYNC_TEST_MEDIA", ROOT.parent / "shared" / "media"))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Of several processes, the file that takes longest goes first, then those with most tests: what is begun last
    should end soon, so that no process has to wait for another one."""
    if not hasattr(config, "workerinput"):
        return
    sizes = Counter(item.path for item in items)
    items.sort(key=lambda item: (item.path.name != "test_postgres.py", -sizes[item.path]))


@pytest.fixture(scope="session")
def shared_media() -> Path:
    """Real recordings with transcripts, where they are at hand; the test is skipped elsewhere."""
    if not (SHARED / "MANIFEST.tsv").is_file():
        pytest.skip("the folder of real recordings is not here (set VOCASYNC_TEST_MEDIA)")
    return SHARED


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> Iterator[None]:
    """The tests' database. Connections belong to threads: that of the thread on which coroutines ask the database would
    keep PostgreSQL from dropping it."""
    yield
    from asgiref.sync import SyncToAsync
    from django.db import connections

    SyncToAsync.single_thread_executor.submit(connections.close_all).result()


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


@pytest.fixture(autouse=True)
def _audit_trail_can_be_emptied(request: pytest.FixtureRequest, _django_db_marker: None) -> Iterator[None]:
    """A transactional test ends in the emptying of every table; on SQLite by DELETE, which the audit trail refuses."""
    yield
    if "transactional_db" not in request.fixturenames and not _is_transactional(request):
        return
    from django.db import connection

    from accounts.models import AuditEntry

    if connection.vendor == "sqlite" and AuditEntry.objects.exists():
        append_only = import_module("accounts.migrations.0005_append_only")
        with connection.cursor() as cursor:
            cursor.execute(f"DROP TRIGGER {append_only.TABLE}_no_delete")
            cursor.execute(f"DELETE FROM {append_only.TABLE}")  # noqa: S608 (a constant)
            cursor.execute(append_only.SQLITE["delete"])


def _is_transactional(request: pytest.FixtureRequest) -> bool:
    marker = request.node.get_closest_marker("django_db")
    return marker is not None and bool(marker.kwargs.get("transaction"))


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
