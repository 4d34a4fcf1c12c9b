"""The audit trail: who did what to what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import models

from accounts.models import AuditEntry, User


@dataclass(frozen=True, slots=True)
class Subject:
    """What an entry is about, where the writer knows no more of it. kind: as ``Meta.label_lower``; pk, name: text."""

    kind: str
    pk: str
    name: str


def _subject(row: models.Model | Subject) -> Subject:
    return row if isinstance(row, Subject) else Subject(row._meta.label_lower, str(row.pk), str(row))


def record(
    actor: User | None,
    action: str,
    subject: models.Model | Subject,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    reason: str = "",
) -> AuditEntry:
    """Write it down, in the transaction that does it. actor: None for the site itself. action: ``voice.takedown``."""
    about = _subject(subject)
    return AuditEntry.objects.create(
        actor=actor,
        actor_name=actor.get_username() if actor else "Vocasync",
        action=action,
        object_type=about.kind,
        object_id=about.pk,
        object_name=about.name[:200],
        before=before or {},
        after=after or {},
        reason=reason,
    )


def changes(entry: AuditEntry) -> list[tuple[str, Any, Any]]:
    """(name, before, after) of everything that differs, by name; None where it was not there."""
    before, after = entry.before, entry.after
    names = sorted(before.keys() | after.keys())
    return [(name, before.get(name), after.get(name)) for name in names if before.get(name) != after.get(name)]
