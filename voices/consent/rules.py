"""The one rule of who may use whose voice or face for what, as a predicate and, of voices, as a query: both give the
same answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import User
from vocasync.compat import StrEnum
from vocasync.errors import PipelineError, message
from voices.models import ConsentRecord, Likeness, VoiceProfile, VoiceShare

Consent = VoiceProfile.Consent


class Purpose(StrEnum):
    """What the voice or the face is wanted for."""

    PREVIEW = "preview"
    JOB = "job"
    SHARE = "share"
    PUBLISH = "publish"


OWNERS_ONLY = frozenset({Purpose.SHARE, Purpose.PUBLISH})
"""What nobody but the owner may do with a voice, and the owner only with a verified consent."""

ENDED = {Consent.REFUSED: "refused", Consent.WITHDRAWN: "withdrawn"}
"""Consents with which nobody may use a voice or a face, not even its owner, and what is said about it."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether it is allowed. Truthy when it is; else ``code`` is a key of the catalogue of errors."""

    allowed: bool
    code: str
    params: tuple[tuple[str, str], ...] = ()

    def __bool__(self) -> bool:
        return self.allowed

    @property
    def words(self) -> str:
        """Why not, for a person; "" where it is allowed."""
        return "" if self.allowed else message(self.code, dict(self.params))

    def require(self) -> None:
        """Raise PipelineError where it is not allowed."""
        if not self.allowed:
            params: dict[str, Any] = dict(self.params)
            raise PipelineError(self.code, **params)


def noun(likeness: Likeness) -> str:
    """What it is called: ``voice`` or ``face``."""
    return "voice" if isinstance(likeness, VoiceProfile) else "face"


def may_clone(user: User | AnonymousUser, likeness: Likeness, purpose: Purpose) -> Verdict:
    """Whether ``user`` may use a voice or a face for that, as things are now.

    Whoever may not even see it gets the same answer as somebody with whom it is no longer shared; a view answers such
    people with 404 before it asks.
    """
    name = ("name", likeness.name)
    if not isinstance(user, User):
        return Verdict(False, _said(likeness, "not_shared"), (name,))
    code = _stopped(user, likeness) or _not_granted(user, likeness, purpose)
    return Verdict(not code, code, (name, ("reason", user.suspended_reason)))


def _said(likeness: Likeness, what: str) -> str:
    """The code of the catalogue of errors, which speaks of voices and of faces in words of their own."""
    return f"{noun(likeness)}_{what}"


def clonable(user: User | AnonymousUser, purpose: Purpose = Purpose.JOB) -> QuerySet[VoiceProfile]:
    """The voices for which :func:`may_clone` says yes."""
    if not isinstance(user, User) or user.is_suspended:
        return VoiceProfile.objects.none()
    verified = Q(consent=Consent.VERIFIED)
    if purpose in OWNERS_ONLY:
        granted = Q(owner=user) & verified
    else:
        shared = Exists(VoiceShare.objects.filter(voice=OuterRef("pk"), user=user))
        granted = Q(owner=user) | (verified & (Q(is_public=True) | Q(shared)))
    usable = VoiceProfile.objects.filter(taken_down_at=None, owner__suspended_at=None).exclude(consent__in=ENDED)
    return usable.filter(granted)


def _stopped(user: User, likeness: Likeness) -> str:
    """Why nobody, or not this person, may use it for anything; "" where nothing stands in the way."""
    if user.is_suspended:
        return "suspended"
    if likeness.taken_down_at is not None:
        return _said(likeness, "taken_down")
    if likeness.owner.is_suspended:
        return _said(likeness, "owner_suspended")
    ended = ENDED.get(Consent(likeness.consent), "")
    return _said(likeness, ended) if ended else ""


def _not_granted(user: User, likeness: Likeness, purpose: Purpose) -> str:
    verified = likeness.consent == Consent.VERIFIED
    if likeness.owner_id == user.pk:
        return "" if verified or purpose not in OWNERS_ONLY else "consent_needed"
    if purpose in OWNERS_ONLY or not _given_to(user, likeness):
        return _said(likeness, "not_shared")
    return "" if verified else _said(likeness, "unverified")


def _given_to(user: User, likeness: Likeness) -> bool:
    """Faces are for their owners alone."""
    if not isinstance(likeness, VoiceProfile):
        return False
    return likeness.is_public or likeness.shares.filter(user_id=user.pk).exists()


def snapshot(likeness: Likeness) -> dict[str, Any]:
    """What the consent is now, for the record of what is made with it: ``status``, ``whose``, and of the record that
    it rests on ``id``, ``kind`` and ``since`` (ISO 8601), each None without one."""
    record = ConsentRecord.objects.filter(status=likeness.consent, **{noun(likeness): likeness}).first()
    since = (record.decided_at or record.created_at) if record else None
    return {
        "id": str(record.pk) if record else None,
        "kind": record.kind if record else None,
        "status": likeness.consent,
        "whose": likeness.whose,
        "since": since.isoformat() if since else None,
    }
