"""Reads. A person sees their own voices, those shared with them and the public ones; anything else does not exist."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from typing import Any, TypeVar, cast, overload

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Lower

from accounts.models import User
from vocasync.types import FloatArray
from voices import consent, offered, search
from voices.models import (
    EmotionReference,
    FaceProfile,
    Favourite,
    Preview,
    SoundQuery,
    Utterance,
    VoiceLanguage,
    VoiceProfile,
    VoiceSample,
    VoiceShare,
    VoiceTag,
)

Anyone = User | AnonymousUser
Row = TypeVar("Row", bound=models.Model)

SCOPES = ("all", "mine", "shared", "public", "favourites")
OFFERED = 200
ORDERS = ("-updated_at", "-created_at", "name", "-quality", "-uses")


def own_voices(user: Anyone) -> QuerySet[VoiceProfile]:
    """The person's voices, also those that a moderator took down."""
    return _voices(user, Q(owner_id=user.pk)) if user.is_authenticated else VoiceProfile.objects.none()


def visible_voices(user: Anyone) -> QuerySet[VoiceProfile]:
    """What the person may look at: their own; and while the consent holds, what is shared with them or public."""
    return _voices(user, Q(owner_id=user.pk) | _from_others(user)) if user.is_authenticated else _none()


def _id(user: Anyone) -> int:
    """The person's id; nobody has 0."""
    return user.pk or 0


def _none() -> QuerySet[VoiceProfile]:
    return VoiceProfile.objects.none()


def _from_others(user: Anyone) -> Q:
    open_to_them = Q(is_public=True) | Q(pk__in=VoiceShare.objects.filter(user_id=_id(user)).values("voice_id"))
    holds = Q(consent=VoiceProfile.Consent.VERIFIED, taken_down_at=None, owner__suspended_at=None)
    return open_to_them & holds


def _voices(user: Anyone, seen: Q) -> QuerySet[VoiceProfile]:
    """With ``is_favourite`` and ``is_shared`` (with the person), as rows are shown."""
    favourite = Favourite.objects.filter(user_id=_id(user), voice_id=OuterRef("pk"))
    shared = VoiceShare.objects.filter(user_id=_id(user), voice_id=OuterRef("pk"))
    rows = VoiceProfile.objects.filter(seen).select_related("owner").prefetch_related("language_rows", "tag_rows")
    return rows.annotate(is_favourite=Exists(favourite), is_shared=Exists(shared))


def voice_of(user: Anyone, voice_id: uuid.UUID | str) -> VoiceProfile:
    """A voice that the person may look at. Raises ``VoiceProfile.DoesNotExist``."""
    return _get(visible_voices(user), voice_id)


def own_voice(user: Anyone, voice_id: uuid.UUID | str) -> VoiceProfile:
    """A voice that is the person's. Raises ``VoiceProfile.DoesNotExist``, also for one that they may look at."""
    return _get(own_voices(user), voice_id)


def _get(rows: QuerySet[Row], wanted: uuid.UUID | str) -> Row:
    try:
        return rows.get(pk=wanted if isinstance(wanted, uuid.UUID) else uuid.UUID(wanted))
    except ValueError:
        missing: type[Exception] = cast(Any, rows.model).DoesNotExist
        raise missing from None


def voices_offered(user: User, chosen: str = "") -> list[VoiceProfile]:
    """What a form offers of the voices that the person may dub with, by name: theirs, those shared with them, and their
    favourites, 200 at most; and ``chosen`` (an id), which may be any that they may use."""
    usable = _voices(user, Q(pk__in=consent.clonable(user, consent.Purpose.JOB))).exclude(fingerprint="")
    close = Q(owner_id=user.pk) | Q(is_shared=True) | Q(is_favourite=True)
    rows = list(usable.filter(close).order_by(Lower("name"), "pk")[:OFFERED])
    if chosen and chosen not in {str(row.pk) for row in rows}:
        rows += list(usable.filter(pk=chosen) if _is_uuid(chosen) else [])
    return rows


def _is_uuid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


def people_of(voice: VoiceProfile) -> QuerySet[VoiceShare]:
    """With whom the voice is shared. For its owner."""
    return voice.shares.select_related("user").order_by("user__username")


# --- samples ----------------------------------------------------------------------------------------------------------
def samples_of(voice: VoiceProfile) -> QuerySet[VoiceSample]:
    """The samples of a voice, oldest first. For its owner alone: nobody else sees or hears them."""
    return VoiceSample.objects.filter(voice=voice)


