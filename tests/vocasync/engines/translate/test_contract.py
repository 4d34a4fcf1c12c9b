"""What every translator promises; run over each."""

from __future__ import annotations

from typing import Any

import pytest

from vocasync.engines import registry
from vocasync.engines.base import Translator
from vocasync.engines.translate.keeping import CLOSE, OPEN, keep
from vocasync.errors import Cancelled, PipelineError
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


ENGINES = {
    "offline": "apertium",
    "online": "google",
    "with_deepl": "deepl",
    "with_microsoft": "microsoft",
    "with_libretranslate": "libretranslate",
    "with_google_cloud": "google-cloud",
}


@pytest.fixture(params=ENGINES)
def translator(request: pytest.FixtureRequest) -> Any:
    return request.getfixturevalue(request.param)


def test_every_translator_is_here() -> None:
    assert set(ENGINES.values()) == {row.name for row in registry.specs("translate")}


def test_is_a_translator(translator: Any) -> None:
    assert isinstance(translator, Translator)
    assert translator.name in ENGINES.values()
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


HARD = [
    "Hello \U0001f600\U0001f468‍\U0001f469‍\U0001f467 world",
    "The word سلام is Arabic, and שלום is Hebrew.",
    "Use <b>bold</b> &amp; {name}, %s or ${HOME}.",
    "He said \"yes\" & 'no' <at once>.",
    "\x00nul \x08bell \u2028line \ufeffmark",
    ']]> <!-- old --> <x>house</x> <i translate="no">table</i>',
    "⟦0⟧ is no placeholder of ours.",
]


@pytest.mark.parametrize("text", HARD)
def test_whatever_is_said_comes_back(translator: Translator, text: str) -> None:
    alone = translator.translate([text], "en", "es", Silent())
    among = translator.translate(["One.", text, "Two."], "en", "es", Silent())
    assert alone[0] == among[1]
    assert alone[0].text
    assert "Two" in among[2].text or "TWO" in among[2].text.upper() or "Dos" in among[2].text
    for sign in '<>&{}$%"':
        assert alone[0].text.count(sign) == text.count(sign), sign


@pytest.mark.parametrize("words", ["Tren Azul", "A&B <c>", "l’Été d'Or", "नीली रेल", "a/b", "«x» ⟦1⟧"])
def test_what_is_to_be_kept_is_kept(translator: Translator, words: str) -> None:
    texts = [
        f"The {keep(words)} is white.",
        "The house is old.",
        f"{keep(words)} and {keep('B')}, I like {keep(words)}",
    ]
    made = [one.text for one in translator.translate(texts, "en", "es", Silent())]
    assert [one.count(words) for one in made] == [1, 0, 2]
    assert "B" in made[2]
    assert not any(sign in one for one in made for sign in (OPEN, CLOSE, "<x>", "<span", "&amp;"))
    assert translator.translate(["The house is old."], "en", "es", Silent())[0].text == made[1]


def test_what_is_around_is_not_given_back(translator: Translator) -> None:
    alone = translator.translate(["The house is white."], "en", "es", Silent())
    made = translator.translate(["The house is white."], "en", "es", Silent(), ("Good morning.", "The dog is old."))
    assert made == alone


def test_texts_of_five_thousand_characters(translator: Translator) -> None:
    texts = [" ".join(["The white house is old."] * 210)] * 3
    made = translator.translate(texts, "en", "es", Silent())
    assert len({one.text for one in made}) == 1
    assert len(made[0].text) > 4_000


def test_a_word_without_an_end(translator: Translator) -> None:
    made = translator.translate(["x" * 12_000, "One."], "en", "es", Silent())
    assert made[0].text.casefold().count("x") == 12_000
    assert made[1].text


def test_a_pair_that_it_has_not(translator: Translator) -> None:
    if translator.name == "google":
        pytest.skip("it has all languages, and says of others only that they failed")
    with pytest.raises(PipelineError) as caught:
        translator.translate(["One."], "tlh", "es", Silent())
    assert caught.value.code == "pair_unsupported"
    assert "another translator" in str(caught.value)
