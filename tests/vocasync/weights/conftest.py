"""A publisher on this machine, and models that it has."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.vocasync.weights.shelf import Shelf
from vocasync.weights import catalogue, download
from vocasync.weights.catalogue import MIT, File, Model

MAKES = Callable[..., Model]


@pytest.fixture
def shelf() -> Iterator[Shelf]:
    with Shelf() as running:
        yield running


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "models"


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> MAKES:
    """Put a model into the catalogue."""

    def make(*files: File, name: str = "toy", **other: Any) -> Model:
        row = Model(name, name.title(), files, **{"folder": name, **_REST, **other})
        monkeypatch.setitem(catalogue.MODELS, name, row)
        return row

    return make


_REST: dict[str, Any] = {"licence": MIT, "about": "Of tests.", "size": 1000, "source": "https://example.org/toy"}


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits between two tries."""
    monkeypatch.setattr(download, "_LONGEST_PAUSE", 0.0)
