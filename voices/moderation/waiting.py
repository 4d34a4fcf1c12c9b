"""What waits for moderators, oldest first, and what may be heard because of it."""

from __future__ import annotations

import uuid
from typing import Any, NamedTuple

from django.db.models import CharField, Prefetch, Q, QuerySet, Value
from django.db.models.functions import Cast

from accounts.models import User
from voices.models import (
    Appeal,
    ConsentRecord,
    Decision,
    FaceProfile,
    Preview,
    PublicRequest,
    Report,
    VoiceProfile,
    VoiceSample,
)

SAMPLES_SHOWN = 4
PREVIEWS_SHOWN = 2

KINDS: dict[str, tuple[type[Any], str]] = {
    "public": (PublicRequest, "voices.review_public"),
    "consent": (ConsentRecord, "voices.review_consent"),
    "report": (Report, "voices.decide_report"),
    "appeal": (Appeal, "voices.decide_appeal"),
}
"""What can wait: its rows, and the permission to decide about them. All have ``status`` and ``created_at``."""


class Waiting(NamedTuple):
    """A row that waits. key: its primary key as text."""

    kind: str
    key: str


def kinds_for(user: User) -> list[str]:
    """What the person may decide about."""
    return [kind for kind, (_rows, permission) in KINDS.items() if user.has_perm(permission)]


def counts(user: User) -> dict[str, int]:
    """How much of each kind waits, of the kinds that the person decides about."""
    return {kind: _pending(kind).count() for kind in kinds_for(user)}


def waiting(kinds: list[str]) -> QuerySet[Any, tuple[Any, ...]] | list[Any]:
    """(created_at, kind, key) of what waits, oldest first. To be sliced."""
    parts = [_marked(kind) for kind in kinds]
    return parts[0].union(*parts[1:]).order_by("created_at") if parts else []


def _pending(kind: str) -> QuerySet[Any]:
    rows: QuerySet[Any] = KINDS[kind][0].objects.filter(status="pending")
    return rows


def _marked(kind: str) -> QuerySet[Any, tuple[Any, ...]]:
    key = Cast("pk", CharField(max_length=36))
    rows: QuerySet[Any, tuple[Any, ...]] = (
        _pending(kind)
        .order_by()
        .annotate(kind_=Value(kind, CharField(max_length=8)), key_=key)
        .values_list("created_at", "kind_", "key_")
    )
    return rows


# --- the rows, with what a moderator needs to judge them --------------------------------------------------------------
def _evidence(prefix: str) -> tuple[Prefetch[Any], ...]:
    """The voice's best samples, its owner's last previews, and its consents that say something."""
    samples = VoiceSample.objects.exclude(status__in=("measuring", "refused")).order_by("-chosen", "created_at")
    previews = Preview.objects.exclude(seconds=None).order_by("-created_at")
    consents = ConsentRecord.objects.filter(status__in=("verified", "pending", "refused")).order_by("-created_at")
    return (
        Prefetch(f"{prefix}samples", samples[:SAMPLES_SHOWN], to_attr="shown_samples"),
        Prefetch(f"{prefix}previews", previews[:PREVIEWS_SHOWN], to_attr="shown_previews"),
        Prefetch(f"{prefix}consents", consents, to_attr="shown_consents"),
        Prefetch(f"{prefix}language_rows"),
    )


LOADED: dict[str, tuple[tuple[str, ...], str]] = {
    "public": (("voice__owner",), "voice__"),
    "consent": (("voice__owner", "face__owner", "created_by"), "voice__"),
    "report": (("voice__owner", "reporter", "subject_owner"), "voice__"),
    "appeal": (
        ("decision__voice__owner", "decision__face__owner", "decision__user", "decision__moderator"),
        "decision__voice__",
    ),
}


def rows_of(kind: str, keys: list[str]) -> dict[str, Any]:
    """The rows of a kind by key, with what belongs to them, in as many queries for many as for one."""
    related, prefix = LOADED[kind]
    model = KINDS[kind][0]
    rows = model.objects.filter(pk__in=keys).select_related(*related).prefetch_related(*_evidence(prefix))
    return {str(row.pk): row for row in rows}


def row_of(kind: str, key: str) -> Any:
    """One of them, whether it still waits or not. Raises ``LookupError`` for none."""
    try:
        return rows_of(kind, [key])[_plain(kind, key)]
    except ValueError as error:
        raise LookupError(key) from error


def _plain(kind: str, key: str) -> str:
    return str(KINDS[kind][0]._meta.pk.to_python(key))


def voice_of(voice_id: uuid.UUID) -> VoiceProfile:
    """A voice with the same. Raises ``VoiceProfile.DoesNotExist``."""
    return VoiceProfile.objects.select_related("owner").prefetch_related(*_evidence("")).get(pk=voice_id)


# --- what may be heard ------------------------------------------------------------------------------------------------
def in_question(voice: VoiceProfile) -> bool:
    """Whether a moderator has a reason to listen to the voice: it is public, something about it waits, or it is down.

    Other people's private voices are not for moderators to listen to."""
    if voice.is_public or voice.taken_down_at is not None:
        return True
    return any(
        rows.filter(status="pending").exists()
        for rows in (
            PublicRequest.objects.filter(voice=voice),
            ConsentRecord.objects.filter(voice=voice),
            Report.objects.filter(voice=voice),
            Appeal.objects.filter(decision__voice=voice),
        )
    )


def face_in_question(face: FaceProfile) -> bool:
    """The same of a face, which is never public."""
    if face.taken_down_at is not None or ConsentRecord.objects.filter(face=face, status="pending").exists():
        return True
    return Appeal.objects.filter(decision__face=face, status="pending").exists()


def job_in_question(job_id: uuid.UUID) -> bool:
    """The same of a job's result."""
    down = Q(kind=Decision.Kind.TAKEDOWN_JOB, reversed_at=None)
    return (
        Report.objects.filter(job_id=job_id, status="pending").exists()
        or Decision.objects.filter(down, job_id=job_id).exists()
    )
