"""English text as the synthesizer reads it: letters and a few signs, with numbers and abbreviations written out."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Any

_PAD, _END = "_", "~"
_SIGNS = "!'\"(),-.:;? "
SYMBOLS = f"{_PAD}{_END}ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz{_SIGNS}"
"""In the order in which the published weights know them; the first one is what shorter lines are padded with."""

_NUMBERS = {symbol: number for number, symbol in enumerate(SYMBOLS) if symbol not in (_PAD, _END)}
_ABBREVIATIONS = {
    "mrs": "misess",
    "mr": "mister",
    "dr": "doctor",
    "st": "saint",
    "co": "company",
    "jr": "junior",
    "maj": "major",
    "gen": "general",
    "drs": "doctors",
    "rev": "reverend",
    "lt": "lieutenant",
    "hon": "honorable",
    "sgt": "sergeant",
    "capt": "captain",
    "esq": "esquire",
    "ltd": "limited",
    "col": "colonel",
    "ft": "fort",
}
_ABBREVIATED = re.compile(rf"\b({'|'.join(_ABBREVIATIONS)})\.")
_SPOKEN = {"%": " percent", "&": " and ", "@": " at ", "+": " plus ", "=": " equals "}
_MONEY = {"£": "pounds", "€": "euros"}
_LONGEST = 15  # digits of a number that is said as one

_THOUSANDS = re.compile(r"(\d[\d,]+\d)")
_AMOUNT = re.compile(rf"([{''.join(_MONEY)}])(\d+)")
_DOLLARS = re.compile(r"\$(\d[\d.,]*\d|\d)")
_DECIMAL = re.compile(r"(\d+)\.(\d+)")
_ORDINAL = re.compile(r"(\d+)(?:st|nd|rd|th)\b")
_NUMBER = re.compile(r"\d+")


def symbols(text: str) -> list[int]:
    """The numbers of its symbols, the end's last. What it has no symbol for is left out."""
    return [_NUMBERS[char] for char in cleaned(text) if char in _NUMBERS] + [SYMBOLS.index(_END)]


def cleaned(text: str) -> str:
    """The text in small Latin letters, with numbers and abbreviations written out."""
    from anyascii import anyascii

    text = "".join(char if char in _MONEY else anyascii(char) for char in text).lower()
    for step in (_numbers, _abbreviations, _signs):
        text = step(text)
    return " ".join(text.split())


def _abbreviations(text: str) -> str:
    return _ABBREVIATED.sub(lambda found: _ABBREVIATIONS[found[1]], text)


def _signs(text: str) -> str:
    return "".join(_SPOKEN.get(char, char) for char in text)


def _numbers(text: str) -> str:
    text = _THOUSANDS.sub(lambda found: found[1].replace(",", ""), text)
    rules: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
        (_AMOUNT, lambda found: f"{found[2]} {_MONEY[found[1]]}"),
        (_DOLLARS, lambda found: _dollars(found[1])),
        (_DECIMAL, lambda found: f"{found[1]} point {' '.join(found[2])}"),
        (_ORDINAL, lambda found: _ordinal(found[1])),
        (_NUMBER, lambda found: _cardinal(found[0])),
    )
    for pattern, said in rules:
        text = pattern.sub(said, text)
    return text


def _dollars(amount: str) -> str:
    """``5.99`` as dollars and cents."""
    whole, _, rest = amount.partition(".")
    if not whole.isdecimal() or (rest and not rest.isdecimal()):
        return f"{amount} dollars"  # 1.2.3, or what else only looks like an amount
    cents = int(f"{rest[:2]:0<2}") if rest else 0
    parts = [f"{int(whole)} {'dollar' if int(whole) == 1 else 'dollars'}"] if int(whole) else []
    parts += [f"{cents} {'cent' if cents == 1 else 'cents'}"] if cents else []
    return ", ".join(parts) or "zero dollars"


def _ordinal(digits: str) -> str:
    if len(digits) > _LONGEST:
        return _cardinal(digits)
    said: str = _inflect().number_to_words(_inflect().ordinal(int(digits)), andword="")
    return said


def _cardinal(digits: str) -> str:
    """A number in words. Years, and what else is read as two pairs, are."""
    if len(digits) > _LONGEST:
        return " ".join(_words(int(digit)) for digit in digits)
    number = int(digits)
    if 1000 < number < 3000:
        return _year(number)
    return _words(number)


def _year(number: int) -> str:
    if number == 2000 or number % 1000 == 0:
        return _words(number)
    if 2000 < number < 2010:
        return f"two thousand {_words(number % 100)}"
    if number % 100 == 0:
        return f"{_words(number // 100)} hundred"
    said: str = _inflect().number_to_words(number, andword="", zero="oh", group=2)
    return said.replace(", ", " ")


def _words(number: int) -> str:
    said: str = _inflect().number_to_words(number, andword="")
    return said


@cache
def _inflect() -> Any:
    import inflect

    return inflect.engine()
