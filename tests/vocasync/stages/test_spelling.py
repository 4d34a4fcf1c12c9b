from __future__ import annotations

from vocasync.stages.spelling import Spelling
from vocasync.types import Word


def words(text: str) -> list[Word]:
    return [Word(word, number, number + 1) for number, word in enumerate(text.split())]


def written(spelling: Spelling, text: str, *, ends: bool) -> str:
    return " ".join(word.text for word in spelling.clause(words(text), ends=ends))


def test_a_capital_begins_an_utterance_and_a_mark_ends_it() -> None:
    spelling = Spelling(punctuates=False)
    assert written(spelling, "i think that i shall go", ends=False) == "I think that I shall go"
    assert written(spelling, "because it's late", ends=True) == "because it's late."
    assert written(spelling, "good night", ends=True) == "Good night."


def test_a_question_is_told_by_how_its_utterance_began() -> None:
    spelling = Spelling(punctuates=False)
    assert written(spelling, "do you know the way", ends=False) == "Do you know the way"
    assert written(spelling, "because i don't", ends=True) == "because I don't?"


def test_what_is_under_way_changes_nothing() -> None:
    spelling = Spelling(punctuates=False)
    assert [word.text for word in spelling.under_way(words("do you"))] == ["Do", "you"]
    assert spelling.under_way(()) == ()
    assert written(spelling, "we do", ends=True) == "We do."


def test_what_the_recogniser_punctuates_stays_as_it_is() -> None:
    spelling = Spelling(punctuates=True)
    assert written(spelling, "So, i think", ends=False) == "So, i think"
    assert written(spelling, "yes", ends=True) == "yes"
