"""Who accepted what."""

from __future__ import annotations

import json
import multiprocessing
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from vocasync.compat import UTC
from vocasync.weights import catalogue, licences
from vocasync.weights.catalogue import MODELS


def test_an_acceptance_has_a_name_and_a_date(root: Path) -> None:
    assert licences.accepted("xtts-v2", root) is None
    assert licences.lacking("xtts-v2", root)
    given = licences.accept("xtts-v2", root, "  Olga Operator ")

    assert licences.accepted("xtts-v2", root) == given
    assert (given.by, given.licence) == ("Olga Operator", "Coqui Public Model License 1.0.0")
    assert abs((datetime.now(UTC) - datetime.fromisoformat(given.at)).total_seconds()) < 60
    assert not licences.lacking("xtts-v2", root)
    assert licences.lacking("your-tts", root)
    assert json.loads((root / "licences.json").read_text())["xtts-v2"]["by"] == "Olga Operator"


def test_the_first_acceptance_stands(root: Path) -> None:
    licences.accept("xtts-v2", root, "Olga")
    assert licences.accept("xtts-v2", root, "Otto").by == "Olga"


def test_other_terms_have_to_be_accepted_again(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    licences.accept("xtts-v2", root, "Olga")
    row = MODELS["xtts-v2"]
    terms = replace(row.licence, name="Coqui Public Model License 2.0.0")
    monkeypatch.setitem(catalogue.MODELS, "xtts-v2", replace(row, licence=terms))

    assert licences.accepted("xtts-v2", root) is None
    assert licences.accept("xtts-v2", root, "Otto").by == "Otto"


def test_nobody_accepts_nothing(root: Path) -> None:
    with pytest.raises(ValueError, match="name"):
        licences.accept("xtts-v2", root, " ")


def test_free_models_ask_for_nothing(root: Path) -> None:
    assert not licences.lacking("whisper-base", root)


def _accept(name: str, root: Path) -> None:
    licences.accept(name, root, f"for {name}")


def test_several_processes_lose_nothing(root: Path) -> None:
    names = [name for name, row in MODELS.items() if row.licence.asks]
    assert len(names) >= 4
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=_accept, args=(name, root)) for name in names]
    for process in processes:
        process.start()
    for process in processes:
        process.join()

    assert {name: licences.accepted(name, root).by for name in names} == {name: f"for {name}" for name in names}  # type: ignore[union-attr]
