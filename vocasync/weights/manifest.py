"""What is known of the files in a model's folder: ``manifest.json``, written when a file has arrived whole."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from vocasync.artifacts import structure

FILE = "manifest.json"


@dataclass(frozen=True, slots=True)
class Row:
    """A file as it arrived. stated: whether the checksum is its publisher's, and not only what we counted ourselves.
    source: its address. at: ISO 8601, UTC."""

    size: int
    sha256: str
    stated: bool
    source: str
    at: str


def read(place: Path) -> dict[str, Row]:
    """By file name; empty where there is no manifest, as of files that were copied by hand."""
    try:
        rows: dict[str, Any] = json.loads((place / FILE).read_text(encoding="utf-8"))["files"]
    except (FileNotFoundError, ValueError, KeyError):
        return {}
    return {name: structure(row, Row) for name, row in rows.items()}


def add(place: Path, rows: dict[str, Row]) -> None:
    """Write these down beside what is known already. The folder's lock must be held."""
    _write(place, {**read(place), **rows})


def forget(place: Path, names: Iterable[str]) -> None:
    """Strike files out; the manifest goes with the last. The folder's lock must be held."""
    gone = set(names)
    left = {name: row for name, row in read(place).items() if name not in gone}
    if left:
        _write(place, left)
    else:
        (place / FILE).unlink(missing_ok=True)


def _write(place: Path, rows: dict[str, Row]) -> None:
    scratch = place / f".{uuid.uuid4().hex[:8]}.{FILE}"
    plain = {"files": {name: asdict(row) for name, row in sorted(rows.items())}}
    scratch.write_text(json.dumps(plain, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    scratch.replace(place / FILE)
