"""Numbers in Hindi words, which ``num2words``, and so ``coqui-tts``, does not know."""

from __future__ import annotations

import re

_WORDS = (
    "शून्य एक दो तीन चार पाँच छह सात आठ नौ "
    "दस ग्यारह बारह तेरह चौदह पंद्रह सोलह सत्रह अठारह उन्नीस "
    "बीस इक्कीस बाईस तेईस चौबीस पच्चीस छब्बीस सत्ताईस अट्ठाईस उनतीस "
    "तीस इकतीस बत्तीस तैंतीस चौंतीस पैंतीस छत्तीस सैंतीस अड़तीस उनतालीस "
    "चालीस इकतालीस बयालीस तैंतालीस चौवालीस पैंतालीस छियालीस सैंतालीस अड़तालीस उनचास "
    "पचास इक्यावन बावन तिरपन चौवन पचपन छप्पन सत्तावन अट्ठावन उनसठ "
    "साठ इकसठ बासठ तिरसठ चौंसठ पैंसठ छियासठ सड़सठ अड़सठ उनहत्तर "
    "सत्तर इकहत्तर बहत्तर तिहत्तर चौहत्तर पचहत्तर छिहत्तर सतहत्तर अठहत्तर उन्यासी "
    "अस्सी इक्यासी बयासी तिरासी चौरासी पचासी छियासी सत्तासी अट्ठासी नवासी "
    "नब्बे इक्यानवे बानवे तिरानवे चौरानवे पंचानवे छियानवे सत्तानवे अट्ठानवे निन्यानवे"
)
_SMALL = tuple(_WORDS.split())

_STEPS = ((10**11, "खरब"), (10**9, "अरब"), (10**7, "करोड़"), (10**5, "लाख"), (10**3, "हज़ार"), (100, "सौ"))
_CENTURIES = range(1100, 2000)  # said in hundreds, as years are
_MOST = 10**13  # beyond it, digits are read one by one
_POINT = "दशमलव"

_NUMBER = re.compile(r"(\d+(?:,\d+)*)(?:\.(\d+))?")


def spelt(text: str) -> str:
    """The text with its numbers in words: ``2.5`` is “दो दशमलव पाँच”, ``1,50,000`` “एक लाख पचास हज़ार”."""
    return _NUMBER.sub(_said, text)


def number(value: int) -> str:
    """A number of at least 0 in words."""
    if value < len(_SMALL):
        return _SMALL[value]
    if value >= _MOST:
        return _digits(str(value))
    step, name = (100, "सौ") if value in _CENTURIES else next(row for row in _STEPS if value >= row[0])
    count, rest = divmod(value, step)
    return " ".join([number(count), name, *([number(rest)] if rest else [])])


def _said(match: re.Match[str]) -> str:
    whole, part = match.group(1).replace(",", ""), match.group(2)
    said = _digits(whole) if len(whole) > len(str(_MOST)) else number(int(whole))
    return f"{said} {_POINT} {_digits(part)}" if part else said


def _digits(text: str) -> str:
    return " ".join(_SMALL[int(digit)] for digit in text)
