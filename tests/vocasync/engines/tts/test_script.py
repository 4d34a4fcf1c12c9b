"""Text made fit to be spoken."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vocasync.engines.tts.script import clean, pieces


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("Hello  world\n", "Hello world"),
        ("Nice 😀👍🏽!", "Nice !"),
        ("20 °C, 5 € + 3 = ?", "20 °C, 5 € + 3 = ?"),
        ("wait!!!!!!!!", "wait!!!"),
        ("…", ""),
        ("", ""),
        ("क्‍ष", "क्‍ष"),
        ("\ud800x\0y", "x y"),
    ],
)
def test_what_cannot_be_read_is_dropped(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned


def test_cuts_at_sentences_then_clauses_then_words() -> None:
    assert pieces("One two. Three four. Five.", 20) == ["One two. Three four.", "Five."]
    assert pieces("One two, three four five", 12) == ["One two,", "three four", "five"]
    assert pieces("abcdefgh", 3) == ["abc", "def", "gh"]


@given(st.text(max_size=300), st.integers(5, 80))
def test_no_piece_is_too_long_and_no_letter_is_lost(text: str, most: int) -> None:
    cut = pieces(text, most)
    assert all(0 < len(piece) <= most for piece in cut)
    letters = [char for char in clean(text) if char.isalnum()]
    assert [char for piece in cut for char in piece if char.isalnum()] == letters
