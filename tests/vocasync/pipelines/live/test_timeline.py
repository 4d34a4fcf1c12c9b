from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from vocasync.pipelines.live.timeline import KEPT, Timeline

RATE = 16_000


@given(st.lists(st.tuples(st.integers(1, 5_000), st.integers(0, 20_000)), min_size=1, max_size=60), st.floats(0, 1))
def test_every_moment_is_where_it_was_and_when_it_came(pieces: list[tuple[int, int]], share: float) -> None:
    """pieces: how long each is, and how much was left out before it."""
    timeline, fed, position = Timeline(), 0, 0
    truth: list[tuple[int, int, float]] = []
    for number, (length, gap) in enumerate(pieces):
        fed, position = fed + length, position + gap + length
        timeline.add(length, position, float(number))
        truth.append((fed, position, float(number)))
    sample = max(1, round(share * fed))
    found = timeline.moment(sample / RATE)
    end, place, arrived = next(one for one in truth if one[0] >= sample)
    assert found.at == (place - (end - sample)) / RATE
    assert arrived <= found.arrived  # tiny pieces count as one, which came when its last did
    later = next((one for one in truth if one[0] >= sample + 512), truth[-1])
    assert found.arrived <= later[2]


def test_beyond_what_is_known_is_its_edge() -> None:
    timeline = Timeline()
    assert timeline.moment(3.0).at == 0.0
    timeline.add(1_600, 1_600, 7.0)
    assert (timeline.moment(99.0).at, timeline.moment(99.0).arrived) == (0.1, 7.0)


def test_hours_take_no_more_room_than_minutes() -> None:
    timeline = Timeline()
    sizes = []
    for number in range(1, 200_001):
        timeline.add(160, 160 * number, number / 100)
        if number % 50_000 == 0:
            sizes.append(len(timeline._ends))
    assert max(sizes) <= 2 * KEPT / 0.02
    assert max(sizes) <= 1.5 * min(sizes)
    assert timeline.moment(1_999.0).at == 1_999.0
