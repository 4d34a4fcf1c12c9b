"""An archive of files that lie here, made while it is sent: no more of it than a block is ever in memory."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

BLOCK = 256 * 1024


class _Outlet(io.RawIOBase):
    """Takes what is written until it is fetched. Cannot be sought in, so that the archive is written to its end."""

    def __init__(self) -> None:
        super().__init__()
        self._waiting: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        block = bytes(data)  # type: ignore[call-overload]
        self._waiting.append(block)
        return len(block)

    def fetch(self) -> bytes:
        """What was written since the last time."""
        block, self._waiting = b"".join(self._waiting), []
        return block


def zipped(members: Iterable[tuple[Path, str]]) -> Iterator[bytes]:
    """A zip archive of files, each under a name of its own, as they are: media do not get smaller.

    A file that is gone by the time it is reached is left out.
    """
    outlet = _Outlet()
    with zipfile.ZipFile(outlet, "w", zipfile.ZIP_STORED) as archive:
        for path, name in members:
            try:
                source = path.open("rb")
            except OSError:
                continue
            with source, archive.open(zipfile.ZipInfo(name), "w", force_zip64=True) as packed:
                while block := source.read(BLOCK):
                    packed.write(block)
                    yield outlet.fetch()
    yield outlet.fetch()


def own_names(names: Iterable[str]) -> Iterator[str]:
    """The same, with a number after those that were there before."""
    seen: dict[str, int] = {}
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        yield name if seen[name] == 1 else f"{name} ({seen[name]})"
