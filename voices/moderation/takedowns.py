"""A voice or a result is taken down, and restored."""

from __future__ import annotations

import uuid

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts import audit, notices
from accounts.audit import Subject
from accounts.models import User
from vocasync.errors import PipelineError
from voices import signals
from voices.consent.ending import ended
from voices.models import Decision, Report, VoiceProfile
from voices.moderation.decisions import against, lift, not_ones_own, page_of, reasoned

JOB = "dubbing.job"
Kind = Decision.Kind


# --- voices -----------------------------------------------------------------------------------------------------------
def voice_takedown(*, voice: VoiceProfile, moderator: User, reason: str) -> Decision:
    """Nobody sees the voice but its owner, and nobody may use it. Raises ``reason_missing``, ``decided_already``."""
    reason = reasoned(reason)
    with transaction.atomic():
        voice = VoiceProfile.objects.select_for_update().select_related("owner").get(pk=voice.pk)
        if voice.taken_down_at is not None:
            raise PipelineError("decided_already")
        before = {"taken_down_at": None, "is_public": voice.is_public, "consent": voice.consent}
        voice.taken_down_at, voice.takedown_reason = timezone.now(), reason
        voice.save(update_fields=["taken_down_at", "takedown_reason"])
        ended(voice, voice.consent, reason=f"A moderator took the voice down: {reason}")
        after = {"taken_down_at": voice.taken_down_at.isoformat(), "is_public": False, "consent": voice.consent}
        audit.record(moderator, "voice.takedown", voice, before=before, after=after, reason=reason)
        decision = against(
            voice.owner,
            Kind.TAKEDOWN_VOICE,
            name=voice.name,
            reason=reason,
            moderator=moderator,
            voice=voice,
            before={"is_public": before["is_public"]},
        )
        _reports_are_answered(Report.objects.filter(voice=voice), moderator, reason)
    return decision


def voice_restore(*, voice: VoiceProfile, moderator: User, reason: str = "") -> None:
    """The reverse: as before, public again if it was and its consent still holds. Raises ``not_taken_down``."""
    with transaction.atomic():
        voice = VoiceProfile.objects.select_for_update().select_related("owner").get(pk=voice.pk)
        if voice.taken_down_at is None:
            raise PipelineError("not_taken_down", name=voice.name)
        before = {"taken_down_at": voice.taken_down_at.isoformat(), "is_public": voice.is_public}
        standing = Decision.objects.filter(voice=voice, kind=Kind.TAKEDOWN_VOICE)
        not_ones_own(moderator, voice.owner)
        decision = lift(standing, moderator=moderator, reason=reason)
        voice.taken_down_at, voice.takedown_reason = None, ""
        was_public = decision is not None and bool(decision.before.get("is_public"))
        voice.is_public = was_public and voice.consent == VoiceProfile.Consent.VERIFIED
        voice.updated_at = timezone.now()
        voice.save(update_fields=["taken_down_at", "takedown_reason", "is_public", "updated_at"])
        after = {"taken_down_at": None, "is_public": voice.is_public}
        audit.record(moderator, "voice.restore", voice, before=before, after=after, reason=reason)
        notices.tell(voice.owner, f"The voice “{voice.name}” was restored. {reason}".strip(), f"/voices/{voice.pk}/")


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
