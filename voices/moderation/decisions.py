"""What every decision has: a reason where it goes against somebody, its row, and the people who are told."""

from __future__ import annotations

import uuid
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from accounts import notices
from accounts.models import User
from vocasync.errors import PipelineError
from voices.models import Appeal, Decision, FaceProfile, Likeness, PublicRequest, Report, VoiceProfile

Waiting = PublicRequest | Report | Appeal


def reasoned(reason: str) -> str:
    """The reason without blanks around it. Raises ``reason_missing``."""
    if not reason.strip():
        raise PipelineError("reason_missing", field="reason")
    return reason.strip()


def not_ones_own(moderator: User, person: User | None) -> None:
    """Raise ``own_case`` where moderators would decide about themselves; an administrator, who may be alone, may."""
    if person is not None and moderator.pk == person.pk and not moderator.is_superuser:
        raise PipelineError("own_case")


def settle(row: Waiting, *, moderator: User, granted: bool, answer: str) -> None:
    """What waited waits no more. Raises ``decided_already`` where another moderator was quicker."""
    kind: Any = type(row)
    status = kind.Status.GRANTED if granted else kind.Status.REFUSED
    pending: QuerySet[Any] = kind._default_manager.filter(pk=row.pk, status=kind.Status.PENDING)
    if not pending.update(status=status, decided_by=moderator, decided_at=timezone.now(), answer=answer):
        raise PipelineError("decided_already")
    row.refresh_from_db()


def against(
    user: User,
    kind: Decision.Kind,
    *,
    name: str,
    reason: str,
    moderator: User,
    about: Likeness | None = None,
    job_id: uuid.UUID | None = None,
    before: dict[str, Any] | None = None,
) -> Decision:
    """Write the decision down, and tell whom it is against, with the way to appeal."""
    decision = Decision.objects.create(
        kind=kind,
        user=user,
        voice=about if isinstance(about, VoiceProfile) else None,
        face=about if isinstance(about, FaceProfile) else None,
        job_id=job_id,
        subject_name=name[:200],
        reason=reason,
        moderator=moderator,
        before=before or {},
    )
    subject = "" if kind == Decision.Kind.SUSPEND else f" (“{name}”)"
    notices.tell(user, f"{decision.get_kind_display()}{subject}: {reason}", page_of(decision))
    return decision


def page_of(decision: Decision) -> str:
    """Where the person sees the decision, and appeals."""
    return reverse("voices:decision", args=[decision.pk])


def lift(standing: QuerySet[Decision], *, moderator: User, reason: str) -> Decision | None:
    """Mark decisions that still stand as reversed, with the appeals that wait; the newest of them, None for none."""
    rows = list(standing.filter(reversed_at=None).order_by("-at"))
    now = timezone.now()
    Decision.objects.filter(pk__in=[row.pk for row in rows]).update(reversed_at=now)
    Appeal.objects.filter(decision__in=rows, status=Appeal.Status.PENDING).update(
        status=Appeal.Status.GRANTED, decided_by=moderator, decided_at=now, answer=reason
    )
    return rows[0] if rows else None
