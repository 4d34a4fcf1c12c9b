"""Who is told how far the work is, and how work learns that nobody wants it any more."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Protocol


class Progress(Protocol):
    """Told by a stage while it works; may be called often (the receiver throttles)."""

    def report(self, fraction: float, note: str = "") -> None:
        """Say that ``fraction`` (0 to 1) of the work at hand is done."""

    def check(self) -> None:
        """Raise :class:`vocasync.errors.Cancelled` when the work is no longer wanted."""


@dataclass(frozen=True, slots=True)
class Silent:
    """Nobody listens."""

    def report(self, fraction: float, note: str = "") -> None:
        return None

    def check(self) -> None:
        return None


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a larger whole: 0..1 here is ``low``..``high`` of the parent."""

    parent: Progress
    low: float
    high: float

    def report(self, fraction: float, note: str = "") -> None:
        self.parent.report(self.low + (self.high - self.low) * min(1.0, max(0.0, fraction)), note)

    def check(self) -> None:
        self.parent.check()


_LISTENER: ContextVar[Progress | None] = ContextVar("listener", default=None)


@contextmanager
def listening(progress: Progress) -> Iterator[None]:
    """Who is told by slow work inside the block whose caller hands no progress on, as an engine that says a line."""
    token = _LISTENER.set(progress)
    try:
        yield
    finally:
        _LISTENER.reset(token)


def listener() -> Progress:
    """Who listens; for work that is given nobody to tell."""
    return _LISTENER.get() or Silent()
