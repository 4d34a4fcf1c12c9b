"""Base voices are reckoned once, and the same wherever they come from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from vocasync.engines.tts import bases
from vocasync.engines.tts.bases import Bases

NAME = "en-us+klatt4"


@pytest.fixture
def reckoned(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of what was reckoned."""
    names: list[str] = []
    described = bases._described

    def noted(name: str, texts: tuple[str, ...]) -> bases.Source:
        names.append(name)
        return described(name, texts[:1])

    monkeypatch.setattr(bases, "_described", noted)
    return names


def test_the_next_process_reads_what_one_has_reckoned(tmp_path: Path, reckoned: list[str]) -> None:
    first, again = Bases(tmp_path).of(NAME), Bases(tmp_path).of(NAME)
    assert reckoned == [NAME]
    assert again.style == first.style
    assert np.array_equal(again.colour.envelope, first.colour.envelope)
    assert np.array_equal(again.colour.voiced, first.colour.voiced)


def test_what_other_sentences_made_is_reckoned_anew(
    tmp_path: Path, reckoned: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    Bases(tmp_path).of(NAME)
    monkeypatch.setattr(bases, "sentences", lambda name: ("Other words.",))
    Bases(tmp_path).of(NAME)
    assert reckoned == [NAME, NAME]


def test_a_folder_that_cannot_be_written_to_only_costs_time(tmp_path: Path, reckoned: list[str]) -> None:
    taken = tmp_path / "taken"
    taken.write_bytes(b"")
    assert len(Bases(taken / "below").of(NAME).colour.voiced)
    assert reckoned == [NAME]
