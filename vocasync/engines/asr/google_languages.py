"""Languages as Google Cloud Speech-to-Text v2 names them (BCP-47, with the region that a language is mostly spoken in
where we know none). A light module: it is asked on every page that lists engines."""

from __future__ import annotations

from vocasync.errors import PipelineError
from vocasync.languages import DETECT, language

AUTO = "auto"
"""What Google's models are told so that they detect the language."""

CODES: dict[str, str] = {
    "ar": "ar-EG",
    "bn": "bn-IN",
    "ca": "ca-ES",
    "cs": "cs-CZ",
    "da": "da-DK",
    "de": "de-DE",
    "el": "el-GR",
    "en": "en-US",
    "es": "es-ES",
    "fa": "fa-IR",
    "fi": "fi-FI",
    "fr": "fr-FR",
    "gl": "gl-ES",
    "gu": "gu-IN",
    "hi": "hi-IN",
    "hu": "hu-HU",
    "id": "id-ID",
    "it": "it-IT",
    "ja": "ja-JP",
    "kn": "kn-IN",
    "ko": "ko-KR",
    "ml": "ml-IN",
    "mr": "mr-IN",
    "nl": "nl-NL",
    "pa": "pa-Guru-IN",
    "pl": "pl-PL",
    "pt": "pt-BR",
    "ro": "ro-RO",
    "ru": "ru-RU",
    "sv": "sv-SE",
    "ta": "ta-IN",
    "te": "te-IN",
    "tr": "tr-TR",
    "uk": "uk-UA",
    "ur": "ur-PK",
    "vi": "vi-VN",
    "zh": "cmn-Hans-CN",
}
_OURS = {"cmn": "zh", "yue": "zh"}


def spoken() -> frozenset[str]:
    """The languages that are recognised."""
    return frozenset(CODES)


def bcp47(code: str) -> str:
    """Google's code for ours, ``auto`` included. Raises ``recognition_unsupported``, ``unknown_language``."""
    if code == DETECT:
        return AUTO
    row = language(code)
    if row.code not in CODES:
        remedy = "Add subtitles (SRT or VTT), or paste the transcript."
        raise PipelineError("recognition_unsupported", language=row.name, remedy=remedy)
    return CODES[row.code]


def ours(code: str) -> str:
    """Our code for Google's, such as ``hi`` for ``hi-in``; "" for a language that we do not know."""
    base = code.lower().partition("-")[0]
    known = _OURS.get(base, base)
    return known if known in CODES else ""
