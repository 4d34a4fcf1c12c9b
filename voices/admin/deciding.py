"""What the buttons do: the services, by kind of row and name of the button."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from accounts.models import User
from vocasync.errors import PipelineError
from voices import consent, moderation
from voices.admin.cards import DECIDE, RESTORE, SUSPEND, TAKE_DOWN, UNSUSPEND, WITHDRAW, Action, owner_of
from voices.models import Decision, VoiceProfile

Deed = Callable[[Any, User, str], object]


def _decided(service: Callable[..., object], name: str, granted: bool) -> Deed:
    return lambda row, moderator, reason: service(**{name: row}, moderator=moderator, granted=granted, reason=reason)


def _take_down(row: Any, moderator: User, reason: str) -> None:
    voice = row if isinstance(row, VoiceProfile) else row.voice
    moderation.voice_takedown(voice=voice, moderator=moderator, reason=reason)


def _suspend(row: Any, moderator: User, reason: str) -> None:
    owner = row.owner if isinstance(row, VoiceProfile) else owner_of(row)
    if owner is None:
        raise LookupError("the account is gone")
    moderation.user_suspend(user=owner, moderator=moderator, reason=reason)


def _withdraw(voice: VoiceProfile, moderator: User, reason: str) -> None:
    consent.withdraw(voice=voice, by=moderator, reason=reason)


def _unsuspend(row: VoiceProfile | Decision, moderator: User, reason: str) -> None:
    user = row.owner if isinstance(row, VoiceProfile) else row.user
    moderation.user_restore(user=user, moderator=moderator, reason=reason)


def _restore(row: VoiceProfile | Decision, moderator: User, reason: str) -> None:
    voice = row if isinstance(row, VoiceProfile) else row.voice
    if voice is not None:
        moderation.voice_restore(voice=voice, moderator=moderator, reason=reason)
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
    **{(kind, TAKE_DOWN.name): (TAKE_DOWN, _take_down) for kind in ("public", "consent", "voice")},
    **{(kind, SUSPEND.name): (SUSPEND, _suspend) for kind in ("public", "consent", "report", "voice")},
    ("voice", WITHDRAW.name): (WITHDRAW, _withdraw),
    **{(kind, RESTORE.name): (RESTORE, _restore) for kind in ("voice", "decision")},
    **{(kind, UNSUSPEND.name): (UNSUSPEND, _unsuspend) for kind in ("voice", "decision")},
}
"""(kind, name of the button): what it is, and what it does with the row, the moderator and the reason."""
