"""The audit trail: who did what to what."""

from __future__ import annotations

from typing import Any

from django.db import models

from accounts.models import AuditEntry, User


def record(
    actor: User | None,
    action: str,
    subject: models.Model,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    reason: str = "",
) -> AuditEntry:
    """Write it down, in the transaction that does it. actor: None for the site itself. action: ``voice.takedown``."""
    return AuditEntry.objects.create(
        actor=actor,
        actor_name=actor.get_username() if actor else "Vocasync",
        action=action,
        object_type=subject._meta.label_lower,
        object_id=str(subject.pk),
        object_name=str(subject)[:200],
        before=before or {},
        after=after or {},
        reason=reason,
    )
