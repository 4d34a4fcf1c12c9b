"""The languages that Vocasync knows, by code (ISO 639-1, with a region only where the region changes the text)."""

from __future__ import annotations

from dataclasses import dataclass

from vocasync.errors import PipelineError


@dataclass(frozen=True, slots=True)
class Language:
    """A language. espeak: voice name of espeak-ng. iso3: ISO 639-2/T, for media tags. rtl: written right to left."""

    code: str
    name: str
    native: str
    iso3: str
    espeak: str
    rtl: bool = False


_ROWS = (
    Language("en", "English", "English", "eng", "en-us"),
    Language("es", "Spanish", "Español", "spa", "es"),
    Language("fr", "French", "Français", "fra", "fr"),
    Language("de", "German", "Deutsch", "deu", "de"),
    Language("it", "Italian", "Italiano", "ita", "it"),
    Language("pt", "Portuguese", "Português", "por", "pt-br"),
    Language("ca", "Catalan", "Català", "cat", "ca"),
    Language("gl", "Galician", "Galego", "glg", "pt"),
    Language("eo", "Esperanto", "Esperanto", "epo", "eo"),
    Language("hi", "Hindi", "हिन्दी", "hin", "hi"),
    Language("te", "Telugu", "తెలుగు", "tel", "te"),
    Language("ta", "Tamil", "தமிழ்", "tam", "ta"),
    Language("ur", "Urdu", "اردو", "urd", "ur", rtl=True),
    Language("bn", "Bengali", "বাংলা", "ben", "bn"),
    Language("mr", "Marathi", "मराठी", "mar", "mr"),
    Language("gu", "Gujarati", "ગુજરાતી", "guj", "gu"),
    Language("kn", "Kannada", "ಕನ್ನಡ", "kan", "kn"),
    Language("ml", "Malayalam", "മലയാളം", "mal", "ml"),
    Language("pa", "Punjabi", "ਪੰਜਾਬੀ", "pan", "pa"),
    Language("nl", "Dutch", "Nederlands", "nld", "nl"),
    Language("pl", "Polish", "Polski", "pol", "pl"),
    Language("cs", "Czech", "Čeština", "ces", "cs"),
    Language("ru", "Russian", "Русский", "rus", "ru"),
    Language("uk", "Ukrainian", "Українська", "ukr", "uk"),
    Language("tr", "Turkish", "Türkçe", "tur", "tr"),
    Language("ro", "Romanian", "Română", "ron", "ro"),
    Language("hu", "Hungarian", "Magyar", "hun", "hu"),
    Language("sv", "Swedish", "Svenska", "swe", "sv"),
    Language("da", "Danish", "Dansk", "dan", "da"),
    Language("fi", "Finnish", "Suomi", "fin", "fi"),
    Language("el", "Greek", "Ελληνικά", "ell", "el"),
    Language("ar", "Arabic", "العربية", "ara", "ar", rtl=True),
    Language("fa", "Persian", "فارسی", "fas", "fa", rtl=True),
    Language("id", "Indonesian", "Bahasa Indonesia", "ind", "id"),
    Language("vi", "Vietnamese", "Tiếng Việt", "vie", "vi"),
    Language("zh", "Chinese (Mandarin)", "中文", "zho", "cmn"),
    Language("ja", "Japanese", "日本語", "jpn", "ja"),
    Language("ko", "Korean", "한국어", "kor", "ko"),
)

LANGUAGES: dict[str, Language] = {row.code: row for row in _ROWS}

DETECT = "auto"
"""The source language is to be detected by the recogniser."""


def language(code: str) -> Language:
    """The language of a code such as ``en`` or ``en-US``.

    Raises :class:`PipelineError` ``unknown_language``.
    """
    row = LANGUAGES.get(code) or LANGUAGES.get(code.split("-")[0].lower())
    if row is None:
        raise PipelineError("unknown_language", code=code)
    return row
