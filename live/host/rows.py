"""What a worker writes of itself and of its sessions, and what it looks up about them: all of it in the database, none
of it in the event loop."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone

from accounts.models import User
from live.models import LiveSession, LiveWorker
from vocasync.errors import PipelineError
from voices.consent import Purpose, may_clone
from voices.models import VoiceProfile

State = LiveSession.State


@dataclass(frozen=True, slots=True)
class Watched:
    """A session that is looked after. voices: of the library that may speak in it."""

    session: uuid.UUID
    owner: int
    voices: frozenset[uuid.UUID] = frozenset()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What has become of a session's rows. over: somebody ended or deleted it, or another worker does it. error: why it
    may not go on at all, None where it may. withdrawn: voices that may not speak any more, and why."""

    over: bool = False
    error: PipelineError | None = None
    withdrawn: Mapping[uuid.UUID, PipelineError] = field(default_factory=dict)


# --- the worker -------------------------------------------------------------------------------------------------------
def worker_beat(name: str, address: str, *, sessions: int, room: int, engines: Any, numbers: Any) -> None:
    """The worker lives."""
    fields = {"address": address, "sessions": sessions, "room": room, "engines": engines, "numbers": numbers}
    LiveWorker.objects.update_or_create(name=name, defaults={**fields, "seen_at": timezone.now()})


def worker_gone(name: str) -> None:
    """The worker ends, and whatever it still has is lost."""
    LiveWorker.objects.filter(name=name).delete()
    lose([name])


def lose(workers: Iterable[str]) -> int:
    """Sessions of workers that are no more are lost: their clients are told to begin anew. Returns how many."""
    rows = LiveSession.objects.filter(worker__in=list(workers), ended_at=None)
    return rows.update(state=State.LOST, ended_at=timezone.now())


# --- sessions ---------------------------------------------------------------------------------------------------------
def session_taken(session: uuid.UUID, owner: int, worker: str) -> LiveSession | None:
    """The session, which this worker does from now on; None where there is none (any more), or it is not theirs."""
    open_rows = LiveSession.objects.filter(pk=session, owner_id=owner, ended_at=None)
    open_rows.update(worker=worker, seen_at=timezone.now())
    return open_rows.select_related("owner").first()


def session_write(session: uuid.UUID, worker: str, fields: Mapping[str, Any]) -> None:
    """How it goes with the worker that does it."""
    rows = LiveSession.objects.filter(pk=session, worker=worker, ended_at=None)
    rows.update(**fields, seen_at=timezone.now())


def session_end(session: uuid.UUID, worker: str, state: str, fields: Mapping[str, Any]) -> None:
    """It is over. One that somebody ended before keeps the state that it was given."""
    now = timezone.now()
    rows = LiveSession.objects.filter(pk=session, worker=worker)
    rows.update(**fields, seen_at=now)
    rows.filter(ended_at=None).update(state=state, ended_at=now)


# --- looking after them -----------------------------------------------------------------------------------------------
def verdicts(worker: str, watched: Iterable[Watched]) -> dict[uuid.UUID, Verdict]:
    """What has become of each that the worker does."""
    sessions = list(watched)
    mine = LiveSession.objects.filter(worker=worker, ended_at=None)
    going_on = set(mine.filter(pk__in=[one.session for one in sessions]).values_list("pk", flat=True))
    owners = User.objects.in_bulk([one.owner for one in sessions])
    wanted = {voice for one in sessions for voice in one.voices}
    voices = VoiceProfile.objects.select_related("owner").in_bulk(wanted) if wanted else {}
    return {one.session: _verdict(one, one.session in going_on, owners.get(one.owner), voices) for one in sessions}


def _verdict(one: Watched, going_on: bool, owner: User | None, voices: Mapping[uuid.UUID, VoiceProfile]) -> Verdict:
    if owner is None:
        return Verdict(over=True)
    if owner.is_suspended:
        return Verdict(error=PipelineError("suspended", reason=owner.suspended_reason))
    withdrawn = {pk: error for pk in one.voices if (error := _refusal(owner, voices.get(pk))) is not None}
    return Verdict(over=not going_on, withdrawn=withdrawn)


def _refusal(owner: User, voice: VoiceProfile | None) -> PipelineError | None:
    if voice is None:
        return PipelineError("voice_withdrawn", name="")
    try:
        may_clone(owner, voice, Purpose.JOB).require()
    except PipelineError as error:
        return error
    return None
