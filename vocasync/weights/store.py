"""The models folder: which model is there."""

from __future__ import annotations

from pathlib import Path


def missing(name: str, root: Path) -> str:
    """What must be done before the model can be used, "" when it can be."""
    return "" if (root / name).is_dir() else f"The model “{name}” is not here: run `manage.py models fetch {name}`."
