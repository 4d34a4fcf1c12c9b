"""What is spent on services that cost money: engines say it where it happens, whoever pays counts it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Spent:
    """stage, engine: as in the registry. amount: in the unit of the engine's price."""

    stage: str
    engine: str
    amount: float


_COUNTED: ContextVar[list[Spent] | None] = ContextVar("spending", default=None)


def spend(stage: str, engine: str, amount: float) -> None:
    """Say that a service was used, also when its answer was of no use: the vendor counts it."""
    counted = _COUNTED.get()
    if counted is not None:
        counted.append(Spent(stage, engine, amount))


@contextmanager
def counting() -> Iterator[list[Spent]]:
    """A list that fills with what is spent inside the block, in this thread and in what it awaits."""
    spent: list[Spent] = []
    token = _COUNTED.set(spent)
    try:
        yield spent
    finally:
        _COUNTED.reset(token)
