"""Words as PocketSphinx's dictionary writes them."""

from __future__ import annotations

import pytest

from vocasync.engines.asr.sphinx_words import is_word, spelt


@pytest.mark.parametrize("entry", ["<s>", "</s>", "<sil>", "[NOISE]", "++BREATH++", "(NULL)", ""])
def test_what_nobody_said_is_no_word(entry: str) -> None:
    assert not is_word(entry)


@pytest.mark.parametrize(("entry", "word"), [("read(2)", "read"), ("read", "read"), ("'em(12)", "'em"), ("_7", "_7")])
def test_words_lose_the_number_of_their_pronunciation(entry: str, word: str) -> None:
    assert is_word(entry)
    assert spelt(entry) == word
