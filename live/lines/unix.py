"""Lines on one machine: Unix sockets in a folder that only the site's own user may enter."""

from __future__ import annotations

import asyncio
import hashlib
import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

from live.lines.base import HEAD_BYTES, Frame, LineLost, Listener, Taken, pack, unpack_head

SCHEME = "unix:"
LONGEST_PATH = 107
"""Bytes of a socket's path: Linux has room for 108 with the zero at the end, and says nothing clear about more."""

WAITING_BYTES = 2**20
"""Bytes that are sent ahead of a side that does not read; half a minute of dubbed sound."""

CLOSE_SECONDS = 3.0
"""How long a line that is closed waits for the other side to read what it was sent."""


class UnixLine:
    """See :class:`live.lines.base.Line`. The kernel notices when the other process ends."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        writer.transport.set_write_buffer_limits(high=WAITING_BYTES)

    async def send(self, frame: Frame) -> None:
        packed = pack(frame)
        try:
            if self._writer.is_closing():
                raise LineLost
            self._writer.write(packed)
            await self._writer.drain()
        except OSError:
            raise LineLost from None

    async def receive(self) -> Frame:
        try:
            length, kind = unpack_head(await self._reader.readexactly(HEAD_BYTES))
            return Frame(kind, await self._reader.readexactly(length))
        except (asyncio.IncompleteReadError, OSError, ValueError):
            raise LineLost from None

    async def close(self) -> None:
        self._writer.close()
        waiting = asyncio.ensure_future(self._closed())
        done, _ = await asyncio.wait([waiting], timeout=CLOSE_SECONDS)
        if not done:  # the other side does not read what it was sent
            self._writer.transport.abort()
            await waiting

    async def _closed(self) -> None:
        with suppress(OSError):
            await self._writer.wait_closed()


class UnixListener:
    """See :class:`live.lines.base.Listener`."""

    def __init__(self, server: asyncio.Server, path: Path) -> None:
        self.address = f"{SCHEME}{path}"
        self._server, self._path = server, path

    async def close(self) -> None:
        self._server.close()
        self._path.unlink(missing_ok=True)


async def listen(path: Path, taken: Taken) -> Listener:
    """Take lines at a path, in a folder of :func:`folder_for`."""

    async def opened(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await taken(UnixLine(reader, writer))

    path.unlink(missing_ok=True)
    server = await asyncio.start_unix_server(opened, path)
    path.chmod(0o600)
    return UnixListener(server, path)


async def connect(path: Path) -> UnixLine:
    """A line to who listens there. Raises LineLost where nobody does."""
    try:
        return UnixLine(*await asyncio.open_unix_connection(path))
    except OSError:
        raise LineLost from None


def socket_path(folder: Path, name: str) -> Path:
    """Where the worker of a name listens, in ``folder``, which is made if need be; where that path would be too long
    for a socket, in a folder of the system's for temporary files. Raises OSError where neither can be used."""
    path = folder / f"{name}.sock"
    if len(os.fsencode(path)) > LONGEST_PATH:
        mark = hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
        path = Path(tempfile.gettempdir()) / f"vocasync-{mark}" / f"{name}.sock"
        if len(os.fsencode(path)) > LONGEST_PATH:
            raise OSError(f"{path} is too long for a socket; set VOCASYNC_LIVE_SOCKETS to a shorter folder.")
    _private(path.parent)
    return path


def _private(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    state = folder.lstat()
    if not stat.S_ISDIR(state.st_mode) or state.st_uid != os.getuid():
        raise OSError(f"{folder} belongs to somebody else; set VOCASYNC_LIVE_SOCKETS to another folder.")
    folder.chmod(0o700)
