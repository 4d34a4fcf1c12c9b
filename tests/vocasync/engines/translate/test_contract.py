"""What every translator promises; run over each."""

from __future__ import annotations

from typing import Any

import pytest

from vocasync.engines.base import Translator
from vocasync.errors import Cancelled
from vocasync.progress import Silent

TEXTS = [
    "The house is white.",
    "",
    "  Where is the   station? ",
    "and then we went home",
    "...",
    "One two three, four five six; seven eight nine ten.",
    "line\nbreak and\ttab",
    "The house is white.",
]


class Heard:
    """A progress that remembers."""

    def __init__(self, cancel_after: int | None = None) -> None:
        self.fractions: list[float] = []
        self._left = cancel_after

    def report(self, fraction: float, note: str = "") -> None:
        self.fractions.append(fraction)

    def check(self) -> None:
        if self._left is not None:
            self._left -= 1
            if self._left < 0:
                raise Cancelled


@pytest.fixture(params=["offline", "online"])
def translator(request: pytest.FixtureRequest) -> Any:
    return request.getfixturevalue(request.param)


def test_is_a_translator(translator: Any) -> None:
    assert isinstance(translator, Translator)
    assert translator.name in {"apertium", "google"}
    assert translator.version


def test_as_many_lines_come_back_in_the_same_order(translator: Translator) -> None:
    made = translator.translate(TEXTS, "en", "es", Silent())
    assert len(made) == len(TEXTS)
    assert [bool(one.text) for one in made] == [bool(text.strip()) for text in TEXTS]
    assert made[0] == made[-1]
    assert not any("\n" in one.text or "\t" in one.text or "  " in one.text for one in made)
    for number in range(len(TEXTS)):  # a text says the same alone as among others
        assert translator.translate([TEXTS[number]], "en", "es", Silent())[0].text == made[number].text


def test_nothing_to_translate(translator: Translator) -> None:
    assert translator.translate([], "en", "es", Silent()) == []


@pytest.mark.parametrize("char", list("[]{}^$/\\@<>*#~+&|_%\"'`=€…“”—\u00a0\U0001f600"))
def test_special_characters_survive(translator: Translator, char: str) -> None:
    text = f"The house {char} is {char}{char} white"
    made = translator.translate([text], "en", "es", Silent())[0].text
    assert made.count(char) >= 3 or char in "\u00a0" or (char == "&" and " y " in made), made


def test_a_very_long_text_comes_back_whole(translator: Translator) -> None:
    text = " ".join(f"The house number {n} is white." for n in range(600))
    made = translator.translate([text, "Good morning."], "en", "es", Silent())
    assert len(made) == 2
    assert all(str(n) in made[0].text for n in (0, 299, 599))
    assert len(made[0].text.split()) > 2400


def test_reports_up_to_one(translator: Translator) -> None:
    heard = Heard()
    translator.translate(TEXTS, "en", "es", heard)
    assert heard.fractions == sorted(heard.fractions)
    assert heard.fractions[-1] == 1.0


def test_stops_when_it_is_no_longer_wanted(translator: Translator) -> None:
    with pytest.raises(Cancelled):
        translator.translate(["The house is white."] * 3, "en", "es", Heard(cancel_after=0))
