"""Statements of consent are reviewed."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from accounts import audit, notices
from accounts.models import User
from vocasync.errors import PipelineError
from voices.consent.ending import ended, page_of, verified
from voices.models import ConsentRecord, Decision, VoiceProfile
from voices.moderation.decisions import against, not_ones_own, reasoned

Status = ConsentRecord.Status


def consent_decide(*, record: ConsentRecord, moderator: User, granted: bool, reason: str = "") -> None:
    """Granted: the consent holds. Refused: nobody may use the voice any more; its owner reads why, and may appeal.

    Raises PipelineError: refused without a reason, decided already, the voice was taken down.
    """
    reason = reason.strip() if granted else reasoned(reason)
    with transaction.atomic():
        record = ConsentRecord.objects.select_for_update().get(pk=record.pk)
        voice = VoiceProfile.objects.select_for_update().select_related("owner").get(pk=record.voice_id)
        not_ones_own(moderator, voice.owner)
        if record.status != Status.PENDING:
            raise PipelineError("decided_already")
        record.voice, record.reason = voice, reason
        if granted:
            _accept(record, moderator)
        else:
            _refuse(record, moderator, reason)


def _accept(record: ConsentRecord, moderator: User) -> None:
    voice = record.voice
    if voice.taken_down_at is not None:
        raise PipelineError("voice_taken_down", name=voice.name)
    verified(record, moderator)
    notices.tell(voice.owner, f"The consent for the voice “{voice.name}” was accepted.", page_of(voice))


def _refuse(record: ConsentRecord, moderator: User, reason: str) -> None:
    voice = record.voice
    before = {"consent": voice.consent}
    record.status, record.decided_by, record.decided_at = Status.REFUSED, moderator, timezone.now()
    record.save()
    ended(voice, VoiceProfile.Consent.REFUSED, reason=f"The consent was not accepted: {reason}")
    after = {"consent": voice.consent, "record": str(record.pk)}
    audit.record(moderator, "consent.refuse", voice, before=before, after=after, reason=reason)
    against(voice.owner, Decision.Kind.REFUSE_CONSENT, name=voice.name, reason=reason, moderator=moderator, voice=voice)
