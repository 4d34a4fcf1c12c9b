"""A voice, a face or a result is taken down, and restored."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from accounts import audit, notices
from accounts.audit import Subject
from accounts.models import User
from vocasync.errors import PipelineError
from voices import signals
from voices.consent.ending import ended, held, standing
from voices.consent.rules import noun
from voices.models import Decision, FaceProfile, Likeness, Report, VoiceProfile
from voices.moderation.decisions import against, lift, not_ones_own, page_of, reasoned

JOB = "dubbing.job"
Kind = Decision.Kind


# --- voices and faces -------------------------------------------------------------------------------------------------
def voice_takedown(*, voice: VoiceProfile, moderator: User, reason: str) -> Decision:
    """Nobody sees the voice but its owner, and nobody may use it. Raises ``reason_missing``, ``decided_already``."""
    reason = reasoned(reason)
    with transaction.atomic():
        decision = _take_down(voice, Kind.TAKEDOWN_VOICE, moderator, reason)
        _reports_are_answered(Report.objects.filter(voice=voice), moderator, reason)
    return decision


def face_takedown(*, face: FaceProfile, moderator: User, reason: str) -> Decision:
    """Nobody may have the face speak. Raises ``reason_missing``, ``decided_already``."""
    reason = reasoned(reason)
    with transaction.atomic():
        return _take_down(face, Kind.TAKEDOWN_FACE, moderator, reason)


def _take_down(likeness: Likeness, kind: Decision.Kind, moderator: User, reason: str) -> Decision:
    likeness = held(likeness)
    if likeness.taken_down_at is not None:
        raise PipelineError("decided_already")
    before = {"taken_down_at": None, **standing(likeness)}
    likeness.taken_down_at, likeness.takedown_reason = timezone.now(), reason
    likeness.save(update_fields=["taken_down_at", "takedown_reason"])
    ended(likeness, likeness.consent, reason=f"A moderator took the {noun(likeness)} down: {reason}")
    after = {"taken_down_at": likeness.taken_down_at.isoformat(), **standing(likeness)}
    audit.record(moderator, f"{noun(likeness)}.takedown", likeness, before=before, after=after, reason=reason)
    public = {"is_public": before["is_public"]} if "is_public" in before else {}
    name = likeness.name
    return against(likeness.owner, kind, name=name, reason=reason, moderator=moderator, about=likeness, before=public)


def voice_restore(*, voice: VoiceProfile, moderator: User, reason: str = "") -> None:
    """The reverse: as before, public again if it was and its consent still holds. Raises ``not_taken_down``."""
    _restore(voice, Decision.objects.filter(voice=voice, kind=Kind.TAKEDOWN_VOICE), moderator, reason)


def face_restore(*, face: FaceProfile, moderator: User, reason: str = "") -> None:
    """The reverse. Raises ``not_taken_down``."""
    _restore(face, Decision.objects.filter(face=face, kind=Kind.TAKEDOWN_FACE), moderator, reason)


def _restore(likeness: Likeness, decisions: QuerySet[Decision], moderator: User, reason: str) -> None:
    with transaction.atomic():
        likeness = held(likeness)
        if likeness.taken_down_at is None:
            raise PipelineError("not_taken_down", name=likeness.name)
        before = _seen({"taken_down_at": likeness.taken_down_at.isoformat(), **standing(likeness)})
        not_ones_own(moderator, likeness.owner)
        decision = lift(decisions, moderator=moderator, reason=reason)
        likeness.taken_down_at, likeness.takedown_reason = None, ""
        likeness.updated_at = timezone.now()
        fields = ["taken_down_at", "takedown_reason", "updated_at"]
        if isinstance(likeness, VoiceProfile):
            was_public = decision is not None and bool(decision.before.get("is_public"))
            likeness.is_public = was_public and likeness.consent == VoiceProfile.Consent.VERIFIED
            fields.append("is_public")
        likeness.save(update_fields=fields)
        after = _seen({"taken_down_at": None, **standing(likeness)})
        audit.record(moderator, f"{noun(likeness)}.restore", likeness, before=before, after=after, reason=reason)
        text = f"The {noun(likeness)} “{likeness.name}” was restored. {reason}".strip()
        notices.tell(likeness.owner, text, _home(likeness))


def _seen(values: dict[str, Any]) -> dict[str, Any]:
    """What a restoration may change: the consent stays as it is."""
    return {name: value for name, value in values.items() if name != "consent"}


def _home(likeness: Likeness) -> str:
    return reverse("voices:profile" if isinstance(likeness, VoiceProfile) else "voices:face", args=[likeness.pk])


# --- results ----------------------------------------------------------------------------------------------------------
def job_takedown(*, job_id: uuid.UUID, name: str, owner: User, moderator: User, reason: str) -> Decision:
    """Nobody sees or hears the result but its owner. Raises ``reason_missing``, ``decided_already``."""
    reason = reasoned(reason)
    with transaction.atomic():
        if Decision.objects.filter(kind=Kind.TAKEDOWN_JOB, job_id=job_id, reversed_at=None).exists():
            raise PipelineError("decided_already")
        signals.job_taken_down.send(sender=Decision, job_id=job_id, reason=reason)
        _record_job(moderator, "job.takedown", job_id, name, was=False, reason=reason)
        decision = against(owner, Kind.TAKEDOWN_JOB, name=name, reason=reason, moderator=moderator, job_id=job_id)
        _reports_are_answered(Report.objects.filter(job_id=job_id), moderator, reason)
    return decision


def job_restore(*, job_id: uuid.UUID, name: str, owner: User, moderator: User, reason: str = "") -> None:
    """The reverse. Raises ``not_taken_down``."""
    with transaction.atomic():
        standing = Decision.objects.filter(kind=Kind.TAKEDOWN_JOB, job_id=job_id)
        not_ones_own(moderator, owner)
        decision = lift(standing, moderator=moderator, reason=reason)
        if decision is None:
            raise PipelineError("not_taken_down", name=name)
        signals.job_restored.send(sender=Decision, job_id=job_id)
        _record_job(moderator, "job.restore", job_id, name, was=True, reason=reason)
        notices.tell(owner, f"The result “{name}” was restored. {reason}".strip(), page_of(decision))


def _record_job(moderator: User, action: str, job_id: uuid.UUID, name: str, *, was: bool, reason: str) -> None:
    subject = Subject(JOB, str(job_id), name)
    before, after = {"taken_down": was}, {"taken_down": not was}
    audit.record(moderator, action, subject, before=before, after=after, reason=reason)


def _reports_are_answered(reports: QuerySet[Report], moderator: User, reason: str) -> None:
    """What else was reported about it waits no more, and whoever did is told."""
    waiting = list(reports.filter(status=Report.Status.PENDING).select_related("reporter"))
    Report.objects.filter(pk__in=[report.pk for report in waiting]).update(
        status=Report.Status.GRANTED, decided_by=moderator, decided_at=timezone.now(), answer=reason
    )
    for report in waiting:
        if report.reporter is not None:
            notices.tell(report.reporter, f"“{report.subject_name}”, which you reported, was taken down. Thank you.")
