"""Voices as the pages show them in lists."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser

from accounts.models import User
from voices.consent import Purpose, clonable
from voices.models import VoiceProfile
from voices.portraits import HEARD_SECONDS
from voices.views.drawing import Likeness, Span, likeness, pitch_span, voiceprint
from web.icons import icon

Consent = VoiceProfile.Consent


@dataclass(frozen=True, slots=True)
class Mark:
    """A badge. kind: of the design's (``ok``, ``warn``, ``danger``, ``info``, ``brand``, "")."""

    text: str
    icon: str
    kind: str


CONSENT_MARKS = {
    Consent.NONE: Mark("Not verified", icon("shield-question-mark"), ""),
    Consent.PENDING: Mark("In review", icon("hourglass"), "info"),
    Consent.VERIFIED: Mark("Verified", icon("shield-check"), "ok"),
    Consent.REFUSED: Mark("Consent refused", icon("shield-x"), "danger"),
    Consent.WITHDRAWN: Mark("Consent withdrawn", icon("shield-x"), "danger"),
}
TAKEN_DOWN = Mark("Taken down", icon("ban"), "danger")


def consent_mark(voice: VoiceProfile) -> Mark:
    """Whether the voice may be used, in a word or two."""
    return TAKEN_DOWN if voice.taken_down_at else CONSENT_MARKS[Consent(voice.consent)]


@dataclass(frozen=True, slots=True)
class VoiceCard:
    """A voice in a list. usable: for a dub of this person's; heard: seconds of its portrait's sound; alike: to what was
    searched with."""

    row: VoiceProfile
    mine: bool
    usable: bool
    languages: tuple[str, ...]
    tags: tuple[str, ...]
    consent: Mark
    pitch: Span | None
    voiceprint: str
    heard: float
    alike: Likeness | None


def cards(user: User | AnonymousUser, voices: Sequence[VoiceProfile]) -> list[VoiceCard]:
    """In the order given; rows of :mod:`voices.selectors`, with ``similarity`` where they were searched by sound."""
    usable = set(clonable(user, Purpose.JOB).filter(pk__in=[row.pk for row in voices]).values_list("pk", flat=True))
    return [_card(user, row, usable=row.pk in usable) for row in voices]


def _card(user: User | AnonymousUser, row: VoiceProfile, *, usable: bool) -> VoiceCard:
    cosine: float | None = getattr(row, "similarity", None)
    return VoiceCard(
        row=row,
        mine=row.owner_id == user.pk,
        usable=usable and bool(row.fingerprint),
        languages=tuple(one.code for one in row.language_rows.all()),
        tags=tuple(one.tag for one in row.tag_rows.all()),
        consent=consent_mark(row),
        pitch=pitch_span(row),
        voiceprint=voiceprint(row.embedding),
        heard=min(HEARD_SECONDS, row.seconds),
        alike=None if cosine is None else likeness(cosine),
    )
