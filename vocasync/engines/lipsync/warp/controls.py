"""Points of a face that are told where to go."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from vocasync.engines.lipsync.warp.geometry import Points

Moves = dict[str, tuple[float, float]]
"""How far a point goes with each movement that is made in full: across and down, mouth units."""


@dataclass(frozen=True, slots=True)
class Control:
    """A point in mouth units, and where it goes; with movements that are not named it stays."""

    point: tuple[float, float]
    moves: Moves = field(default_factory=dict)

    def row(self, bases: Sequence[str]) -> list[tuple[float, float]]:
        """Its movements in the order of ``bases``."""
        return [self.moves.get(name, (0.0, 0.0)) for name in bases]


def pinned(points: Points) -> Iterable[Control]:
    """Points that stay where they are, whatever moves."""
    for u, v in points.tolist():
        yield Control((u, v))
