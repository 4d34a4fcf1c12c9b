from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vocasync.engines.translate.keeping import CLOSE, OPEN, Markup, bare, behind_places, keep, kept, lost

SPAN = Markup('<span translate="no">', "</span>")
WORDS = st.text(st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters=OPEN + CLOSE))


@given(st.lists(st.tuples(WORDS, WORDS.filter(bool))), WORDS)
def test_markup_comes_back_as_text(pairs: list[tuple[str, str]], rest: str) -> None:
    text = "".join(before + keep(words) for before, words in pairs) + rest
    assert SPAN.read(SPAN.write(text)) == bare(text)
    assert kept(text) == [words for _, words in pairs]


@pytest.mark.parametrize(
    "answer",
    ['<span translate="no">A &amp; B</span>', "<span translate='no' >A &amp; B</span >", "<span>A &amp; B</span>"],
)
def test_markup_that_a_service_wrote_otherwise(answer: str) -> None:
    assert SPAN.read(f"El {answer} sale.") == "El A & B sale."


def test_marks_without_their_other_half_are_dropped() -> None:
    for text in (f"a{OPEN}b", f"a{CLOSE}b", f"{CLOSE}a{OPEN}b"):
        assert kept(text) == []
        assert SPAN.read(SPAN.write(text)) == "ab"


@pytest.mark.parametrize(
    ("text", "translated", "expected"),
    [
        (f"a {keep('X')}", "uno X", False),
        (f"a {keep('X')}", "uno x", True),
        (f"{keep('X')} {keep('X')}", "X", True),
        (f"{keep('X')} {keep('X')}", "X X", False),
        ("a", "", False),
    ],
)
def test_lost(text: str, translated: str, expected: bool) -> None:
    assert lost(text, translated) is expected


def test_places_may_move_and_be_written_otherwise() -> None:
    def ask(texts: list[str]) -> list[str]:
        assert texts == ["⟦0⟧ and ⟦1⟧", "none"]
        return ["⟦ १ ⟧ y ⟦٠⟧", "ninguno"]

    assert behind_places([f"{keep('A')} and {keep('B')}", "none"], ask) == ["B y A", "ninguno"]


def test_lost_places_are_asked_about_again() -> None:
    asked: list[list[str]] = []

    def ask(texts: list[str]) -> list[str]:
        asked.append(texts)
        return [text.replace("⟦0⟧", "") for text in texts]

    assert behind_places(["x", f"the {keep('A')}", f"{keep('B')}"], ask) == ["x", "the A", "B"]
    assert asked == [["x", "the ⟦0⟧", "⟦0⟧"], ["the A", "B"]]


@pytest.mark.parametrize("count", [0, 1, 5])
def test_another_number_of_answers_is_passed_on(count: int) -> None:
    answers = behind_places(["x", f"the {keep('A')}", "y"], lambda texts: ["answer"] * (count if len(texts) > 1 else 1))
    assert len(answers) == count
