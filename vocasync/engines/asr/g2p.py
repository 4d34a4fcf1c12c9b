"""Pronunciations in ARPAbet, the phones of the English acoustic model, for the words of any language.

eSpeak NG gives the word in IPA; each sound is written as the nearest of the 39 English phones (after the table of the
CMU Pronouncing Dictionary). For other languages that is a rough likeness: enough to place words, not to recognise them.
"""

from __future__ import annotations

import re
import unicodedata

from vocasync.engines.tts.espeakng import shared
from vocasync.errors import PipelineError
from vocasync.languages import language as language_of

PHONES = [
    "AA",
    "AE",
    "AH",
    "AO",
    "AW",
    "AY",
    "B",
    "CH",
    "D",
    "DH",
    "EH",
    "ER",
    "EY",
    "F",
    "G",
    "HH",
    "IH",
    "IY",
    "JH",
    "K",
    "L",
    "M",
    "N",
    "NG",
    "OW",
    "OY",
    "P",
    "R",
    "S",
    "SH",
    "T",
    "TH",
    "UH",
    "UW",
    "V",
    "W",
    "Y",
    "Z",
    "ZH",
]

# Longest first within what begins alike; written out by sound, so that a row can be checked by ear.
_SOUNDS: tuple[tuple[str, str], ...] = tuple(
    tuple(row.split("=", 1))  # type: ignore[misc]
    for row in [
        "tʃ=CH",
        "dʒ=JH",
        "tɕ=CH",
        "dʑ=JH",
        "ʈʂ=CH",
        "ts=T_S",
        "dz=D_Z",
        "eɪ=EY",
        "aɪ=AY",
        "ɔɪ=OY",
        "aʊ=AW",
        "oʊ=OW",
        "əʊ=OW",
        "ɔø=OY",
        "ɔʏ=OY",
        "ɪɹ=IH_R",
        "iə=IY_AH",
        "ɛɹ=EH_R",
        "ʊɹ=UH_R",
        "ɔːɹ=AO_R",
        "ɑːɹ=AA_R",
        "oːɹ=AO_R",
        "əl=AH_L",
        "ʔn=T_AH_N",
        "aɪɚ=AY_ER",
        "ɑ̃=AA_N",
        "ɔ̃=AO_N",
        "ɛ̃=AE_N",
        "œ̃=AH_N",
        "ɐ̃=AH_N",
        "ĩ=IY_N",
        "ũ=UW_N",
        "õ=OW_N",
        "ẽ=EY_N",
        "ã=AA_N",
        "eː=EY",
        "ɛː=EH",
        "oː=OW",
        "øː=ER",
        "yː=UW",
        "œː=ER",
        "ɜː=ER",
        "ɚ=ER",
        "ɝ=ER",
        "iː=IY",
        "uː=UW",
        "ɑː=AA",
        "ɔː=AO",
        "aː=AA",
        "i=IY",
        "ɪ=IH",
        "ᵻ=IH",
        "ɨ=IH",
        "e=EH",
        "ɛ=EH",
        "æ=AE",
        "a=AA",
        "ʌ=AH",
        "ə=AH",
        "ɐ=AH",
        "ɜ=AH",
        "ɵ=UH",
        "ʊ=UH",
        "u=UW",
        "ɯ=UH",
        "ɤ=AH",
        "ɒ=AA",
        "ɑ=AA",
        "ɔ=AO",
        "o=OW",
        "y=UW",
        "ʏ=UH",
        "ø=ER",
        "œ=ER",
        "p=P",
        "b=B",
        "t=T",
        "ʈ=T",
        "ɾ=T",
        "d=D",
        "ɖ=D",
        "k=K",
        "q=K",
        "ɡ=G",
        "g=G",
        "ɢ=G",
        "f=F",
        "v=V",
        "ʋ=V",
        "β=V",
        "ɸ=F",
        "θ=TH",
        "ð=DH",
        "s=S",
        "z=Z",
        "ʃ=SH",
        "ʂ=SH",
        "ɕ=SH",
        "ʒ=ZH",
        "ʐ=ZH",
        "ʑ=ZH",
        "ç=SH",
        "x=HH",
        "χ=HH",
        "ɣ=G",
        "ħ=HH",
        "h=HH",
        "ɦ=HH",
        "ʝ=Y",
        "ɟ=JH",
        "c=K",
        "m=M",
        "ɱ=M",
        "n=N",
        "ɳ=N",
        "ŋ=NG",
        "ɲ=N_Y",
        "l=L",
        "ɭ=L",
        "ɫ=L",
        "ʎ=Y",
        "ɹ=R",
        "r=R",
        "ɻ=R",
        "ʁ=R",
        "ʀ=R",
        "ɽ=R",
        "j=Y",
        "w=W",
        "ɥ=W",
    ]
)
_BY_LENGTH = tuple(sorted(_SOUNDS, key=lambda pair: -len(pair[0])))
_SILENT = re.compile("[ˈˌ\u200d_ '’.ˑʲʰ̩̯̪͡\u2060]")
_LANGUAGE_SWITCH = re.compile(r"\([a-z-]+\)")
_FLAPPED = "ɾ"  # the flap of American "water" is a T to the English model; elsewhere it is an R


def phones(text: str, language: str) -> str:
    """ARPAbet phones of a word or number, separated by spaces ("" for what is not spoken, such as a dash).

    Raises :class:`PipelineError` ``transcript_language`` where eSpeak NG has no voice for the language.
    """
    row = language_of(language)
    voice = row.espeak
    try:
        spoken = shared().phonemize(text, voice)
    except ValueError:
        spoken = _without_region(text, voice, row.name)
    return arpabet(spoken, flap="T" if row.code == "en" else "R")


def _without_region(text: str, voice: str, name: str) -> str:
    try:
        return shared().phonemize(text, voice.split("-")[0])
    except ValueError:
        raise PipelineError("transcript_language", language=name) from None


def arpabet(ipa: str, flap: str = "T") -> str:
    """IPA as the nearest ARPAbet phones, separated by spaces; what has no likeness is left out.

    flap: the phone for ``ɾ``.
    """
    # Composed letters such as ç are rows of their own; nasal vowels are a letter and a combining tilde there.
    rest = _SILENT.sub("", unicodedata.normalize("NFC", _LANGUAGE_SWITCH.sub("", ipa)))
    found: list[str] = []
    while rest:
        sound, phone = next(((a, b) for a, b in _BY_LENGTH if rest.startswith(a)), (rest[0], ""))
        rest = rest[len(sound) :]
        phone = flap if sound == _FLAPPED else phone
        found.extend(phone.split("_") if phone else ())
    return " ".join(found)
