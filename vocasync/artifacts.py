"""Files that remember what they were made from.

Every artifact carries the fingerprint of its inputs and engine settings; a stage skips what is already there with the
same fingerprint. That one rule gives resume after a crash, re-doing one segment after an edit, and cheap re-runs.
A file appears under its name only when it is whole (written beside it, synced, renamed), its fingerprint after it.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar

import cattrs

from vocasync.compat import sha256_of

T = TypeVar("T")

_CONVERTER = cattrs.Converter()
_CONVERTER.register_structure_hook(Path, lambda value, _: Path(value))


_SCRATCH = re.compile(r"\.[0-9a-f]{8}\.")


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in value]
    if hasattr(value, "item") and not isinstance(value, str | bytes):  # numpy scalars
        return value.item()
    return value


def dumps(value: Any) -> str:
    """Canonical JSON of plain values, dataclasses, enums and paths."""
    return json.dumps(_plain(value), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def fingerprint(*parts: Any) -> str:
    """SHA-256 (hex, 64 characters) of the parts' canonical JSON."""
    return hashlib.sha256(dumps(parts).encode()).hexdigest()


def structure(value: Any, kind: type[T]) -> T:
    """Plain JSON values as ``kind``."""
    return _CONVERTER.structure(value, kind)


def file_sha256(path: Path) -> str:
    """SHA-256 (hex) of a file's bytes, read in blocks."""
    with path.open("rb") as stream:
        return sha256_of(stream)


@dataclasses.dataclass(frozen=True, slots=True)
class Workspace:
    """A folder of fingerprinted artifacts. Names are relative paths with ``/``."""

    root: Path

    def path(self, name: str) -> Path:
        """Where the artifact lives; its folder is made."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def has(self, name: str, mark: str) -> bool:
        """Whether ``name`` is there, whole, and made from ``mark``."""
        try:
            return (self.root / name).is_file() and (self.root / f"{name}.mark").read_text() == mark
        except FileNotFoundError:
            return False

    @contextmanager
    def writing(self, name: str, mark: str) -> Iterator[Path]:
        """A scratch path to write to; it becomes ``name`` when the block ends well, and is gone when it does not."""
        final = self.path(name)
        scratch = _scratch(final)
        try:
            yield scratch
            final.with_name(final.name + ".mark").unlink(missing_ok=True)
            scratch.replace(final)
            _write_whole(final.with_name(final.name + ".mark"), mark)
        finally:
            scratch.unlink(missing_ok=True)

    def save(self, name: str, value: Any, mark: str) -> None:
        """Write ``value`` as JSON."""
        with self.writing(name, mark) as path:
            path.write_text(dumps(value), encoding="utf-8")

    def load(self, name: str) -> Any:
        """Read JSON that :meth:`save` wrote."""
        return json.loads((self.root / name).read_text(encoding="utf-8"))

    def read(self, name: str, kind: type[T]) -> T:
        """Read what :meth:`save` wrote, back into ``kind`` (a dataclass, or a typed container of them)."""
        return structure(self.load(name), kind)

    def tidy(self) -> None:
        """Delete what writers that were killed left behind; only while nobody writes."""
        for scratch in self.root.rglob(".*"):
            if _SCRATCH.match(scratch.name):
                scratch.unlink(missing_ok=True)

    def remove(self) -> None:
        """Delete everything."""
        shutil.rmtree(self.root, ignore_errors=True)


def _scratch(path: Path) -> Path:
    return path.with_name(f".{uuid.uuid4().hex[:8]}.{path.name}")


def _write_whole(path: Path, text: str) -> None:
    scratch = _scratch(path)
    scratch.write_text(text)
    scratch.replace(path)
