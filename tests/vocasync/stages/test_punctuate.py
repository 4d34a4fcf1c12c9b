from __future__ import annotations

import pytest

from vocasync.stages import punctuate
from vocasync.stages.punctuate import proper_nouns, punctuated, terminal_mark


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("what is the capital of france", "What is the capital of france?"),
        ("and do you know him", "And do you know him?"),
        ("what's your name", "What's your name?"),
        ("the doctor told her", "The doctor told her."),
        ("i think i'm late", "I think I'm late."),
        ("we met mr brown and dr who on monday", "We met Mr. brown and Dr. who on Monday."),
        ("is it", "Is it."),
        ("whatever you say", "Whatever you say."),
        ("i asked mr", "I asked Mr."),
    ],
)
def test_sentences_get_case_and_a_mark(words: str, expected: str) -> None:
    assert " ".join(punctuated(words.split())) == expected


def test_as_many_words_come_out_as_went_in() -> None:
    words = ["so", "when", "does", "the", "train", "leave"]
    assert len(punctuated(words)) == len(words)
    assert punctuated([]) == ()


def test_names_are_capitalised_wherever_they_stand() -> None:
    assert punctuated(["in", "london"], {"london": "London"}) == ("In", "London.")


def test_the_dictionary_knows_names() -> None:
    if not proper_nouns({"london"}, "en"):
        pytest.skip("no Apertium pair with English is installed")
    found = proper_nouns({"london", "paris", "house", "water", "the", "it's"}, "en")
    assert found == {"london": "London", "paris": "Paris"}


def test_without_a_dictionary_nothing_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    punctuate._analyser.cache_clear()
    monkeypatch.setenv("PATH", "/nowhere")
    assert proper_nouns({"london"}, "en") == {}
    punctuate._analyser.cache_clear()


def test_terminal_mark_of_nothing() -> None:
    assert terminal_mark([]) == "."
