"""How the parts of the site are: each looked at now, in a moment, and none of them able to bring the answer down."""

from __future__ import annotations

import asyncio
import logging
import secrets
import shutil
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.db.models import Q, Sum
from django.utils import timezone

from dubbing.models import Job, WorkUnit
from engines.models import ModelTask
from live import selectors as live
from vocasite.checks import writable
from voices.models import Errand
from work import leases
from work.models import Leased

logger = logging.getLogger(__name__)

LEAST_FREE = 512 * 2**20
"""Bytes on a disk below which jobs begin to fail."""

PATIENCE = timedelta(minutes=2)
"""How long work may wait while nobody works at anything."""

LAYER_SECONDS = 2.0

LEASED: tuple[type[Leased], ...] = (Job, WorkUnit, Errand, ModelTask)
DATED: tuple[type[Leased], ...] = (Job, Errand)


@dataclass(frozen=True, slots=True)
class Component:
    """detail: in words, for who runs the site."""

    name: str
    ok: bool
    detail: str


def components() -> list[Component]:
    """All of them, in the order in which one would look for what is wrong."""
    return [_looked_at(name, look) for name, look in LOOKS.items()]


def _looked_at(name: str, look: Callable[[], tuple[bool, str]]) -> Component:
    try:
        return Component(name, *look())
    except Exception as error:
        logger.warning("The component %s is not well.", name, exc_info=error)
        return Component(name, False, f"It does not answer ({type(error).__name__}); the log says more.")


def _database() -> tuple[bool, str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return True, connection.vendor


def _queue() -> tuple[bool, str]:
    """Workers leave no trace of their own; what they work at, and what waits for nobody, does."""
    now = timezone.now()
    waiting = sum(rows._default_manager.filter(leases.due()).count() for rows in LEASED)
    running = sum(rows._default_manager.filter(status="running", lease_until__gt=now).count() for rows in LEASED)
    overdue = leases.due() & Q(created_at__lt=now - PATIENCE)
    long_since = any(rows._default_manager.filter(overdue).exists() for rows in DATED)
    if long_since and not running:
        return False, f"{waiting} wait, and nobody works at anything: start `manage.py worker`."
    return True, f"{running} under way, {waiting} wait."


def _live() -> tuple[bool, str]:
    rows = live.workers()
    count = rows.count()
    sums = rows.aggregate(sessions=Sum("sessions"), room=Sum("room"))
    if not count:
        return settings.LIVE_WORKERS == 0, "No live worker is there: start `manage.py live`."
    return True, f"{count} workers, {sums['sessions']} sessions of {sums['room']}."


def _cache() -> tuple[bool, str]:
    name, mark = f"health-{secrets.token_hex(8)}", secrets.token_hex(8)
    cache.set(name, mark, 10)
    found = cache.get(name) == mark
    cache.delete(name)
    return found, _where()


def _layer() -> tuple[bool, str]:
    async_to_sync(_round_trip)()
    return True, _where()


async def _round_trip() -> None:
    layer: Any = get_channel_layer()
    channel = await layer.new_channel("health")
    await asyncio.wait_for(layer.send(channel, {"type": "health"}), LAYER_SECONDS)
    await asyncio.wait_for(layer.receive(channel), LAYER_SECONDS)


def _where() -> str:
    return "Redis" if settings.REDIS_URL else "In this process."


def _disk() -> tuple[bool, str]:
    free = min(shutil.disk_usage(_there(folder)).free for folder in _folders())
    return free >= LEAST_FREE, f"{free / 2**30:.1f} GB are free."


def _files() -> tuple[bool, str]:
    closed = [str(folder) for folder in _folders() if not writable(folder)]
    return not closed, f"Cannot be written to: {', '.join(closed)}." if closed else "Can be written."


def _folders() -> Iterable[Path]:
    return (Path(settings.MEDIA_ROOT), Path(settings.FILE_UPLOAD_TEMP_DIR))


def _there(folder: Path) -> Path:
    """The folder, or the one that it is going to be made in."""
    return next(place for place in (folder, *folder.parents) if place.exists())


LOOKS: dict[str, Callable[[], tuple[bool, str]]] = {
    "database": _database,
    "queue": _queue,
    "live": _live,
    "cache": _cache,
    "channels": _layer,
    "disk": _disk,
    "files": _files,
}


def plain(found: Iterable[Component]) -> list[dict[str, Any]]:
    """As JSON has them."""
    return [asdict(one) for one in found]
