from __future__ import annotations

import numpy as np
import pytest

from tests.vocasync.recordings import said, silence
from vocasync.stages.activity import FRAME, FRAME_SECONDS, Activity, Block
from vocasync.types import ANALYSIS_RATE, FloatArray

TEXTS = ("Nobody knows where the money went.", "My brother bought a new car in the city.")


def heard(sound: FloatArray, size: int = 1024) -> list[Block]:
    activity = Activity()
    blocks = [block for at in range(0, len(sound), size) for block in activity.feed(sound[at : at + size])]
    return blocks + activity.finish()


def noise(seconds: float, level: float) -> FloatArray:
    return np.random.default_rng(0).normal(0, level, int(seconds * ANALYSIS_RATE)).astype(np.float32)


@pytest.mark.parametrize(
    "sound",
    [
        pytest.param(silence(3), id="silence"),
        pytest.param(noise(3, 0.1), id="noise"),
        pytest.param(noise(3, 1e-4), id="hiss"),
        pytest.param(noise(3, 1e-3), id="a quiet room"),
        pytest.param((0.3 * np.sin(np.arange(48_000) * 0.17)).astype(np.float32), id="tone"),
        pytest.param(np.random.default_rng(1).choice([-1.0, 1.0], 48_000).astype(np.float32), id="full scale"),
    ],
)
def test_no_speech_where_nobody_speaks(sound: FloatArray) -> None:
    assert max(block.voiced for block in heard(sound)) < 0.1


@pytest.mark.parametrize("level", [1.0, 0.03])
def test_speech_is_told_as_it_comes_loud_or_quiet(level: float) -> None:
    sound, spans = said(TEXTS)
    blocks = heard(sound * np.float32(level))
    for start, end in spans:
        inside = [block for block in blocks if start + 0.2 < block.start < end - 0.6]
        assert max(block.quiet for block in inside) < 0.3
        assert sum(block.voiced > 0 for block in inside) > 0.8 * len(inside)
    between = [block for block in blocks if spans[0][1] + 0.3 < block.start < spans[1][0] - 0.05]
    assert between
    assert all(block.quiet > 0 and not block.voiced for block in between)


def test_pieces_of_any_size_give_the_same_blocks() -> None:
    sound, _ = said(TEXTS[:1])
    whole = [(block.start, block.voiced, block.quiet) for block in heard(sound, len(sound))]
    assert len(whole) == -(-len(sound) // FRAME)
    for size in (77, 512, 1024, 4001):
        assert [(block.start, block.voiced, block.quiet) for block in heard(sound, size)] == whole


def test_the_sound_comes_out_as_it_came_in() -> None:
    sound = noise(0.1, 0.1)
    blocks = heard(sound, 100)
    assert np.array_equal(np.concatenate([block.samples for block in blocks])[: len(sound)], sound)
    assert [block.start for block in blocks] == pytest.approx([number * FRAME_SECONDS for number in range(4)])


def test_streams_do_not_disturb_each_other() -> None:
    sound, _ = said(TEXTS[:1])
    alone = [block.voiced for block in heard(sound)]
    one, other = Activity(), Activity()
    between = noise(len(sound) / ANALYSIS_RATE, 0.1)
    told: list[float] = []
    for at in range(0, len(sound), FRAME):
        told += [block.voiced for block in one.feed(sound[at : at + FRAME])]
        other.feed(between[at : at + FRAME])
    assert told + [block.voiced for block in one.finish()] == alone
