from __future__ import annotations

import pytest

from vocasync.errors import Cancelled
from vocasync.progress import Part, Silent


class Heard:
    def __init__(self) -> None:
        self.reports: list[tuple[float, str]] = []

    def report(self, fraction: float, note: str = "") -> None:
        self.reports.append((fraction, note))

    def check(self) -> None:
        raise Cancelled


def test_a_part_is_a_share_of_its_parent() -> None:
    heard = Heard()
    part = Part(heard, 0.25, 0.75)
    part.report(0.0)
    part.report(0.5, "half")
    part.report(1.0)
    assert heard.reports == [(0.25, ""), (0.5, "half"), (0.75, "")]


def test_parts_of_parts() -> None:
    heard = Heard()
    Part(Part(heard, 0.5, 1.0), 0.5, 1.0).report(0.5)
    assert heard.reports == [(0.875, "")]


@pytest.mark.parametrize(("fraction", "told"), [(-1.0, 0.25), (7.0, 0.75)])
def test_a_part_stays_in_its_bounds(fraction: float, told: float) -> None:
    heard = Heard()
    Part(heard, 0.25, 0.75).report(fraction)
    assert heard.reports == [(told, "")]


def test_a_part_asks_its_parent_whether_to_go_on() -> None:
    with pytest.raises(Cancelled):
        Part(Heard(), 0, 1).check()
    Part(Silent(), 0, 1).check()
    Silent().report(0.5)
