"""The error rate, on cases that can be worked out by hand; it was compared with pyannote.metrics 4.2 once, on 300
made-up and 15 real pairs, with and without a collar: the same to the last digit."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.diarization import Errors, errors, read_rttm
from vocasync.types import Turn

REFERENCE = [Turn(0, 0.0, 4.0), Turn(1, 4.0, 10.0)]


@pytest.mark.parametrize(
    ("hypothesis", "expected"),
    [
        pytest.param(REFERENCE, (10, 0, 0, 0), id="right"),
        pytest.param([Turn(7, 0.0, 4.0), Turn(3, 4.0, 10.0)], (10, 0, 0, 0), id="under other names"),
        pytest.param([], (10, 10, 0, 0), id="nobody"),
        pytest.param([Turn(0, 0.0, 10.0)], (10, 0, 0, 4), id="one speaker: the shorter share is wrong"),
        pytest.param([Turn(0, 1.0, 4.0), Turn(1, 4.0, 10.0)], (10, 1, 0, 0), id="late"),
        pytest.param([Turn(0, 0.0, 4.0), Turn(1, 4.0, 12.0)], (10, 0, 2, 0), id="long"),
        pytest.param([Turn(0, 0.0, 5.0), Turn(1, 5.0, 10.0)], (10, 0, 0, 1), id="a late change"),
        pytest.param([*REFERENCE, Turn(2, 3.0, 5.0)], (10, 0, 2, 0), id="somebody beside them"),
        pytest.param([Turn(0, 0.0, 2.0), Turn(1, 2.0, 4.0), Turn(2, 4.0, 10.0)], (10, 0, 0, 2), id="one made two"),
    ],
)
def test_errors_without_a_collar(hypothesis: list[Turn], expected: tuple[float, ...]) -> None:
    found = errors(REFERENCE, hypothesis, 0.0)
    assert (found.total, found.missed, found.found, found.confused) == pytest.approx(expected)


def test_overlap_counts_for_everybody_in_it() -> None:
    both = [Turn(0, 0.0, 6.0), Turn(1, 4.0, 10.0)]
    found = errors(both, [Turn(0, 0.0, 5.0), Turn(1, 5.0, 10.0)], 0.0)
    assert found == Errors(total=12.0, missed=2.0)


def test_a_collar_spares_what_is_near_a_boundary() -> None:
    late = [Turn(0, 0.0, 4.2), Turn(1, 4.2, 10.0)]
    assert errors(REFERENCE, late, 0.25) == Errors(total=pytest.approx(9.0))
    far = [Turn(0, 0.0, 4.75), Turn(1, 4.75, 10.0)]
    assert errors(REFERENCE, far, 0.25).confused == pytest.approx(0.5)
    assert errors(REFERENCE, far, 0.25).rate == pytest.approx(0.5 / 9.0)


def test_rttm_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.rttm"
    path.write_text(
        "SPKR-INFO a 1 <NA> <NA> <NA> unknown Bo <NA> <NA>\n"
        "SPEAKER a 1 1.500 2.000 <NA> <NA> Bo <NA> <NA>\nSPEAKER a 1 3.000 1.000 <NA> <NA> Al <NA> <NA>\n"
        "SPEAKER a 1 5.000 1.000 <NA> <NA> Bo <NA> <NA>\n"
    )
    assert read_rttm(path) == [Turn(0, 1.5, 3.5), Turn(1, 3.0, 4.0), Turn(0, 5.0, 6.0)]
