"""How the segments of a dub are shared out for speaking."""

from __future__ import annotations

import pytest

from vocasync.pipelines.speaking import batch_of, unit_name
from vocasync.stages.fit import Slot
from vocasync.types import Segment

SPOKEN = [
    (Segment(index, float(index), index + 0.8, "said", speaker=index % 2), Slot(index, float(index), 0.8, 0.2))
    for index in (0, 2, 4, 7, 1, 3, 9)
]


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_a_unit_is_the_same_on_a_machine_that_says_more_at_once(size: int) -> None:
    batches = [SPOKEN[first : first + size] for first in range(0, len(SPOKEN), size)]
    names = [unit_name(batch) for batch in batches]
    assert len(set(names)) == len(names)
    assert [batch_of(name, SPOKEN) for name in names] == batches
    assert all(len(name) <= 40 for name in names)
