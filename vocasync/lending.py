"""Voices that are copied to a service: engines say it where it happens, whoever answers for them writes it down."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Lent:
    """A copy of a voice at a service. remote: its id there. of: as in :class:`vocasync.types.VoiceReference`. back:
    whether it is there no more."""

    service: str
    remote: str
    of: str = ""
    back: bool = False


_TOLD: ContextVar[list[Lent] | None] = ContextVar("lending", default=None)


def lent(service: str, remote: str, of: str) -> None:
    """Say that a copy of a voice is at a service, when it is made and whenever it is used."""
    _tell(Lent(service, remote, of))


def taken_back(service: str, remote: str) -> None:
    """Say that a copy is gone."""
    _tell(Lent(service, remote, back=True))


def _tell(what: Lent) -> None:
    told = _TOLD.get()
    if told is not None:
        told.append(what)


@contextmanager
def lending() -> Iterator[list[Lent]]:
    """A list that fills with what is said inside the block, in this thread and in what it awaits."""
    told: list[Lent] = []
    token = _TOLD.set(told)
    try:
        yield told
    finally:
        _TOLD.reset(token)
