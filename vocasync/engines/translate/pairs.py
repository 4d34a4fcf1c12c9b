"""What the services translate, and how they call the languages of :mod:`vocasync.languages`. Light: tables only."""

from __future__ import annotations

from functools import cache

from vocasync.engines.translate.routes import Pair
from vocasync.errors import PipelineError
from vocasync.languages import LANGUAGES

_DEEPL = frozenset(LANGUAGES) - {"kn"}
_DEEPL_TARGETS = {"en": "EN-US", "pt": "PT-BR", "zh": "ZH-HANS"}
DEEPL_TAGS = frozenset(
    (
        *("AR", "CS", "DA", "DE", "EL", "EN", "EN-US", "ES", "FI", "FR", "HU", "ID", "IT", "JA", "KO", "NL", "PL"),
        *("PT", "PT-BR", "RO", "RU", "SV", "TR", "UK", "ZH", "ZH-HANS"),
    )
)
"""Codes of the languages in which DeepL leaves markup in place (its table of languages of June 2026)."""

_MICROSOFT = frozenset(LANGUAGES) - {"eo"}
_MICROSOFT_CODES = {"zh": "zh-Hans"}  # its "pt" is Brazilian

_LIBRETRANSLATE = frozenset(LANGUAGES) - {"te", "ta", "mr", "gu", "kn", "ml", "pa"}
_LIBRETRANSLATE_CODES = {"pt": ("pt-BR", "pb", "pt"), "zh": ("zh-Hans", "zh")}

_GOOGLE_CODES = {"zh": "zh-CN"}


@cache
def _among(codes: frozenset[str]) -> frozenset[Pair]:
    return frozenset((source, target) for source in codes for target in codes if source != target)


def deepl_pairs() -> frozenset[Pair]:
    """What DeepL translates (its table of languages of June 2026)."""
    return _among(_DEEPL)


def microsoft_pairs() -> frozenset[Pair]:
    """What Microsoft Translator translates."""
    return _among(_MICROSOFT)


def libretranslate_pairs() -> frozenset[Pair]:
    """What LibreTranslate has models for; a server may have fewer of them."""
    return _among(_LIBRETRANSLATE)


def google_pairs() -> frozenset[Pair]:
    """What Google translates."""
    return _among(frozenset(LANGUAGES))


def deepl_pair(source: str, target: str) -> Pair:
    """DeepL's codes: into English, Portuguese and Chinese it wants a region (Brazilian, as our voice is)."""
    _require(source, target, deepl_pairs())
    return source.upper(), _DEEPL_TARGETS.get(target, target.upper())


def microsoft_pair(source: str, target: str) -> Pair:
    """Microsoft's codes."""
    _require(source, target, microsoft_pairs())
    return _MICROSOFT_CODES.get(source, source), _MICROSOFT_CODES.get(target, target)


def google_pair(source: str, target: str) -> Pair:
    """Google's codes."""
    _require(source, target, google_pairs())
    return google_code(source), google_code(target)


def google_code(code: str) -> str:
    """Google's code of a language."""
    return _GOOGLE_CODES.get(code, code)


def libretranslate_codes(code: str) -> tuple[str, ...]:
    """What servers call a language, best first; it changed with their versions."""
    return _LIBRETRANSLATE_CODES.get(code, (code,))


def _require(source: str, target: str, pairs: frozenset[Pair]) -> None:
    if (source, target) not in pairs:
        raise unsupported(source, target)


def unsupported(source: str, target: str) -> PipelineError:
    """The error of a pair that a translator does not have."""
    names = [LANGUAGES[code].name if code in LANGUAGES else code for code in (source, target)]
    remedy = "Choose another translator, or add subtitles in the target language."
    return PipelineError("pair_unsupported", source=names[0], target=names[1], remedy=remedy)
