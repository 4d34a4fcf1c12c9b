"""A dub that was made with an engine whose licence forbids commercial use."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.vocasync.pipelines.conftest import Dub
from vocasync.engines import registry

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def test_its_manifest_says_so(dub: Dub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = tuple(
        replace(row, commercial=False, licence="For fun only") if row.name == "espeak" else row
        for row in registry.SPECS
    )
    monkeypatch.setattr(registry, "SPECS", rows)
    dub().result()
    manifest = json.loads((tmp_path / "work" / "out" / "manifest.json").read_text())
    assert manifest["non_commercial"] == {"voice": "For fun only"}


def test_the_manifest_of_another_names_none(dub: Dub, tmp_path: Path) -> None:
    dub().result()
    assert json.loads((tmp_path / "work" / "out" / "manifest.json").read_text())["non_commercial"] == {}
