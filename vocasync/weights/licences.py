"""Whose terms an operator has accepted, when, and in what name: ``licences.json`` in the models folder.

Kept beside the weights and not in a database: the folder may be shared by several sites, filled from the shell before
there is a database, or copied to another machine.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from vocasync.artifacts import structure
from vocasync.compat import UTC
from vocasync.weights import locks
from vocasync.weights.catalogue import model
from vocasync.weights.disk import writing

FILE = "licences.json"


@dataclass(frozen=True, slots=True)
class Acceptance:
    """Somebody's word. licence: its name, as it was when they gave it. at: ISO 8601, UTC."""

    model: str
    licence: str
    url: str
    by: str
    at: str


def accepted(name: str, root: Path) -> Acceptance | None:
    """Who accepted the terms of the model, None where nobody has; an acceptance of other terms than today's counts for
    nothing. Raises ``weights_unknown``."""
    row = _read(root / FILE).get(name)
    terms = model(name).licence
    return row if row is not None and row.licence == terms.name else None


def accept(name: str, root: Path, who: str) -> Acceptance:
    """Write down that ``who`` accepts the terms of the model. The first acceptance stands. Raises ``weights_unknown``,
    and ValueError for an empty name."""
    terms = model(name).licence
    if not who.strip():
        raise ValueError("an acceptance needs a name")
    with writing(root, FILE), locks.held(root / f".{FILE}.lock", wait=lambda: None):
        there = accepted(name, root)
        if there is not None:
            return there
        new = Acceptance(name, terms.name, terms.url, who.strip(), datetime.now(UTC).isoformat(timespec="seconds"))
        _write(root / FILE, {**_read(root / FILE), name: new})
    return new


def lacking(name: str, root: Path) -> bool:
    """Whether the model must not be used before somebody accepts its terms."""
    return model(name).licence.asks and accepted(name, root) is None


def _read(path: Path) -> dict[str, Acceptance]:
    try:
        rows: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return {name: structure(row, Acceptance) for name, row in rows.items()}
    except FileNotFoundError:
        return {}


def _write(path: Path, rows: dict[str, Acceptance]) -> None:
    scratch = path.with_name(f".{uuid.uuid4().hex[:8]}.{path.name}")
    plain = {name: asdict(row) for name, row in sorted(rows.items())}
    scratch.write_text(json.dumps(plain, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    scratch.replace(path)
