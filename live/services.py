"""What changes live sessions, as far as the web process does: they are opened, stopped, forgotten.

What a session says of itself while it goes on is written by the worker that does it (:mod:`live.host`).
"""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts import limits
from accounts.models import User
from live import selectors
from live.models import LiveSession, LiveWorker
from vocasync.errors import PipelineError

WORKER_KEPT = timedelta(hours=1)
"""How long it is shown that a worker was there which says nothing of itself any more."""

State = LiveSession.State


def session_open(
    *, owner: User, session_id: str, connection_id: str, origin: str = LiveSession.Origin.PROGRAM
) -> LiveSession:
    """Somebody connects: to their session of this id where it still goes on, else to a new one of that id.

    Raises ``suspended``, and ``too_many_sessions`` where they have others as many as they may; of those the oldest that
    nobody is connected to makes room.
    """
    limits.require_active(owner)
    origin = origin if origin in LiveSession.Origin.values else LiveSession.Origin.PROGRAM
    with transaction.atomic():
        limits.hold(owner)  # two sockets of one person that are opened at once
        mine = selectors.sessions_of(owner).filter(session_id=session_id)
        session = (selectors.open_sessions() & mine).first()
        if session is None:
            _make_room(owner)
            mine.delete()  # over, or lost; its row's number is never used again, so its worker cannot mix them up
            session = LiveSession(owner=owner, session_id=session_id, origin=origin)
        session.connection_id, session.seen_at = connection_id, timezone.now()
        session.full_clean(exclude=["owner"])
        session.save()
    return session


def _make_room(owner: User) -> None:
    """A page that is loaded anew leaves a session behind that waits for it in vain."""
    mine, limit = selectors.open_sessions().filter(owner=owner), settings.LIVE_SESSIONS_PERSON
    count = mine.count()
    if count < limit:
        return
    left = mine.filter(connection_id="").order_by("seen_at").first()
    if left is None:
        raise PipelineError("too_many_sessions", count=count, limit=limit)
    session_stop(session=left)


def session_left(*, session: LiveSession, connection_id: str) -> None:
    """Its client is gone, unless it has come back by another connection; it may do so for a while."""
    LiveSession.objects.filter(pk=session.pk, connection_id=connection_id).update(connection_id="")


def check_allowed(*, owner_id: int, key_id: int | None) -> None:
    """That whoever connected may still dub live. key_id: None for who is signed in by a session.

    Raises ``not_signed_in`` when the account was closed or the key revoked, and ``suspended``.
    """
    owner = User.objects.filter(pk=owner_id, is_active=True).first()
    if owner is None or (key_id is not None and not owner.api_keys.filter(pk=key_id, revoked_at=None).exists()):
        raise PipelineError("not_signed_in")
    limits.require_active(owner)


def session_assign(*, session: LiveSession, worker: LiveWorker) -> None:
    """It is done by this worker from now on."""
    session.worker = worker.name
    LiveSession.objects.filter(pk=session.pk).update(worker=worker.name)


def session_discard(*, session: LiveSession) -> None:
    """Nobody could do it, and nothing of it was heard: it is as if it had not been asked for."""
    LiveSession.objects.filter(pk=session.pk, state=State.WAITING, worker="", started_at=None).delete()


def session_stop(*, session: LiveSession) -> None:
    """End it. Its worker sees so when it next writes how the session goes, tells what it has heard, and hangs up."""
    LiveSession.objects.filter(pk=session.pk, ended_at=None).update(state=State.STOPPED, ended_at=timezone.now())
    session.refresh_from_db()


def sweep() -> int:
    """Sessions whose worker is no more are lost, numbers that are too old go, and workers that ended are forgotten;
    returns how many rows changed."""
    now = timezone.now()
    gone = LiveSession.objects.filter(ended_at=None, seen_at__lt=selectors.lost_before())
    lost = gone.update(state=State.LOST, ended_at=now)
    before = now - timedelta(days=settings.LIVE_NUMBERS_DAYS)
    old, _ = LiveSession.objects.filter(ended_at__lt=before).delete()
    ended, _ = LiveWorker.objects.filter(seen_at__lt=now - WORKER_KEPT).delete()
    return lost + old + ended
