"""Which mouth a speech sound makes: the visemes, and the way to them from the phones of any language.

Phones are classed by place of articulation and lip rounding, for that is what is seen; voicing, nasality, tone and
length are not. The classes are about those of MPEG-4's facial animation (ISO/IEC 14496-2), with more vowels.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from vocasync.types import MOUTH

JAW, WIDE, ROUND, UP, LOW, TUCK, PRESS, TONGUE = range(len(MOUTH))
"""Columns of a mouth track."""


@dataclass(frozen=True, slots=True)
class Viseme:
    """A mouth that speech passes through.

    target: of ``MOUTH``. dominance: how strongly it asks for each of them, against its neighbours. lead, lag: seconds
    in which its influence fades before and after it. contact: what must touch, ``lips``, ``teeth`` (the lower lip and
    they) or nothing. vowel: whether it carries a syllable.
    """

    name: str
    target: tuple[float, ...]
    dominance: tuple[float, ...]
    lead: float
    lag: float
    contact: str = ""
    vowel: bool = False


@dataclass(frozen=True, slots=True)
class Phone:
    """A viseme in time, seconds."""

    start: float
    end: float
    viseme: Viseme


def _of(values: Mapping[str, float], otherwise: float) -> tuple[float, ...]:
    return tuple(values.get(name, otherwise) for name in MOUTH)


def _vowel(name: str, strength: float, lead: float = 0.055, **target: float) -> Viseme:
    return Viseme(name, _of(target, 0.0), _of({}, strength), lead, 0.045, vowel=True)


def _consonant(
    name: str, target: Mapping[str, float], strength: float, lips: float, *, jaw: float = 0.0, lead: float = 0.035,
    contact: str = "",
) -> Viseme:  # fmt: skip
    """lips: how strongly it asks for their width and rounding, little where its neighbours decide them. jaw: likewise,
    0 for ``strength``."""
    asked = _of({"wide": lips, "round": lips, "jaw": jaw or strength}, strength)
    return Viseme(name, _of(target, 0.0), asked, lead, 0.030, contact)


REST = Viseme("rest", _of({}, 0.0), _of({}, 0.9), 0.055, 0.045)
"""A pause: the mouth comes to rest."""
GAP = Viseme("gap", _of({}, 0.0), _of({}, 0.25), 0.055, 0.045)
"""A pause too short for that."""

_ROWS = (
    # p b: lips pressed, and let go at once
    _consonant("PP", {"press": 0.85}, 1.6, 0.15, jaw=1.5, contact="lips"),
    # m: lips pressed for as long as it is heard
    _consonant("MM", {"press": 0.85}, 1.6, 0.15, jaw=1.5, contact="lips"),
    # f v: lower lip under the upper teeth
    _consonant("FF", {"jaw": 0.10, "tuck": 0.9, "up": 0.30}, 1.3, 0.15, jaw=1.5, contact="teeth"),
    # ʋ: the same without touching
    _consonant("VV", {"jaw": 0.14, "tuck": 0.5, "up": 0.15}, 0.8, 0.25),
    # th: tongue between the teeth
    _consonant("TH", {"jaw": 0.20, "low": 0.30, "up": 0.12, "tongue": 0.9}, 0.8, 0.28),
    # t d
    _consonant("DD", {"jaw": 0.20, "wide": 0.10, "low": 0.28, "up": 0.10, "tongue": 0.6}, 0.55, 0.19),
    # n l
    _consonant("NN", {"jaw": 0.18, "wide": 0.08, "low": 0.25, "up": 0.08, "tongue": 0.5}, 0.55, 0.19),
    # k g and all that is made further back
    _consonant("KK", {"jaw": 0.26, "wide": 0.05, "low": 0.2}, 0.35, 0.12),
    # s z: teeth together, lips apart
    _consonant("SS", {"jaw": 0.08, "wide": 0.30, "low": 0.50, "up": 0.26}, 0.9, 0.9, jaw=1.1),
    # sh ch: the same, lips forward
    _consonant("CH", {"jaw": 0.12, "round": 0.50, "low": 0.45, "up": 0.40}, 0.9, 0.9, jaw=1.1),
    _consonant("RR", {"jaw": 0.20, "round": 0.42, "low": 0.22}, 0.6, 0.6),
    # a trill or tap: not rounded as the English r is
    _consonant("DR", {"jaw": 0.22, "wide": 0.08, "low": 0.24, "tongue": 0.4}, 0.5, 0.17),
    _consonant("WW", {"jaw": 0.10, "round": 1.0}, 1.1, 1.1, lead=0.075),
    _consonant("YY", {"jaw": 0.16, "wide": 0.45, "low": 0.3, "up": 0.15}, 0.6, 0.21),
    # h, and what is not known: as its neighbours are
    _consonant("HH", {"jaw": 0.30, "low": 0.1}, 0.15, 0.05),
    _vowel("AA", 1.0, jaw=0.85, low=0.15),
    _vowel("AE", 1.0, jaw=0.72, wide=0.35, low=0.2, up=0.15),
    _vowel("AH", 0.8, jaw=0.48, low=0.12),
    _vowel("AX", 0.45, jaw=0.34, low=0.12),
    _vowel("EH", 0.9, jaw=0.53, wide=0.30, low=0.2, up=0.1),
    _vowel("IH", 0.8, jaw=0.35, wide=0.35, low=0.25, up=0.12),
    _vowel("IY", 1.0, jaw=0.25, wide=0.65, low=0.40, up=0.24),
    # the back vowels of Turkish or Korean that are not rounded
    _vowel("EU", 0.7, jaw=0.24, wide=0.12, low=0.22),
    _vowel("AO", 1.0, jaw=0.65, round=0.50),
    _vowel("OW", 1.0, 0.075, jaw=0.42, round=0.78),
    _vowel("OE", 1.0, 0.065, jaw=0.38, round=0.65, low=0.1),
    _vowel("UH", 0.9, jaw=0.28, round=0.55),
    _vowel("UW", 1.0, 0.075, jaw=0.16, round=0.95),
    _vowel("ER", 0.9, jaw=0.30, round=0.40, low=0.15),
)

VISEMES = {row.name: row for row in _ROWS}

_IPA: dict[str, str] = {
    symbol: name
    for name, symbols in {
        "PP": "pbɓʙʘ",
        "MM": "m",
        "FF": "fvɱⱱ",
        "VV": "ʋ",
        "TH": "θðǀ",
        "DD": "tdʈɖɗᶑǃǂ",
        "NN": "nlɳɫɭʎɲɬɮɺǁ",
        "KK": "kɡgcɟŋɴqɢɠʄʛxɣχʁʔʕħʜʢʡɰ",
        "SS": "szɿʦʣ",
        "CH": "ʃʒʂʐɕʑɧʧʤʨʥʅ",
        "RR": "ɹɻ",
        "DR": "rɾɽʀ",
        "WW": "wʍɥɸφβ",
        "YY": "jʝç",
        "HH": "hɦ",
        "AA": "aɑɐɶ",
        "AE": "æ",
        "AH": "ʌɜɤ",
        "AX": "əɘ",
        "EH": "eɛε",
        "IH": "ɪɨᵻ",
        "IY": "i",
        "AO": "ɔɒ",
        "OW": "o",
        "OE": "øœɵɞʚ",
        "UH": "ʊʏᵿ",
        "UW": "uyʉ",
        "ER": "ɚɝ",
        "EU": "ɯ",
    }.items()
    for symbol in symbols
}

_ARPABET: dict[str, tuple[str, ...]] = {
    phone: tuple(names.split())
    for phone, names in {
        "AA": "AA", "AE": "AE", "AH": "AH", "AO": "AO", "AW": "AA UH", "AY": "AA IH", "B": "PP", "CH": "CH",
        "D": "DD", "DH": "TH", "EH": "EH", "ER": "ER", "EY": "EH IY", "F": "FF", "G": "KK", "HH": "HH", "IH": "IH",
        "IY": "IY", "JH": "CH", "K": "KK", "L": "NN", "M": "MM", "N": "NN", "NG": "KK", "OW": "AO OW", "OY": "OW IH",
        "P": "PP", "R": "RR", "S": "SS", "SH": "CH", "T": "DD", "TH": "TH", "UH": "UH", "UW": "UW", "V": "FF",
        "W": "WW", "Y": "YY", "Z": "SS", "ZH": "CH",
    }.items()
}  # fmt: skip

_RETROFLEX = {"s.": "ʂ", "z.": "ʐ", "i.": "ʅ", "i[": "ɿ"}  # as eSpeak NG writes them in Mandarin
_ALONE = {"ʲ": "YY", "ᵐ": "MM", "ⁿ": "NN", "ᵑ": "KK", "ʰ": "HH"}  # sounds by themselves, colours of another elsewhere
_HUSHED = frozenset("ʃʒʂʐɕʑ")
_UNKNOWN = "HH"


@lru_cache(maxsize=4096)
def of_ipa(symbols: str) -> tuple[Viseme, ...]:
    """The visemes that a phone goes through, one for most, two for a diphthong; () for what is no sound.

    symbols: IPA as eSpeak NG writes a phone, with stress, length, tone and other diacritics, which do not change the
    mouth. A letter that is not known has the mouth of its neighbours.
    """
    if symbols.startswith("("):  # eSpeak NG tells of a change of language like this
        return ()
    for written, meant in _RETROFLEX.items():
        symbols = symbols.replace(written, meant)
    names: list[str] = []
    for letter in unicodedata.normalize("NFD", symbols):
        name = _class_of(letter)
        if name and names[-1:] != [name]:
            names.append(name)
    names = names or [_ALONE[letter] for letter in symbols if letter in _ALONE]
    if names[:2] == ["DD", "CH"] and _HUSHED & set(symbols):
        names = names[1:]  # an affricate: the lips are those of its second half from the beginning
    return tuple(VISEMES[name] for name in names)


def _class_of(letter: str) -> str:
    """The viseme of a letter of IPA; "" for a diacritic."""
    if letter == "ʷ":
        return "WW"
    known = _IPA.get(letter.lower())
    return known or (_UNKNOWN if unicodedata.category(letter) in {"Ll", "Lu", "Lo"} else "")


def of_arpabet(phone: str) -> tuple[Viseme, ...]:
    """The visemes of one of the 39 phones of the CMU Pronouncing Dictionary; () for silence and noise."""
    return tuple(VISEMES[name] for name in _ARPABET.get(phone, ()))


def spread(start: float, end: float, visemes: tuple[Viseme, ...]) -> list[Phone]:
    """The visemes one after the other, each for as long."""
    step = (end - start) / max(1, len(visemes))
    return [Phone(start + n * step, start + (n + 1) * step, viseme) for n, viseme in enumerate(visemes)]
