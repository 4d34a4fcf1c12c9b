"""How far what was heard is from what was to be said."""

from __future__ import annotations

import jiwer
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vocasync.stages.words import word_distance, words_of


@pytest.mark.parametrize(
    ("text", "language", "words"),
    [
        ("Don’t stop — it’s late!", "en", ["don't", "stop", "it's", "late"]),
        ("Call 112 now", "en", ["call", "1", "1", "2", "now"]),
        ("मेरे भाई ने नई गाड़ी खरीदी।", "hi", ["मेरे", "भाई", "ने", "नई", "गाड़ी", "खरीदी"]),
        ("مزدور طبقے کے علاوہ۔", "ur", ["مزدور", "طبقے", "کے", "علاوہ"]),
        ("నేటి విద్యార్థి.", "te", ["నేటి", "విద్యార్థి"]),
        ("你好，世界", "zh", ["你", "好", "世", "界"]),
        ("« Où ? »", "fr", ["où"]),
        ("'quoted'", "en", ["quoted"]),
        ("", "en", []),
    ],
)
def test_words_of_any_script(text: str, language: str, words: list[str]) -> None:
    assert words_of(text, language) == words


@pytest.mark.parametrize(
    ("wanted", "heard", "distance"),
    [
        ("the cat sat", "The cat sat!", 0.0),
        ("the cat sat", "the dog sat", 1 / 3),
        ("the cat sat", "the cat", 1 / 3),
        ("the cat sat", "the fat cat sat", 1 / 3),
        ("the cat sat", "", 1.0),
        ("one", "two three four", 3.0),
    ],
)
def test_changes_for_each_word(wanted: str, heard: str, distance: float) -> None:
    assert word_distance(wanted, heard) == pytest.approx(distance)


_WORDS = st.lists(st.sampled_from(["a", "b", "c", "d"]), min_size=1, max_size=8)


@given(_WORDS, _WORDS)
def test_it_is_the_word_error_rate(wanted: list[str], heard: list[str]) -> None:
    one, other = " ".join(wanted), " ".join(heard)
    assert word_distance(one, other) == pytest.approx(jiwer.wer(one, other))
