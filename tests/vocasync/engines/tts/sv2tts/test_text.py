"""English text as the synthesizer reads it."""

from __future__ import annotations

import pytest

from vocasync.engines.tts.sv2tts.text import SYMBOLS, cleaned, symbols


def test_the_symbols_are_the_published_ones() -> None:
    assert len(SYMBOLS) == len(set(SYMBOLS)) == 66
    assert SYMBOLS[:3] == "_~A"
    assert SYMBOLS[-1] == " "


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Mrs. Smith and Dr. No, Jr. of St. Ives Ltd.", "misess smith and doctor no, junior of saint ives limited"),
        ("The company drives east.", "the company drives east."),
        ("It was 1987, then 2005, 1900, 2000 and 3000.", "it was nineteen eighty-seven, then two thousand five, "
         "nineteen hundred, two thousand and three thousand."),
        ("1,234,567 people", "one million, two hundred thirty-four thousand, five hundred sixty-seven people"),
        ("the 1st, 22nd and 103rd", "the first, twenty-second and one hundred third"),
        ("3.14", "three point one four"),
        ("$5.99, $1.01, $0.50, $1,000 and $0", "five dollars, ninety-nine cents, one dollar, one cent, fifty cents, "
         "one thousand dollars and zero dollars"),
        ("£3 or €4", "three pounds or four euros"),
        ("50% of A&B", "fifty percent of a and b"),
        ("a@b.c", "a at b.c"),
        ("Ünïcödé façade", "unicode facade"),
        ("  a \n\t b  ", "a b"),
        ("9" * 17, " ".join(["nine"] * 17)),
        ("1.2.3 $1.2.3", "one point two.three one point two.three dollars"),
        ("", ""),
    ],
)  # fmt: skip
def test_written_out(text: str, said: str) -> None:
    assert cleaned(text) == said


def test_as_numbers_with_the_end() -> None:
    assert symbols("Ab!") == [SYMBOLS.index("a"), SYMBOLS.index("b"), SYMBOLS.index("!"), 1]


@pytest.mark.parametrize("text", ["", "_~_~", "{[<>]}", "\u200b", "\ud800"])
def test_what_has_no_symbols_is_only_an_end(text: str) -> None:
    assert symbols(text) == [1]


@pytest.mark.parametrize("text", ["x" * 5000, "1" * 5000, "£" * 50 + "€$", "$,$.", "1,,2", "٣٤ ²½", "नमस्ते", "\0"])
def test_nothing_is_too_odd(text: str) -> None:
    assert all(0 < number < len(SYMBOLS) for number in symbols(text))
