"""What there is of live dubbing: somebody's sessions and recordings, and the workers that can be asked."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db.models import F, Q, QuerySet, Sum
from django.utils import timezone

from accounts.models import User
from live.models import LiveSession, LiveUpload, LiveWorker

SEEN = timedelta(seconds=10)
"""A worker that said nothing of itself for so long is taken for dead."""

SPARE = timedelta(seconds=30)
"""How much later than its worker gives it up a session is taken for lost."""


def lost_before() -> datetime:
    """Open sessions that were last seen before this are no more: their worker would have given them up itself."""
    return timezone.now() - timedelta(seconds=settings.LIVE_RESUME_SECONDS) - SPARE


# --- sessions ---------------------------------------------------------------------------------------------------------
def sessions_of(user: User | AnonymousUser) -> QuerySet[LiveSession]:
    """The person's sessions, newest first."""
    return LiveSession.objects.filter(owner_id=user.pk)


def session_of(user: User | AnonymousUser, session_id: str) -> LiveSession:
    """The person's session of this id. Raises ``LiveSession.DoesNotExist``, also for other people's."""
    return sessions_of(user).get(session_id=session_id)


def open_sessions() -> QuerySet[LiveSession]:
    """Everybody's that go on, or that their client may come back to."""
    return LiveSession.objects.filter(ended_at=None, seen_at__gte=lost_before())


# --- workers ----------------------------------------------------------------------------------------------------------
def workers() -> QuerySet[LiveWorker]:
    """Those that live."""
    return LiveWorker.objects.filter(seen_at__gte=timezone.now() - SEEN)


def worker_for(session: LiveSession, without: Collection[str] = ()) -> LiveWorker | None:
    """Who is to do the session: who has it already, if they live; else who has the least to do of those with room.
    None where nobody can. without: names of workers that did not answer."""
    living = workers().exclude(name__in=without)
    if session.worker:
        own = living.filter(name=session.worker).first()
        if own is not None:
            return own
    return living.filter(sessions__lt=F("room")).order_by("sessions", "name").first()


# --- recordings -------------------------------------------------------------------------------------------------------
def uploads_of(user: User | AnonymousUser) -> QuerySet[LiveUpload]:
    """Recordings that the person brought for voices, as long as they are kept; newest first."""
    return LiveUpload.objects.filter(Q(owner_id=user.pk), expires_at__gt=timezone.now())


def upload_of(user: User | AnonymousUser, upload_id: uuid.UUID) -> LiveUpload:
    """One of them. Raises ``LiveUpload.DoesNotExist``, also for other people's and for what is not kept any more."""
    return uploads_of(user).get(pk=upload_id)


def storage_of(user: User) -> int:
    """Bytes of the person's recordings."""
    return int(LiveUpload.objects.filter(owner=user).aggregate(total=Sum("size"))["total"] or 0)
