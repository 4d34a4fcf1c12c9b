"""What the buttons do: the services, by kind of row and name of the button."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from accounts.models import User
from vocasync.errors import PipelineError
from voices import consent, moderation
from voices.admin.cards import DECIDE, RESTORE, SUSPEND, TAKE_DOWN, UNSUSPEND, WITHDRAW, Action, owner_of
from voices.models import Decision, FaceProfile, Likeness, VoiceProfile

Deed = Callable[[Any, User, str], object]


def _decided(service: Callable[..., object], name: str, granted: bool) -> Deed:
    return lambda row, moderator, reason: service(**{name: row}, moderator=moderator, granted=granted, reason=reason)


def _take_down(row: Any, moderator: User, reason: str) -> None:
    about = row if isinstance(row, VoiceProfile | FaceProfile) else row.voice or row.face
    if isinstance(about, FaceProfile):
        moderation.face_takedown(face=about, moderator=moderator, reason=reason)
    else:
        moderation.voice_takedown(voice=about, moderator=moderator, reason=reason)


def _suspend(row: Any, moderator: User, reason: str) -> None:
    owner = row.owner if isinstance(row, VoiceProfile | FaceProfile) else owner_of(row)
    if owner is None:
        raise LookupError("the account is gone")
    moderation.user_suspend(user=owner, moderator=moderator, reason=reason)


def _withdraw(likeness: Likeness, moderator: User, reason: str) -> None:
    consent.withdraw(likeness=likeness, by=moderator, reason=reason)


def _unsuspend(row: Likeness | Decision, moderator: User, reason: str) -> None:
    user = row.user if isinstance(row, Decision) else row.owner
    moderation.user_restore(user=user, moderator=moderator, reason=reason)


def _restore(row: Likeness | Decision, moderator: User, reason: str) -> None:
    about = row.voice or row.face if isinstance(row, Decision) else row
    if isinstance(about, VoiceProfile):
        moderation.voice_restore(voice=about, moderator=moderator, reason=reason)
    elif about is not None:
        moderation.face_restore(face=about, moderator=moderator, reason=reason)
    elif isinstance(row, Decision) and row.job_id is not None:
        name, owner = row.subject_name, row.user
        moderation.job_restore(job_id=row.job_id, name=name, owner=owner, moderator=moderator, reason=reason)
    else:
        raise PipelineError("not_taken_down", name=str(row))


SERVICES: dict[str, tuple[Callable[..., object], str]] = {
    "public": (moderation.publish_decide, "request"),
    "consent": (moderation.consent_decide, "record"),
    "report": (moderation.report_decide, "report"),
    "appeal": (moderation.appeal_decide, "appeal"),
}
DEEDS: dict[tuple[str, str], tuple[Action, Deed]] = {
    **{
        (kind, action.name): (action, _decided(service, name, action.name == "grant"))
        for kind, (service, name) in SERVICES.items()
        for action in DECIDE[kind]
    },
    **{(kind, TAKE_DOWN.name): (TAKE_DOWN, _take_down) for kind in ("public", "consent", "voice", "face")},
    **{(kind, SUSPEND.name): (SUSPEND, _suspend) for kind in ("public", "consent", "report", "voice", "face")},
    **{(kind, WITHDRAW.name): (WITHDRAW, _withdraw) for kind in ("voice", "face")},
    **{(kind, RESTORE.name): (RESTORE, _restore) for kind in ("voice", "face", "decision")},
    **{(kind, UNSUSPEND.name): (UNSUSPEND, _unsuspend) for kind in ("voice", "face", "decision")},
}
"""(kind, name of the button): what it is, and what it does with the row, the moderator and the reason."""
