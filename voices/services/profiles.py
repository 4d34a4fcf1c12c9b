"""Voices: made, changed, deleted."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, Sum
from django.utils import timezone

from accounts import limits
from accounts.models import User
from voices import describe, errands, files, offered
from voices.consent import ending
from voices.models import EmotionReference, FaceProfile, Preview, VoiceProfile, VoiceSample

Consent = VoiceProfile.Consent

WORDS = ("name", "description", "person_name")
"""Fields of plain text, with blanks at their ends and twice in a row taken out (a description keeps its lines)."""

MAX_DESCRIPTION = 2000

SETTLED = (Consent.PENDING, Consent.VERIFIED, Consent.WITHDRAWN)
"""Consents that were given, or asked, for a certain person: whose voice it is cannot be changed under them."""


def voice_create(
    *,
    owner: User,
    name: str,
    whose: str,
    person_name: str = "",
    description: str = "",
    languages: Iterable[str] = (),
    tags: Iterable[str] = (),
) -> VoiceProfile:
    """A voice without samples yet. whose: of ``VoiceProfile.Whose``; another person's needs ``person_name``.

    Raises ``suspended``, ``voices_limit``, ``unknown_language``, and ValidationError by field.
    """
    limits.require_active(owner)
    codes, words = describe.clean_languages(languages), describe.clean_tags(tags)
    voice = VoiceProfile(owner=owner, whose=whose)
    _write(voice, name=name, person_name=person_name, description=description)
    with transaction.atomic():
        check_room(owner)
        voice.save(force_insert=True)
        describe.set_tags(voice, words)
        describe.declare_languages(voice, codes)
        _describe(voice)
    return voice


def check_room(owner: User) -> None:
    """Raise ``voices_limit`` when the person's library is full. In the transaction that adds to it."""
    limits.hold(owner)
    limits.check_voices(owner, count_of(owner) + 1)


def count_of(user: User) -> int:
    """The person's voices, faces and emotion references, as the limit counts them."""
    kinds = (VoiceProfile, FaceProfile, EmotionReference)
    return sum(kind._default_manager.filter(owner=user).count() for kind in kinds)


def storage_of(user: User) -> int:
    """Bytes of the person's samples, faces and emotion references (previews are a cache that looks after itself)."""
    samples = VoiceSample.objects.filter(voice__owner=user).aggregate(sum=Sum("size"))["sum"]
    faces = FaceProfile.objects.filter(owner=user).aggregate(sum=Sum("size"))["sum"]
    emotions = EmotionReference.objects.filter(owner=user).aggregate(sum=Sum("size"))["sum"]
    return int(samples or 0) + int(faces or 0) + int(emotions or 0)


def voice_update(*, voice: VoiceProfile, **fields: Any) -> VoiceProfile:
    """Change ``name``, ``description``, ``whose``, ``person_name``, ``languages``, ``tags``; what is not given stays.

    Raises ``unknown_language``, and ValidationError by field: also for whose voice it is, once a consent says so, and
    for what a moderator looked at before the voice was public.
    """
    codes = describe.clean_languages(fields.pop("languages")) if "languages" in fields else None
    words = describe.clean_tags(fields.pop("tags")) if "tags" in fields else None
    with transaction.atomic():
        row = VoiceProfile.objects.select_for_update().get(pk=voice.pk)
        _check_whose(row, fields)
        _check_public(row, fields)
        _write(row, **fields)
        row.save(update_fields=["name", "description", "whose", "person_name"])
        if words is not None:
            describe.set_tags(row, words)
        if codes is not None:
            describe.declare_languages(row, codes)
        _describe(row)
    voice.refresh_from_db()
    return voice


def _check_whose(voice: VoiceProfile, fields: dict[str, Any]) -> None:
    if voice.consent not in SETTLED:
        return
    for name in ("whose", "person_name"):
        if name in fields and fields[name].strip() != getattr(voice, name):
            raise ValidationError({name: "Whose voice it is stays as the consent says. Make another voice instead."})


def _check_public(voice: VoiceProfile, fields: dict[str, Any]) -> None:
    """A moderator let this name and description be public, and no other."""
    for name in ("name", "description"):
        given = fields.get(name, getattr(voice, name))
        if voice.is_public and " ".join(given.split()) != " ".join(getattr(voice, name).split()):
            raise ValidationError(
                {name: "A public voice keeps what was reviewed. Make it private, change it, ask again."}
            )


def _write(voice: VoiceProfile, **fields: str) -> None:
    """Fields of the row, cleaned and checked. Raises ValidationError, TypeError for what is no field of these."""
    for name, value in fields.items():
        if name not in (*WORDS, "whose"):
            raise TypeError(f"a voice has no {name} to set")
        setattr(voice, name, value.strip() if name == "description" else " ".join(value.split()))
    if voice.whose == VoiceProfile.Whose.OTHER and not voice.person_name:
        raise ValidationError({"person_name": "Say whose voice it is."})
    if voice.whose == VoiceProfile.Whose.OWN:
        voice.person_name = ""
    if len(voice.description) > MAX_DESCRIPTION:
        raise ValidationError({"description": f"A description may have {MAX_DESCRIPTION:,} characters at most."})
    voice.full_clean(exclude=["owner", "embedding"])


def _describe(voice: VoiceProfile) -> None:
    VoiceProfile.objects.filter(pk=voice.pk).update(search_text=describe.search_text(voice), updated_at=timezone.now())
    voice.refresh_from_db(fields=["search_text", "updated_at"])


def voice_delete(*, voice: VoiceProfile) -> None:
    """Delete it with its samples, consents, previews and everything that was made of them."""
    previews = list(Preview.objects.filter(voice=voice).values_list("pk", flat=True))
    samples = list(VoiceSample.objects.filter(voice=voice).values_list("pk", flat=True))
    with transaction.atomic():
        ending.voice_going(voice)
        errands.forget(voice.pk, *samples, *previews)
        files.remove_on_commit(files.voice_root(voice.pk), *(files.preview_sound(pk) for pk in previews))
        VoiceProfile.objects.filter(pk=voice.pk).delete()
    offered.forget(voice.owner_id)


def voice_used(*, voice: VoiceProfile) -> None:
    """One job more has spoken with it."""
    VoiceProfile.objects.filter(pk=voice.pk).update(uses=F("uses") + 1)
