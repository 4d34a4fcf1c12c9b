"""Whom a decision is against may appeal once; granted, the decision is reversed."""

from __future__ import annotations

from collections.abc import Callable

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import audit, notices
from accounts.models import User
from vocasync.errors import PipelineError
from voices.consent.ending import of
from voices.models import Appeal, ConsentRecord, Decision, PublicRequest, VoiceProfile
from voices.moderation.decisions import not_ones_own, page_of, reasoned, settle
from voices.moderation.people import user_restore
from voices.moderation.takedowns import face_restore, job_restore, voice_restore

Kind = Decision.Kind


def appeal_create(*, decision: Decision, user: User, text: str) -> Appeal:
    """The one appeal; somebody suspended may appeal as well.

    Raises ``Decision.DoesNotExist`` for a decision against somebody else, PipelineError where there was an appeal
    already or the decision was reversed, ValidationError for the text.
    """
    if decision.user_id != user.pk:
        raise Decision.DoesNotExist
    if Appeal.objects.filter(decision=decision).exists():
        raise PipelineError("appeal_once")
    if decision.reversed_at is not None:
        raise PipelineError("appeal_reversed")
    appeal = Appeal(decision=decision, text=text.strip())
    appeal.full_clean(exclude=["decision", "decided_by"])
    try:
        with transaction.atomic():
            appeal.save(force_insert=True)
            audit.record(user, "appeal.create", decision, after={"text": appeal.text})
    except IntegrityError as error:
        raise PipelineError("appeal_once") from error
    return appeal


def appeal_decide(*, appeal: Appeal, moderator: User, granted: bool, reason: str = "") -> None:
    """Granted: the decision is reversed. Refused: it stands, for the reason that the person reads.

    Raises PipelineError: refused without a reason, decided already.
    """
    reason = reason.strip() if granted else reasoned(reason)
    decision = appeal.decision
    not_ones_own(moderator, decision.user)
    with transaction.atomic():
        settle(appeal, moderator=moderator, granted=granted, answer=reason)
        action = "appeal.grant" if granted else "appeal.refuse"
        after = {"status": appeal.status}
        audit.record(moderator, action, decision, before={"status": "pending"}, after=after, reason=reason)
        if granted:
            _reverse(decision, moderator, reason)
            text = (
                f"Your appeal was granted, the decision about “{decision.subject_name}” is reversed. {reason}".strip()
            )
        else:
            text = f"Your appeal about “{decision.subject_name}” was refused: {reason}"
        notices.tell(decision.user, text, page_of(decision))


def _reverse(decision: Decision, moderator: User, reason: str) -> None:
    if decision.reversed_at is None:
        REVERSALS[Kind(decision.kind)](decision, moderator, reason)
    Decision.objects.filter(pk=decision.pk, reversed_at=None).update(reversed_at=timezone.now())
    decision.refresh_from_db()


# --- what each decision is reversed by; what is gone by now is not brought back ---------------------------------------
def _restore_voice(decision: Decision, moderator: User, reason: str) -> None:
    if decision.voice is not None and decision.voice.taken_down_at is not None:
        voice_restore(voice=decision.voice, moderator=moderator, reason=reason)


def _restore_face(decision: Decision, moderator: User, reason: str) -> None:
    if decision.face is not None and decision.face.taken_down_at is not None:
        face_restore(face=decision.face, moderator=moderator, reason=reason)


def _restore_job(decision: Decision, moderator: User, reason: str) -> None:
    if decision.job_id is not None:
        job_restore(
            job_id=decision.job_id,
            name=decision.subject_name,
            owner=decision.user,
            moderator=moderator,
            reason=reason,
        )


def _restore_user(decision: Decision, moderator: User, reason: str) -> None:
    if decision.user.is_suspended:
        user_restore(user=decision.user, moderator=moderator, reason=reason)


def _reopen_request(decision: Decision, moderator: User, reason: str) -> None:
    """The request waits again, unless the owner has made another since."""
    rows = PublicRequest.objects.filter(voice=decision.voice)
    last = rows.filter(status=PublicRequest.Status.REFUSED).order_by("-decided_at").first()
    if last is None or rows.filter(status=PublicRequest.Status.PENDING).exists():
        return
    PublicRequest.objects.filter(pk=last.pk).update(
        status=PublicRequest.Status.PENDING, decided_by=None, decided_at=None, answer=""
    )
    before, after = {"request": "refused"}, {"request": "pending"}
    audit.record(moderator, "voice.publish_reopen", last.voice, before=before, after=after, reason=reason)


def _reopen_consent(decision: Decision, moderator: User, reason: str) -> None:
    """The statement waits again, unless the owner has brought another since; until then the owner may use the voice or
    the face."""
    about = decision.voice or decision.face
    if about is None:
        return
    rows = of(about)
    last = rows.filter(status=ConsentRecord.Status.REFUSED).order_by("-decided_at").first()
    if last is None or rows.filter(status=ConsentRecord.Status.PENDING).exists():
        return
    ConsentRecord.objects.filter(pk=last.pk).update(
        status=ConsentRecord.Status.PENDING, decided_by=None, decided_at=None, reason=""
    )
    likeness = last.likeness
    before = {"consent": likeness.consent}
    if likeness.consent == VoiceProfile.Consent.REFUSED:
        likeness.consent = VoiceProfile.Consent.PENDING
        likeness.save(update_fields=["consent"])
    after = {"consent": likeness.consent, "record": str(last.pk)}
    audit.record(moderator, "consent.reopen", likeness, before=before, after=after, reason=reason)


REVERSALS: dict[Kind, Callable[[Decision, User, str], None]] = {
    Kind.TAKEDOWN_VOICE: _restore_voice,
    Kind.TAKEDOWN_FACE: _restore_face,
    Kind.TAKEDOWN_JOB: _restore_job,
    Kind.REFUSE_PUBLIC: _reopen_request,
    Kind.REFUSE_CONSENT: _reopen_consent,
    Kind.SUSPEND: _restore_user,
}
