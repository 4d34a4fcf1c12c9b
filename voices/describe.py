"""The words that a voice is found by: its languages, its tags, and the text that is searched."""

from __future__ import annotations

from collections.abc import Iterable

from django.core.exceptions import ValidationError

from vocasync.languages import LANGUAGES, language
from voices import offered
from voices.models import VoiceLanguage, VoiceProfile, VoiceSample, VoiceTag
from web.problems import about

MAX_TAGS = 20
TAG_LENGTH = 40


def clean_tags(tags: Iterable[str]) -> list[str]:
    """In lower case, each once, in order. Raises ValidationError for too many, or one that is too long."""
    cleaned = list(dict.fromkeys(filter(None, (" ".join(tag.lower().split()) for tag in tags))))
    if len(cleaned) > MAX_TAGS:
        raise ValidationError({"tags": f"A voice may have {MAX_TAGS} tags at most."})
    if any(len(tag) > TAG_LENGTH for tag in cleaned):
        raise ValidationError({"tags": f"A tag may have {TAG_LENGTH} characters at most."})
    return cleaned


def clean_languages(codes: Iterable[str]) -> list[str]:
    """Codes of :mod:`vocasync.languages`, each once, in order. Raises ``unknown_language``."""
    with about("languages"):
        return list(dict.fromkeys(language(code.strip()).code for code in codes))


def set_tags(voice: VoiceProfile, tags: Iterable[str]) -> None:
    """These tags and no others; cleaned ones."""
    VoiceTag.objects.filter(voice=voice).delete()
    VoiceTag.objects.bulk_create([VoiceTag(voice=voice, tag=tag) for tag in tags])
    offered.forget(voice.owner_id)


def declare_languages(voice: VoiceProfile, codes: Iterable[str]) -> None:
    """What the owner says that the voice speaks; those of its samples stay beside them."""
    VoiceLanguage.objects.filter(voice=voice, declared=True).delete()
    for code in codes:
        VoiceLanguage.objects.update_or_create(voice=voice, code=code, defaults={"declared": True})
    hear_languages(voice)


def hear_languages(voice: VoiceProfile) -> None:
    """The languages of the samples that are not refused, beside those that the owner declared."""
    usable = VoiceSample.objects.filter(voice=voice).exclude(status=VoiceSample.Status.REFUSED).exclude(language="")
    heard = set(usable.values_list("language", flat=True))
    VoiceLanguage.objects.filter(voice=voice, declared=False).exclude(code__in=heard).delete()
    for code in heard:
        VoiceLanguage.objects.get_or_create(voice=voice, code=code, defaults={"declared": False})
    offered.forget(voice.owner_id)


def search_text(voice: VoiceProfile) -> str:
    """What a search looks in, in lower case: name, person, description, tags, languages (codes and names)."""
    codes = VoiceLanguage.objects.filter(voice=voice).order_by("code").values_list("code", flat=True)
    rows = [LANGUAGES[code] for code in codes if code in LANGUAGES]
    tags = VoiceTag.objects.filter(voice=voice).order_by("tag").values_list("tag", flat=True)
    words = [voice.name, voice.person_name, voice.description, *tags]
    words += [word for row in rows for word in (row.code, row.name, row.native)]
    return "\n".join(word for word in words if word).lower()
