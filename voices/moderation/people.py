"""An account is suspended, and restored."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Q

from accounts import notices, services
from accounts.models import User
from vocasync.errors import PipelineError
from voices import signals
from voices.models import Decision, VoiceProfile
from voices.moderation.decisions import against, lift, not_ones_own, reasoned

Kind = Decision.Kind


def user_suspend(*, user: User, moderator: User, reason: str) -> Decision:
    """Nothing new is made for the person, and nobody may use their voices while it lasts.

    Raises PipelineError: no reason, suspended already, somebody who works for the site.
    """
    reason = reasoned(reason)
    if user.is_staff and not moderator.is_superuser:
        raise PipelineError("suspend_staff", name=user.get_username())
    with transaction.atomic():
        if not services.suspend(user=user, by=moderator, reason=reason):
            raise PipelineError("decided_already")
        signals.user_suspended.send(sender=User, user=user, reason=reason)
        for voice in _used_by_others(user):
            signals.consent_ended.send(sender=VoiceProfile, voice=voice, reason="Its owner's account was suspended.")
        return against(user, Kind.SUSPEND, name=user.get_username(), reason=reason, moderator=moderator)


def _used_by_others(user: User) -> list[VoiceProfile]:
    """The voices that somebody beside their owner could use."""
    given = Q(is_public=True) | Q(shares__isnull=False)
    held = VoiceProfile.objects.filter(owner=user, consent=VoiceProfile.Consent.VERIFIED, taken_down_at=None)
    return list(held.filter(given).distinct())


def user_restore(*, user: User, moderator: User, reason: str = "") -> None:
    """The reverse. Raises ``not_suspended``."""
    not_ones_own(moderator, user)
    with transaction.atomic():
        if not services.restore(user=user, by=moderator, reason=reason):
            raise PipelineError("not_suspended", name=user.get_username())
        lift(Decision.objects.filter(user=user, kind=Kind.SUSPEND), moderator=moderator, reason=reason)
        notices.tell(user, f"Your account works again. {reason}".strip())
