"""What a person may use, what of it is used, and the refusals: the one place of limits.

A plan (``settings.PLANS``) sets the limits; the person's own (on their row) come before it. Apps above say what they
keep for a person by :func:`register_storage` and :func:`register_count`, in their ``AppConfig.ready``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import date
from typing import Any, Literal

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts.models import Usage, User
from vocasync.compat import UTC
from vocasync.errors import PipelineError

MIB = 2**20
AUDIO = "audio"
"""``Usage.kind``: seconds of media taken in."""

Counted = Literal["jobs", "voices", "usd"]
_STORED: dict[str, Callable[[User], int]] = {}
_COUNTS: dict[Counted, Callable[[User], float]] = {}


@dataclass(frozen=True, slots=True)
class Limits:
    """plan: a key of ``settings.PLANS``. media_minutes: longest media, in minutes. upload_mb: largest file, in MB
    (1 MB = 2^20 bytes). active_jobs: jobs queued or running at once. audio_minutes_day: minutes of media taken in on a
    day (UTC). storage_mb: room for everything the person keeps, in MB. voices: voices, faces and emotion references.
    usd_month: US dollars a month (UTC) on services that the site pays for; None for no limit."""

    plan: str
    media_minutes: int
    upload_mb: int
    active_jobs: int
    audio_minutes_day: int
    storage_mb: int
    voices: int
    usd_month: int | None = None

    @property
    def upload_bytes(self) -> int:
        """The largest file, in bytes."""
        return self.upload_mb * MIB

    @property
    def storage_bytes(self) -> int:
        """The room for everything, in bytes."""
        return self.storage_mb * MIB

    @property
    def audio_seconds_day(self) -> float:
        """Media taken in on a day, in seconds."""
        return self.audio_minutes_day * 60.0


AMOUNTS = tuple(field.name for field in fields(Limits) if field.name != "plan")
"""The limits by name; ``User.max_<name>`` is a person's own."""

OPTIONAL = frozenset({"usd_month"})
"""Those that a plan need not have."""


@dataclass(frozen=True, slots=True)
class Uses:
    """What is used of the limits. audio_seconds: today (UTC). storage_bytes: everything kept. usd_month: this month
    (UTC). The others: now."""

    audio_seconds: float
    storage_bytes: int
    active_jobs: int
    voices: int
    usd_month: float = 0.0


def plan_of(user: User | AnonymousUser) -> str:
    """The person's plan; the site's default for none, and for one that the site no longer has."""
    plan: str = getattr(user, "plan", "")
    return plan if plan in settings.PLANS else str(settings.DEFAULT_PLAN)


def limits_for(user: User | AnonymousUser) -> Limits:
    """The limits of a person. For somebody not signed in: the default plan's."""
    plan = plan_of(user)
    amounts: dict[str, Any] = settings.PLANS[plan]

    def own(name: str) -> Any:
        value: int | None = getattr(user, f"max_{name}", None)
        if value is None:
            value = amounts.get(name) if name in OPTIONAL else int(amounts[name])
        return value

    return Limits(plan=plan, **{name: own(name) for name in AMOUNTS})


# --- what is used ---------------------------------------------------------------------------------------------------
def register_storage(stored: Callable[[User], int]) -> None:
    """An app's count of the bytes that it keeps for a person: cheap, from the database."""
    _STORED[f"{stored.__module__}.{stored.__qualname__}"] = stored


def register_count(what: Counted, count: Callable[[User], float]) -> None:
    """How many of something limited a person has now: ``jobs`` queued or running, ``voices`` of the library, ``usd``
    spent this month on services that the site pays for."""
    _COUNTS[what] = count


def storage_used(user: User) -> int:
    """Bytes of everything that is kept for the person."""
    return sum(stored(user) for stored in _STORED.values())


def audio_used(user: User) -> float:
    """Seconds of media taken in today (UTC)."""
    row = Usage.objects.filter(user=user, day=_today(), kind=AUDIO).first()
    return row.amount if row else 0.0


def uses_of(user: User) -> Uses:
    """What the person has used of each limit."""

    def count(what: Counted) -> float:
        return _COUNTS[what](user) if what in _COUNTS else 0

    return Uses(audio_used(user), storage_used(user), int(count("jobs")), int(count("voices")), count("usd"))


def _today() -> date:
    return timezone.now().astimezone(UTC).date()


# --- refusals -------------------------------------------------------------------------------------------------------
def require_active(user: User) -> None:
    """Raise ``suspended`` for somebody whom a moderator stopped: nothing new is made for them."""
    if user.is_suspended:
        raise PipelineError("suspended", reason=user.suspended_reason)


def hold(user: User) -> None:
    """Inside a transaction: whoever else checks this person's limits waits for its end, so that two cannot both fit."""
    if transaction.get_connection().in_atomic_block:
        User.objects.select_for_update().get(pk=user.pk)


def take_audio(user: User, seconds: float) -> None:
    """Count media that is taken in against today (UTC). Raises ``audio_limit``, and then counts nothing.

    In the transaction of what it is taken for: when that is rolled back, so is this.
    """
    limit = limits_for(user).audio_seconds_day
    with transaction.atomic():
        hold(user)  # always the person before what they used, whatever else is checked: two never wait for each other
        row, _made = Usage.objects.get_or_create(user=user, day=_today(), kind=AUDIO)
        room = Usage.objects.filter(pk=row.pk, amount__lte=limit - seconds)
        if not room.update(amount=F("amount") + seconds):
            left = max(0.0, limit - row.amount)
            raise PipelineError("audio_limit", minutes=seconds / 60, left=left / 60, limit=limit / 60)


def check_storage(user: User, extra_bytes: int) -> None:
    """Raise ``storage_limit`` when this many bytes more are more than the person may keep."""
    hold(user)
    limit = limits_for(user).storage_bytes
    free = limit - storage_used(user)
    if extra_bytes > free:
        raise PipelineError("storage_limit", needed=extra_bytes / MIB, free=max(0, free) / MIB, limit=limit / MIB)


def check_voices(user: User, count: int) -> None:
    """Raise ``voices_limit``. count: how many voices, faces and emotion references there would be with the new one."""
    limit = limits_for(user).voices
    if count > limit:
        raise PipelineError("voices_limit", limit=limit)
