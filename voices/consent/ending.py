"""How a consent comes into force, and how it ends: the two places that write ``VoiceProfile.consent``."""

from __future__ import annotations

import numpy as np
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from accounts import audit, notices
from accounts.models import User
from vocasync.errors import PipelineError
from vocasync.pipelines.library import CONSENT_SIMILARITY
from voices import errands, files, signals
from voices.consent.rules import ENDED
from voices.models import ConsentAttempt, ConsentRecord, PublicRequest, VoiceProfile

Status = ConsentRecord.Status
Consent = VoiceProfile.Consent

SAME_VOICE = CONSENT_SIMILARITY
"""Cosine of the voice as it is to the voice that a consent was verified for, below which it is taken for another's."""

OWNER = "Its owner withdrew the consent."
DELETED = "Its owner deleted the voice."
OTHERWISE = "The consent was verified in another way."
EXCHANGED = "The samples were exchanged for others, so the consent does not cover the voice any more."


def verified(record: ConsentRecord, by: User | None) -> None:
    """The consent holds from now on. by: the moderator who decided, None for the site. In a transaction.

    A statement that still waits is not needed any more.
    """
    voice = record.voice
    waiting = ConsentRecord.objects.filter(voice=voice, status=Status.PENDING).exclude(pk=record.pk)
    waiting.update(status=Status.WITHDRAWN, decided_at=timezone.now(), reason=OTHERWISE)
    before = {"consent": voice.consent}
    record.status, record.decided_by, record.decided_at = Status.VERIFIED, by, timezone.now()
    record.embedding = voice.embedding
    record.save()
    _set(voice, Consent.VERIFIED)
    audit.record(by or record.created_by, "consent.verify", voice, before=before, after={"consent": voice.consent})


def ended(voice: VoiceProfile, status: str, *, reason: str) -> None:
    """Nobody may use the voice any more (``ENDED``), or only its owner. In a transaction; who did it says why."""
    _set(voice, status, is_public=False)
    files.remove_on_commit(files.conditioning_root(voice.pk))
    PublicRequest.objects.filter(voice=voice, status=PublicRequest.Status.PENDING).update(
        status=PublicRequest.Status.DROPPED, decided_at=timezone.now(), answer=reason
    )
    signals.consent_ended.send(sender=VoiceProfile, voice=voice, reason=reason)


def page_of(voice: VoiceProfile) -> str:
    """Where its owner sees to the consent."""
    return reverse("voices:consent", args=[voice.pk])


def _set(voice: VoiceProfile, consent: str, **fields: bool) -> None:
    voice.consent = consent
    for name, value in fields.items():
        setattr(voice, name, value)
    voice.updated_at = timezone.now()
    voice.save(update_fields=["consent", "updated_at", *fields])


def withdraw(*, voice: VoiceProfile, by: User, reason: str = "") -> None:
    """The owner, or a moderator on behalf of the person whose voice it is, takes the consent back.

    From then on nobody may use the voice. After a moderator's withdrawal only a reviewed statement brings it back.
    Raises PipelineError: a moderator gave no reason, or it has ended already.
    """
    mine = by.pk == voice.owner_id
    if not mine and not reason.strip():
        raise PipelineError("reason_missing", field="reason")
    with transaction.atomic():
        voice = VoiceProfile.objects.select_for_update().get(pk=voice.pk)
        if voice.consent in ENDED:
            raise PipelineError("consent_ended_already", name=voice.name)
        before = {"consent": voice.consent, "is_public": voice.is_public}
        _records_end(voice, by, reason.strip() or OWNER)
        ended(voice, Consent.WITHDRAWN, reason=reason.strip() or OWNER)
        audit.record(
            by, "consent.withdraw", voice, before=before, after={"consent": voice.consent}, reason=reason.strip()
        )
        if not mine:
            text = f"A moderator ended the consent for your voice “{voice.name}”: {reason.strip()}"
            notices.tell(voice.owner, text, page_of(voice))


def _records_end(voice: VoiceProfile, by: User, reason: str) -> None:
    """The records that hold or wait are withdrawn; one that says so is made where there was none."""
    now = timezone.now()
    rows = ConsentRecord.objects.filter(voice=voice, status__in=(Status.VERIFIED, Status.PENDING))
    if rows.update(status=Status.WITHDRAWN, decided_by=by, decided_at=now, reason=reason):
        return
    own = voice.whose == VoiceProfile.Whose.OWN
    ConsentRecord.objects.create(
        voice=voice,
        kind=ConsentRecord.Kind.SPOKEN if own else ConsentRecord.Kind.STATEMENT,
        status=Status.WITHDRAWN,
        declaration="",
        person_name=voice.person_name,
        created_by=by,
        decided_by=by,
        decided_at=now,
        reason=reason,
    )


def voice_going(voice: VoiceProfile) -> None:
    """To be called in the transaction that deletes a voice, before it does: for whom it was used, its consent ends."""
    audit.record(voice.owner, "voice.delete", voice, before={"consent": voice.consent, "is_public": voice.is_public})
    records = ConsentRecord.objects.filter(voice=voice).values_list("pk", flat=True)
    attempts = ConsentAttempt.objects.filter(voice=voice).values_list("pk", flat=True)
    errands.forget(*attempts)
    files.remove_on_commit(*(files.consent_root(pk) for pk in (*records, *attempts)))
    signals.consent_ended.send(sender=VoiceProfile, voice=voice, reason=DELETED)


def still_covers(voice: VoiceProfile) -> bool:
    """Whether the voice is still the one that its consent was verified for; ends the consent where it is not.

    To be called whenever the portrait changes: else one could read the sentence with one's own samples there, and
    exchange them for another person's. The consent is not withdrawn then, it has to be verified anew.
    """
    record = ConsentRecord.objects.filter(voice=voice, status=Status.VERIFIED).exclude(embedding=None).first()
    if voice.consent != Consent.VERIFIED or record is None or voice.embedding is None or record.embedding is None:
        return True
    likeness = float(np.dot(voice.embedding, record.embedding))
    if likeness >= SAME_VOICE:
        return True
    with transaction.atomic():
        before = {"consent": voice.consent, "is_public": voice.is_public}
        ConsentRecord.objects.filter(voice=voice, status=Status.VERIFIED).update(
            status=Status.WITHDRAWN, decided_by=None, decided_at=timezone.now(), reason=EXCHANGED
        )
        ended(voice, Consent.NONE, reason=EXCHANGED)
        after = {"consent": voice.consent, "likeness": round(likeness, 3)}
        audit.record(None, "consent.lapse", voice, before=before, after=after, reason=EXCHANGED)
        text = (
            f"The voice “{voice.name}” sounds like another person since its samples changed. Verify its consent again."
        )
        notices.tell(voice.owner, text, page_of(voice))
    return False
