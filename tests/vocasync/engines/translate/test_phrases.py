from __future__ import annotations

import pytest

from vocasync.engines.translate.phrases import _table, phrase
from vocasync.languages import LANGUAGES


@pytest.mark.parametrize(
    "sentence", ["Let's get started", "let’s get started", "LET US GET STARTED", " Let's  get started "]
)
def test_spelling_does_not_matter(sentence: str) -> None:
    assert phrase(sentence, "en", "es") == "Empecemos"


@pytest.mark.parametrize(
    ("end", "expected"), [("", "Gracias"), (".", "Gracias."), ("!", "Gracias!"), ("?!", "Gracias?!")]
)
def test_the_sentence_keeps_its_end(end: str, expected: str) -> None:
    assert phrase(f"Thank you{end}", "en", "es") == expected


def test_only_whole_sentences_match() -> None:
    assert phrase("Thank you for the table", "en", "es") == ""
    assert phrase("Thank you", "fr", "es") == ""
    assert phrase("Thank you", "en", "te") == ""
    assert phrase("", "en", "es") == ""


def test_the_table_is_complete() -> None:
    table = _table()
    assert set(table) <= set(LANGUAGES)
    counts = {code: len(rows) for code, rows in table.items()}
    assert len(set(counts.values())) == 1
    assert min(counts.values()) > 100
    for rows in table.values():
        assert all(cell and cell == cell.strip() and not cell.endswith((".", "?", "!")) for cell in rows.values())
