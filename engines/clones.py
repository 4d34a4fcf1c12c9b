"""Copies of voices at services: written down when they are made, removed there when what they were made for is gone.

A row is written as soon as an engine says that there is a copy, and is deleted only when the service says that there
is none any more. :func:`end` marks rows; a worker then removes what is marked, at once and again with every sweep
until it succeeds.
"""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from functools import partial

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django_q.tasks import async_task

from accounts.models import User
from engines.keys import config_for, own_services
from engines.models import Clone
from vocasync.engines.registry import dotted
from vocasync.errors import PipelineError
from vocasync.lending import Lent, lending
from work.engines import engine_config

logger = logging.getLogger(__name__)

REMOVERS = {"elevenlabs": "vocasync.engines.tts.elevenlabs_account:remove"}
"""By service, ``f(config, remote)`` that removes a copy; one that is gone already is no error."""

EMPTIERS = {"elevenlabs": "vocasync.engines.tts.elevenlabs_account:remove_all"}
"""By service, ``f(config)`` that removes every copy that we made on an account, and gives their ids."""

TASK = "engines.tasks.remove_clones"
GIVEN_UP = timedelta(days=30)
"""After so long the key is taken for gone for good, and with it the way to the copy."""


class Register:
    """Writes down what was said of copies since it last did. Threads may share it."""

    def __init__(self, user: User, job: uuid.UUID | None, told: Sequence[Lent]) -> None:
        self._user, self._job, self._told = user, job, told
        self._own = own_services(user)
        self._written = 0
        self._guard = threading.Lock()
        self.unfounded: list[int] = []
        """Rows of copies of what is neither a voice of the library nor a job's: they go when the work is over."""

    def write(self) -> None:
        """Write it, all or nothing."""
        with self._guard:
            new = self._told[self._written :]
            if not new:
                return
            with transaction.atomic():
                for one in new:
                    self._write(one)
            self._written += len(new)

    def _write(self, one: Lent) -> None:
        if one.back:
            Clone.objects.filter(service=one.service, remote=one.remote).delete()
            return
        fields = {
            "user": self._user if one.service in self._own else None,
            "voice": uuid.UUID(one.of) if one.of else None,
            "job": None if one.of else self._job,
            "used_at": timezone.now(),
        }
        row, _made = Clone.objects.update_or_create(service=one.service, remote=one.remote, defaults=fields)
        if row.voice is None and row.job is None:
            self.unfounded.append(row.pk)


@contextmanager
def recorded(user: User, job: uuid.UUID | None = None) -> Iterator[Register]:
    """Write down which copies are made and used inside, for the person, however it ends."""
    with lending() as told:
        register = Register(user, job, told)
        try:
            yield register
        finally:
            register.write()
            end(rows=register.unfounded)


def end(*, voices: Iterable[uuid.UUID] = (), jobs: Iterable[uuid.UUID] = (), rows: Iterable[int] = ()) -> int:
    """What was made of these voices of the library, or for these jobs, is to be removed. rows: ids of :class:`Clone`.
    Returns how many copies."""
    wanted = Q(voice__in=list(voices)) | Q(job__in=list(jobs)) | Q(pk__in=list(rows))
    count = Clone.objects.filter(wanted, ended_at=None).update(ended_at=timezone.now())
    if count:
        transaction.on_commit(partial(async_task, TASK))
    return count


def accounts_with(voice: uuid.UUID) -> int:
    """On how many accounts at services there are copies of a voice of the library."""
    live = Clone.objects.filter(voice=voice, ended_at=None)
    return live.values("service", "user").distinct().count()


def remind() -> None:
    """Have a worker try again what could not be removed yet."""
    if Clone.objects.exclude(ended_at=None).exists():
        async_task(TASK)


def remove_ended() -> int:
    """Remove what is to be removed. Returns how many copies are gone. What cannot be reached now stays marked."""
    gone = 0
    for row in Clone.objects.exclude(ended_at=None).select_related("user").order_by("ended_at"):
        gone += _remove(row)
    Clone.objects.filter(ended_at__lt=timezone.now() - GIVEN_UP).delete()
    return gone


def remove_all_of_site() -> int:
    """Remove every copy on the site's own accounts, also those that no row knows of. Returns how many. Raises
    PipelineError where a service does not do it."""
    config, count = engine_config(), 0
    for service, path in EMPTIERS.items():
        if config.key(service):
            gone = dotted(path)(config)
            Clone.objects.filter(service=service, remote__in=gone).delete()
            count += len(gone)
    return count


def _remove(row: Clone) -> int:
    try:
        dotted(REMOVERS[row.service])(config_for(row.user), row.remote)
    except PipelineError as error:
        logger.warning("The copy %s of a voice could not be removed yet: %s", row.pk, error)
        return 0
    Clone.objects.filter(pk=row.pk).delete()
    return 1
