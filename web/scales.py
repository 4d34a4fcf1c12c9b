"""A measured value between two baselines, as a page draws it."""

from __future__ import annotations

from dataclasses import dataclass

_LEFT, _RIGHT = 3.0, 97.0


@dataclass(frozen=True, slots=True)
class Placed:
    """Places in per cent of the drawn width; where a baseline is missing, the end of the scale.

    share: of the way from low to high, in per cent; None where a baseline is missing or the two do not lie apart.
    """

    value_x: float
    low_x: float
    high_x: float
    share: int | None


def placed(value: float, low: float | None, high: float | None) -> Placed:
    """Cosines (at most 1) on a scale that leaves some room beside the outermost."""
    known = [value, *(mark for mark in (low, high) if mark is not None)]
    floor, ceiling = max(-1.0, min(known) - 0.08), min(1.0, max(known) + 0.04)

    def place(mark: float) -> float:
        return round(_LEFT + (_RIGHT - _LEFT) * (mark - floor) / (ceiling - floor), 1)

    return Placed(
        value_x=place(value),
        low_x=_LEFT if low is None else place(low),
        high_x=_RIGHT if high is None else place(high),
        share=None if low is None or high is None or high <= low else round(100 * (value - low) / (high - low)),
    )
