"""The site on a real server, with a folder, a database and a person of its own."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent.parent

PERSON = """
from accounts.models import User
from accounts.services import api_key_create
user = User.objects.create_user("alice", "alice@example.org", "correct horse", max_upload_mb=1)
print(api_key_create(owner=user, name="tests")[1])
"""


@dataclass(frozen=True)
class Server:
    """A running site. ``folder``: its ``VOCASYNC_VAR``."""

    port: int
    folder: Path
    key: str

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def shell(self, code: str) -> str:
        """Run code in the site's own shell; what it prints."""
        return _manage(self.folder, "shell", "--no-imports", "-c", code)

    @property
    def stored(self) -> list[Path]:
        """Every file of uploads and media."""
        return [path for name in ("uploads", "media") for path in (self.folder / name).rglob("*") if path.is_file()]


def _environment(folder: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("VOCASYNC_", "DJANGO_"))}
    return {**kept, "VOCASYNC_VAR": str(folder), "VOCASYNC_NETWORK": "false", "VOCASYNC_DEBUG": "true"}


def _manage(folder: Path, *arguments: str) -> str:
    command = [sys.executable, "manage.py", *arguments]
    done = subprocess.run(
        command, cwd=ROOT, env=_environment(folder), check=True, stdout=subprocess.PIPE, text=True, timeout=120
    )
    return done.stdout.strip()


@contextlib.contextmanager
def running(folder: Path) -> Iterator[Server]:
    """Start the site on a free port; it has stopped when the block ends."""
    _manage(folder, "migrate", "--verbosity=0")
    key = _manage(folder, "shell", "--no-imports", "-c", PERSON)
    with socket.socket() as listener, (folder / "server.log").open("wb") as log:
        listener.bind(("127.0.0.1", 0))
        listener.listen(64)
        os.set_inheritable(listener.fileno(), True)
        command = [sys.executable, "-m", "uvicorn", "vocasite.asgi:application", "--fd", str(listener.fileno())]
        process = subprocess.Popen(
            command, cwd=ROOT, env=_environment(folder), stdout=log, stderr=log, pass_fds=[listener.fileno()]
        )
        try:
            server = Server(listener.getsockname()[1], folder, key)
            _wait(server, process)
            yield server
        finally:
            process.terminate()
            process.wait(20)


def _wait(server: Server, process: subprocess.Popen[bytes]) -> None:
    """The socket listens from the start; the site answers when it is up."""
    end = time.monotonic() + 60
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", server.port), 5) as probe:
            probe.settimeout(30)
            probe.sendall(b"GET /api/me HTTP/1.0\r\nHost: localhost\r\n\r\n")
            if probe.recv(100).startswith(b"HTTP/1.1 401"):
                return
    raise RuntimeError((server.folder / "server.log").read_text())
