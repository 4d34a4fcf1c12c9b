"""Jobs, as far as reports and moderators need to know them. The app that has jobs says how; this one knows none."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol

from accounts.models import User


@dataclass(frozen=True, slots=True)
class Sound:
    """Something to listen to. url: of a view that lets moderators alone hear it, and writes down that they did."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class JobSubject:
    """A job that is reported, or was taken down. page: its path. sounds: the tracks of its result."""

    pk: uuid.UUID
    title: str
    owner: User
    page: str
    is_taken_down: bool
    sounds: tuple[Sound, ...]


class Jobs(Protocol):
    """What the app that has jobs answers."""

    def seen_by(self, user: User, job_id: uuid.UUID) -> JobSubject | None:
        """A job that the person may see; None for any other."""
        ...

    def many(self, job_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, JobSubject]:
        """Those that are (still) there, whoever they belong to."""
        ...


_known: list[Jobs] = []


def register(jobs: Jobs) -> None:
    """Called once, in the ``AppConfig.ready`` of the app that has jobs."""
    _known[:] = [jobs]


def seen_by(user: User, job_id: uuid.UUID) -> JobSubject | None:
    """A job that the person may see; None for any other."""
    return _known[0].seen_by(user, job_id) if _known else None


def many(job_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, JobSubject]:
    """Those that are (still) there, whoever they belong to."""
    return _known[0].many(job_ids) if _known and job_ids else {}
