"""The site on PostgreSQL with pgvector: the tests of rows, locks, triggers and search, run again on a real server."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

ROOT = Path(__file__).resolve().parent.parent
TESTS = (
    "tests/accounts",
    "tests/work",
    "tests/voices",
    "tests/live",
    "tests/dubbing/test_services.py",
    "tests/dubbing/test_runner.py",
)

START = """
import sys, pgserver
server = pgserver.get_server(sys.argv[1], cleanup_mode="stop")
for setting in ("fsync", "synchronous_commit", "full_page_writes"):  # nothing here has to outlive the machine
    server.psql(f"ALTER SYSTEM SET {setting} = off")
server.psql("SELECT pg_reload_conf()")
print("ready", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """Not under pytest's own: run by root, the server becomes another user, who must be able to reach its files, and
    live workers' sockets want a short path."""
    with tempfile.TemporaryDirectory(prefix="vocasync-postgres-", dir="/tmp") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture
def postgres(folder: Path, tmp_path: Path) -> Iterator[str]:
    """The address of a server of its own; it ends with the test."""
    yield from serve(folder / "server", tmp_path)


def serve(place: Path, scratch: Path) -> Iterator[str]:
    """A server with its data in ``place``."""
    environment = os.environ | {"XDG_RUNTIME_DIR": str(scratch)}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", START, str(place)], text=True, env=environment, **pipes) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline().strip() == "ready"
        try:
            yield f"postgresql://postgres@{quote(str(place), safe='')}/postgres"
        finally:
            process.stdin.close()


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_the_same_tests_pass_on_postgresql(postgres: str, folder: Path) -> None:
    environment = os.environ | {"VOCASYNC_DATABASE_URL": postgres, "VOCASYNC_VAR": str(folder / "var")}
    environment.pop("PYTEST_ADDOPTS", None)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:xdist",
        "-p",
        "no:cacheprovider",
        "-m",
        "not slow",
        f"--basetemp={folder / 't'}",
        *TESTS,
    ]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-6000:]