def sample_of(user: Anyone, voice_id: uuid.UUID | str, sample_id: uuid.UUID | str) -> VoiceSample:
    """A sample of a voice that is the person's. Raises ``VoiceSample.DoesNotExist``."""
    rows = VoiceSample.objects.filter(voice__owner_id=user.pk, voice__in=_with_id(voice_id)).select_related("voice")
    return _get(rows, sample_id)


def _with_id(voice_id: uuid.UUID | str) -> QuerySet[VoiceProfile]:
    try:
        return VoiceProfile.objects.filter(pk=voice_id if isinstance(voice_id, uuid.UUID) else uuid.UUID(voice_id))
    except ValueError:
        return _none()


# --- faces ------------------------------------------------------------------------------------------------------------
def faces_of(user: Anyone) -> QuerySet[FaceProfile]:
    """The person's faces, the newest first, also those that a moderator took down. Nobody else sees them."""
    return FaceProfile.objects.filter(owner_id=user.pk)


def face_of(user: Anyone, face_id: uuid.UUID | str) -> FaceProfile:
    """A face of the person's. Raises ``FaceProfile.DoesNotExist``."""
    return _get(faces_of(user).select_related("owner"), face_id)


# --- emotion references, previews, clips to search with ---------------------------------------------------------------
def emotions_of(user: Anyone) -> QuerySet[EmotionReference]:
    """The person's emotion references, newest first."""
    return EmotionReference.objects.filter(owner_id=user.pk)


def emotion_of(user: Anyone, emotion_id: uuid.UUID | str) -> EmotionReference:
    """An emotion reference of the person's. Raises ``EmotionReference.DoesNotExist``."""
    return _get(emotions_of(user), emotion_id)


def previews_of(user: Anyone, voice: VoiceProfile | None = None) -> QuerySet[Preview]:
    """The lines that the person had spoken (in this voice), newest first: as the voice sounds now.

    What was made from other samples than the voice has now, or in a voice that the person may not use any more, is
    not there."""
    usable = Q(voice=None) | Q(voice__in=consent.clonable(user, consent.Purpose.PREVIEW).values("pk"))
    current = Q(voice=None) | Q(voice_mark=F("voice__fingerprint"))
    rows = Preview.objects.filter(usable, current, owner_id=user.pk).select_related("voice", "emotion")
    return rows if voice is None else rows.filter(voice=voice)


def preview_of(user: Anyone, preview_id: uuid.UUID | str) -> Preview:
    """One of :func:`previews_of`. Raises ``Preview.DoesNotExist``."""
    return _get(previews_of(user), preview_id)


def utterance_of(user: Anyone, utterance_id: uuid.UUID | str) -> Utterance:
    """A text that the person had spoken, by a voice that they may still use. Raises ``Utterance.DoesNotExist``."""
    return _get(_utterances(user), utterance_id)


def _utterances(user: Anyone) -> QuerySet[Utterance]:
    usable = Q(voice=None) | Q(voice__in=consent.clonable(user, consent.Purpose.JOB).values("pk"))
    return Utterance.objects.filter(usable, owner_id=user.pk)


def utterances_of(user: Anyone, text: str = "") -> QuerySet[Utterance]:
    """What the person had spoken, by voices that they may still use, newest first. text: words that are in it."""
    rows = _utterances(user).select_related("voice", "emotion")
    for word in words_of(text):
        rows = rows.filter(text__icontains=word)
    return rows


def words_of(text: str) -> list[str]:
    """What is looked for. NUL, which PostgreSQL refuses, is in no text that is kept."""
    return text.replace("\0", " ").split()


def query_of(user: Anyone, query_id: uuid.UUID | str) -> SoundQuery:
    """A clip that the person searches with. Raises ``SoundQuery.DoesNotExist``."""
    return _get(SoundQuery.objects.filter(owner_id=user.pk), query_id)


# --- the library ------------------------------------------------------------------------------------------------------
class Alike(Sequence[VoiceProfile]):
    """Voices, most alike first, each with ``similarity`` (cosine). A page is looked up when it is asked for."""

    def __init__(self, voices: QuerySet[VoiceProfile], vector: FloatArray) -> None:
        self.voices = voices.filter(embedding__isnull=False)
        self._vector = vector

    def __len__(self) -> int:
        return self.voices.count()

    def __iter__(self) -> Iterator[VoiceProfile]:
        return iter(self[:])

    @overload
    def __getitem__(self, at: int) -> VoiceProfile: ...
    @overload
    def __getitem__(self, at: slice) -> list[VoiceProfile]: ...
    def __getitem__(self, at: int | slice) -> VoiceProfile | list[VoiceProfile]:
        if isinstance(at, slice):
            first = at.start or 0
            return self._page(first, (len(self) if at.stop is None else at.stop) - first)
        page = self._page(at, 1)
        if not page:
            raise IndexError(at)
        return page[0]

    def _page(self, offset: int, limit: int) -> list[VoiceProfile]:
        found = search.nearest(self.voices, self._vector, offset=offset, limit=limit)
        rows = self.voices.in_bulk([pk for pk, _ in found])
        for pk, cosine in found:
            if pk in rows:
                rows[pk].similarity = cosine  # type: ignore[attr-defined]
        return [rows[pk] for pk, _ in found if pk in rows]


