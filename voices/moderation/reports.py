"""People report what they see of others; moderators look at it."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts import audit, notices
from accounts.limits import hold, require_active
from accounts.models import User
from vocasync.errors import PipelineError
from voices.models import Report, VoiceProfile
from voices.moderation.decisions import not_ones_own, reasoned, settle
from voices.moderation.takedowns import job_takedown, voice_takedown

DAY = timedelta(days=1)


def report_create(
    *,
    reporter: User,
    reason: str,
    details: str = "",
    voice: VoiceProfile | None = None,
    job_id: uuid.UUID | None = None,
    subject_name: str = "",
    subject_owner: User | None = None,
) -> Report:
    """Report a voice, or a job that is named by its id, title and owner. Whoever calls has checked that it is seen.

    Raises PipelineError (one's own, reported already, too many today, suspended) and ValidationError (reason, details).
    """
    require_active(reporter)
    name, owner = (voice.name, voice.owner) if voice else (subject_name, subject_owner)
    if owner == reporter:
        raise PipelineError("report_own", name=name)
    report = Report(
        reporter=reporter,
        voice=voice,
        job_id=job_id,
        subject_name=name[:200],
        subject_owner=owner,
        reason=reason,
        details=details.strip(),
    )
    report.full_clean(exclude=["reporter", "voice", "subject_owner", "decided_by"])
    with transaction.atomic():
        hold(reporter)
        _check_new(report)
        report.save(force_insert=True)
    return report


def _check_new(report: Report) -> None:
    mine = Report.objects.filter(reporter=report.reporter)
    same = Q(voice=report.voice) if report.voice else Q(job_id=report.job_id)
    if mine.filter(same, status=Report.Status.PENDING).exists():
        raise PipelineError("report_open", name=report.subject_name)
    if mine.filter(created_at__gt=timezone.now() - DAY).count() >= settings.REPORTS_DAY:
        raise PipelineError("too_many_reports", limit=settings.REPORTS_DAY)


def report_decide(*, report: Report, moderator: User, granted: bool, reason: str = "") -> None:
    """Granted: what was reported is taken down, for the reason that its owner reads. Else the reporter is told why not.

    Raises PipelineError: no reason, decided already.
    """
    reason = reasoned(reason)
    not_ones_own(moderator, report.subject_owner)
    with transaction.atomic():
        settle(report, moderator=moderator, granted=granted, answer=reason)
        action = "report.grant" if granted else "report.dismiss"
        after = {"status": report.status}
        audit.record(moderator, action, report, before={"status": "pending"}, after=after, reason=reason)
        if granted:
            _take_down(report, moderator, reason)
        if report.reporter is not None:
            notices.tell(report.reporter, _told(report, granted))


def _take_down(report: Report, moderator: User, reason: str) -> None:
    """What is gone by now, or down already, needs nothing more."""
    if report.voice is not None and report.voice.taken_down_at is None:
        voice_takedown(voice=report.voice, moderator=moderator, reason=reason)
    elif report.job_id is not None and report.subject_owner is not None:
        job_takedown(
            job_id=report.job_id,
            name=report.subject_name,
            owner=report.subject_owner,
            moderator=moderator,
            reason=reason,
        )


def _told(report: Report, granted: bool) -> str:
    if granted:
        return f"“{report.subject_name}”, which you reported, was taken down. Thank you."
    return f"Your report of “{report.subject_name}” was looked at, and nothing was taken down: {report.answer}"
