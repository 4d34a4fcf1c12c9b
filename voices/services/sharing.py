"""Voices that are shared with people, and those that people mark for themselves."""

from __future__ import annotations

from django.db import transaction
from django.urls import reverse

from accounts import limits, notices
from accounts.models import User
from accounts.people import recipient
from voices.consent import Purpose, may_clone
from voices.models import Favourite, VoiceProfile, VoiceShare


def voice_share(*, voice: VoiceProfile, name: str) -> VoiceShare:
    """Share a voice with somebody, by username or e-mail address; they are told. Again: nothing changes.

    Raises ``suspended``, ``consent_needed`` and the like, ``share_unknown``, ``share_self``.
    """
    limits.require_active(voice.owner)
    may_clone(voice.owner, voice, Purpose.SHARE).require()
    user = recipient(name, owner=voice.owner, refusal="share_self")
    with transaction.atomic():
        share, made = VoiceShare.objects.get_or_create(voice=voice, user=user)
        if made:
            text = f"{voice.owner.username} shares the voice “{voice.name}” with you."
            notices.tell(user, text, reverse("voices:profile", args=[voice.pk]))
    return share


def voice_unshare(*, voice: VoiceProfile, user: User) -> bool:
    """Stop sharing; False when it was not shared with them."""
    gone, _ = VoiceShare.objects.filter(voice=voice, user=user).delete()
    return bool(gone)


def favourite_set(*, user: User, voice: VoiceProfile, on: bool) -> None:
    """Mark a voice, or take the mark away."""
    if on:
        Favourite.objects.get_or_create(user=user, voice=voice)
    else:
        Favourite.objects.filter(user=user, voice=voice).delete()
