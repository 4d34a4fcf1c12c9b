"""How a consent comes into force, and how it ends: the two places that write ``consent`` of a voice or a face."""

from __future__ import annotations

from typing import Any

import numpy as np
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from accounts import audit, notices
from accounts.models import User
from vocasync.errors import PipelineError
from vocasync.pipelines.library import CONSENT_SIMILARITY
from voices import errands, files, signals
from voices.consent.rules import ENDED, noun
from voices.models import ConsentAttempt, ConsentRecord, FaceProfile, Likeness, PublicRequest, VoiceProfile

Status = ConsentRecord.Status
Consent = VoiceProfile.Consent

SAME_VOICE = CONSENT_SIMILARITY
"""Cosine of the voice as it is to the voice that a consent was verified for, below which it is taken for another's."""

OWNER = "Its owner withdrew the consent."
DELETED = "Its owner deleted the voice."
FACE_DELETED = "Its owner deleted the face."
OTHERWISE = "The consent was verified in another way."
EXCHANGED = "The samples were exchanged for others, so the consent does not cover the voice any more."


def verified(record: ConsentRecord, by: User | None) -> None:
    """The consent holds from now on. by: the moderator who decided, None for the site. In a transaction.

    A statement that still waits is not needed any more.
    """
    likeness = record.likeness
    waiting = of(likeness).filter(status=Status.PENDING).exclude(pk=record.pk)
    waiting.update(status=Status.WITHDRAWN, decided_at=timezone.now(), reason=OTHERWISE)
    before = {"consent": likeness.consent}
    record.status, record.decided_by, record.decided_at = Status.VERIFIED, by, timezone.now()
    if isinstance(likeness, VoiceProfile):
        record.embedding = likeness.embedding
    record.save()
    _set(likeness, Consent.VERIFIED)
    audit.record(
        by or record.created_by, "consent.verify", likeness, before=before, after={"consent": likeness.consent}
    )


def of(likeness: Likeness) -> QuerySet[ConsentRecord]:
    """The consents of a voice or a face."""
    return ConsentRecord.objects.filter(**{noun(likeness): likeness})


def ended(likeness: Likeness, status: str, *, reason: str) -> None:
    """Nobody may use it any more (``ENDED``), or only its owner. In a transaction; who did it says why."""
    if isinstance(likeness, VoiceProfile):
        _voice_ended(likeness, status, reason)
    else:
        _set(likeness, status)
        signals.face_ended.send(sender=FaceProfile, face=likeness, reason=reason)


def _voice_ended(voice: VoiceProfile, status: str, reason: str) -> None:
    _set(voice, status, is_public=False)
    files.remove_on_commit(files.conditioning_root(voice.pk))
    PublicRequest.objects.filter(voice=voice, status=PublicRequest.Status.PENDING).update(
        status=PublicRequest.Status.DROPPED, decided_at=timezone.now(), answer=reason
    )
    signals.consent_ended.send(sender=VoiceProfile, voice=voice, reason=reason)


def page_of(likeness: Likeness) -> str:
    """Where its owner sees to the consent."""
    return reverse("voices:consent" if isinstance(likeness, VoiceProfile) else "voices:face", args=[likeness.pk])


def held(likeness: Likeness) -> Likeness:
    """The row as it is now, locked. In a transaction."""
    rows: QuerySet[Any] = type(likeness)._default_manager.select_for_update(of=("self",)).select_related("owner")
    found: Likeness = rows.get(pk=likeness.pk)
    return found


def _set(likeness: Likeness, consent: str, **fields: bool) -> None:
    likeness.consent = consent
    for name, value in fields.items():
        setattr(likeness, name, value)
    likeness.updated_at = timezone.now()
    likeness.save(update_fields=["consent", "updated_at", *fields])


def withdraw(*, likeness: Likeness, by: User, reason: str = "") -> None:
    """The owner, or a moderator on behalf of the person whose voice or face it is, takes the consent back.

    From then on nobody may use it. After a moderator's withdrawal only a reviewed statement brings it back.
    Raises PipelineError: a moderator gave no reason, or it has ended already.
    """
    mine = by.pk == likeness.owner_id
    if not mine and not reason.strip():
        raise PipelineError("reason_missing", field="reason")
    with transaction.atomic():
        likeness = held(likeness)
        if likeness.consent in ENDED:
            raise PipelineError("consent_ended_already", name=likeness.name)
        before = standing(likeness)
        _records_end(likeness, by, reason.strip() or OWNER)
        ended(likeness, Consent.WITHDRAWN, reason=reason.strip() or OWNER)
        audit.record(
            by, "consent.withdraw", likeness, before=before, after={"consent": likeness.consent}, reason=reason.strip()
        )
        if not mine:
            text = f"A moderator ended the consent for your {noun(likeness)} “{likeness.name}”: {reason.strip()}"
            notices.tell(likeness.owner, text, page_of(likeness))


def standing(likeness: Likeness) -> dict[str, Any]:
    """How it stands, for the audit trail."""
    public = {"is_public": likeness.is_public} if isinstance(likeness, VoiceProfile) else {}
    return {"consent": likeness.consent, **public}


def _records_end(likeness: Likeness, by: User, reason: str) -> None:
    """The records that hold or wait are withdrawn; one that says so is made where there was none."""
    now = timezone.now()
    rows = of(likeness).filter(status__in=(Status.VERIFIED, Status.PENDING))
    if rows.update(status=Status.WITHDRAWN, decided_by=by, decided_at=now, reason=reason):
        return
    spoken = isinstance(likeness, VoiceProfile) and likeness.whose == VoiceProfile.Whose.OWN
    ConsentRecord.objects.create(
        **{noun(likeness): likeness},
        kind=ConsentRecord.Kind.SPOKEN if spoken else ConsentRecord.Kind.STATEMENT,
        status=Status.WITHDRAWN,
        declaration="",
        person_name=likeness.person_name,
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


def face_going(face: FaceProfile) -> None:
    """The same for a face."""
    audit.record(face.owner, "face.delete", face, before={"consent": face.consent})
    records = of(face).values_list("pk", flat=True)
    files.remove_on_commit(*(files.consent_root(pk) for pk in records))
    signals.face_ended.send(sender=FaceProfile, face=face, reason=FACE_DELETED)


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