Listing = QuerySet[VoiceProfile] | Alike


def library(
    user: Anyone,
    *,
    scope: str = "all",
    text: str = "",
    language: str = "",
    tag: str = "",
    grade: str = "",
    favourite: bool = False,
    like: FloatArray | None = None,
    order: str = ORDERS[0],
) -> Listing:
    """The voices that fit, for pages and programs; both kinds of answer can be counted, sliced and paginated.

    scope: of :data:`SCOPES`. text: words that are all in the name, description, tags, languages or person's name.
    grade: the least that is wanted, ``A`` to ``D``. favourite: only those that the person marked. like: an embedding;
    the most alike come first, and ``order`` (of :data:`ORDERS`) is no matter. What is not known of them is as if it
    were not given.
    """
    rows = _in_scope(user, scope)
    for word in text.lower().split()[:10]:
        rows = rows.filter(search_text__contains=word)
    if language:
        rows = rows.filter(language_rows__code=language)
    if tag:
        rows = rows.filter(tag_rows__tag=tag.strip().lower())
    if grade:
        rows = rows.filter(grade__in=at_least(grade))
    if favourite:
        rows = rows.filter(_narrower(user, "favourites"))
    if like is not None:
        return Alike(rows, like)
    return rows.order_by(order if order in ORDERS else ORDERS[0], "-pk")


def counts(user: Anyone, **filters: Any) -> dict[str, int]:
    """How many voices each scope of :data:`SCOPES` holds under these filters (as for :func:`library`), in one query."""
    rows = library(user, **{**filters, "scope": "all"})
    rows = rows.voices if isinstance(rows, Alike) else rows
    found = rows.order_by().aggregate(**{scope: Count("pk", filter=_narrower(user, scope)) for scope in SCOPES})
    return {scope: int(found[scope]) for scope in SCOPES}


def at_least(grade: str) -> list[str]:
    """The grades that are as good or better."""
    return [value for value in VoiceProfile.Grade.values if value and value <= grade.upper()]


def _in_scope(user: Anyone, scope: str) -> QuerySet[VoiceProfile]:
    return visible_voices(user).filter(_narrower(user, scope))


def _narrower(user: Anyone, scope: str) -> Q:
    """What narrows the visible voices down to a scope."""
    marked = Favourite.objects.filter(user_id=_id(user)).values("voice_id")
    shared = VoiceShare.objects.filter(user_id=_id(user)).values("voice_id")
    narrower: dict[str, Q] = {
        "mine": Q(owner_id=user.pk),
        "shared": Q(pk__in=shared) & ~Q(owner_id=user.pk),
        "public": Q(is_public=True, taken_down_at=None),
        "favourites": Q(pk__in=marked),
    }
    return narrower.get(scope, Q())


def similar_to(user: Anyone, voice: VoiceProfile) -> Listing:
    """The other voices that the person may look at, most like this one first; none where it was not measured yet."""
    rows = visible_voices(user).exclude(pk=voice.pk)
    return rows.none() if voice.embedding is None else Alike(rows, voice.embedding)


def offered_to(user: User) -> offered.Choices:
    """The languages and tags that the filters offer the person."""
    return offered.kept(user.pk, lambda: (languages_of(user), tags_of(user)))


def tags_of(user: Anyone) -> list[str]:
    """The tags of the voices that the person may look at, by name."""
    return sorted(VoiceTag.objects.filter(voice__in=_seen(user)).values_list("tag", flat=True).distinct())


def languages_of(user: Anyone) -> list[str]:
    """The codes of the languages of the voices that the person may look at."""
    return sorted(VoiceLanguage.objects.filter(voice__in=_seen(user)).values_list("code", flat=True).distinct())


def _seen(user: Anyone) -> QuerySet[VoiceProfile, Any]:
    return visible_voices(user).order_by().values("pk")
