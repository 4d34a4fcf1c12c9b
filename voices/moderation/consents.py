"""Statements of consent are reviewed."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from accounts import audit, notices
from accounts.models import User
from vocasync.errors import PipelineError
from voices.consent.ending import ended, held, page_of, verified
from voices.consent.rules import noun
from voices.models import ConsentRecord, Decision, VoiceProfile
from voices.moderation.decisions import against, not_ones_own, reasoned

Status = ConsentRecord.Status


def consent_decide(*, record: ConsentRecord, moderator: User, granted: bool, reason: str = "") -> None:
    """Granted: the consent holds. Refused: nobody may use the voice or the face any more; its owner reads why, and may
    appeal.

    Raises PipelineError: refused without a reason, decided already, the voice or the face was taken down.
    """
    reason = reason.strip() if granted else reasoned(reason)
    with transaction.atomic():
        record = ConsentRecord.objects.select_for_update().get(pk=record.pk)
        likeness = held(record.likeness)
        not_ones_own(moderator, likeness.owner)
        if record.status != Status.PENDING:
            raise PipelineError("decided_already")
        setattr(record, noun(likeness), likeness)
        record.reason = reason
        if granted:
            _accept(record, moderator)
        else:
            _refuse(record, moderator, reason)


def _accept(record: ConsentRecord, moderator: User) -> None:
    likeness = record.likeness
    if likeness.taken_down_at is not None:
        raise PipelineError(f"{noun(likeness)}_taken_down", name=likeness.name)
    verified(record, moderator)
    text = f"The consent for the {noun(likeness)} “{likeness.name}” was accepted."
    notices.tell(likeness.owner, text, page_of(likeness))


def _refuse(record: ConsentRecord, moderator: User, reason: str) -> None:
    likeness = record.likeness
    before = {"consent": likeness.consent}
    record.status, record.decided_by, record.decided_at = Status.REFUSED, moderator, timezone.now()
    record.save()
    ended(likeness, VoiceProfile.Consent.REFUSED, reason=f"The consent was not accepted: {reason}")
    after = {"consent": likeness.consent, "record": str(record.pk)}
    audit.record(moderator, "consent.refuse", likeness, before=before, after=after, reason=reason)
    kind = Decision.Kind.REFUSE_CONSENT
    against(likeness.owner, kind, name=likeness.name, reason=reason, moderator=moderator, about=likeness)
