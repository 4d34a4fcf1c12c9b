from __future__ import annotations

import numpy as np
import pytest
import soxr
from hypothesis import given
from hypothesis import strategies as st

from tests.factory import FloatArray
from vocasync.errors import PipelineError
from vocasync.pipelines.live.intake import LONGEST_GAP, MOST_EARLY, PATIENCE, Chunks

RATE = 16_000


def pcm(samples: FloatArray) -> bytes:
    return np.round(samples * 32_768).clip(-32_768, 32_767).astype("<i2").tobytes()


def ramp(number: int, length: int = 64) -> FloatArray:
    """A piece whose samples say which one it is."""
    return np.full(length, (number + 1) / 1_024, np.float32)


def flat(chunks: Chunks, pieces: list[tuple[int, bytes]], now: float = 0.0) -> FloatArray:
    return np.concatenate([chunks.give(number, data, now).samples for number, data in pieces])


@given(st.lists(st.integers(0, 11), max_size=60))
def test_pieces_come_out_once_and_in_order_however_they_come(order: list[int]) -> None:
    chunks = Chunks()
    heard = flat(chunks, [(number, pcm(ramp(number))) for number in [*order, *range(12)]])
    heard = np.concatenate([heard, chunks.finish().samples])
    np.testing.assert_array_equal(heard, np.concatenate([ramp(number) for number in range(12)]))
    assert chunks.next == 12


@given(st.permutations(range(20)), st.sets(st.integers(0, 18)))
def test_pieces_that_never_come_are_silence_of_their_length_and_are_counted(order: list[int], gone: set[int]) -> None:
    chunks = Chunks()
    taken = [chunks.give(number, pcm(ramp(number)), 0.0) for number in order if number not in gone]
    taken.append(chunks.finish())
    expected = [np.zeros(64, np.float32) if number in gone else ramp(number) for number in range(20)]
    np.testing.assert_array_equal(np.concatenate([one.samples for one in taken]), np.concatenate(expected))
    assert sum(one.lost for one in taken) == len(gone)


def test_what_came_early_waits_for_what_is_missing_and_not_for_ever() -> None:
    chunks = Chunks()
    assert not len(chunks.give(1, pcm(ramp(1)), 10.0).samples)
    assert not len(chunks.wait(10.0 + PATIENCE - 0.01).samples)
    taken = chunks.wait(10.0 + PATIENCE)
    assert taken.lost == 1
    np.testing.assert_array_equal(taken.samples, np.concatenate([np.zeros(64, np.float32), ramp(1)]))
    assert not len(chunks.give(0, pcm(ramp(0)), 11.0).samples)  # too late


def test_only_so_many_wait() -> None:
    chunks = Chunks()
    taken = [chunks.give(number, pcm(ramp(number)), 0.0) for number in range(1, MOST_EARLY + 1)]
    assert [one.lost for one in taken] == [0] * (MOST_EARLY - 1) + [1]
    assert chunks.next == MOST_EARLY + 1


def test_a_number_far_ahead_is_no_hour_of_silence() -> None:
    chunks = Chunks()
    chunks.give(0, pcm(ramp(0)), 0.0)
    chunks.give(4_000_000_000, pcm(ramp(1)), 0.0)
    taken = chunks.wait(PATIENCE)
    assert len(taken.samples) == LONGEST_GAP * RATE + 64
    assert taken.lost == 3_999_999_999
    assert chunks.next == 4_000_000_001


@pytest.mark.parametrize(("rate", "channels"), [(44_100, 2), (48_000, 1), (8_000, 1), (96_000, 2), (22_050, 1)])
def test_any_rate_is_as_if_all_of_it_were_resampled_at_once(rate: int, channels: int) -> None:
    noise = np.random.default_rng(3).integers(-20_000, 20_000, (rate, channels)).astype("<i2")
    chunks = Chunks(rate, channels)
    size = 1_024 * channels * 2
    data = noise.tobytes()
    heard = flat(chunks, [(at // size, data[at : at + size]) for at in range(0, len(data), size)])
    heard = np.concatenate([heard, chunks.finish().samples])
    mono = (noise.astype(np.float32) / 32_768).mean(axis=1)
    offline = mono if rate == RATE else soxr.resample(mono, rate, RATE, quality="HQ")
    assert len(heard) == len(offline)
    np.testing.assert_allclose(heard, offline, atol=1e-6)


def test_another_rate_goes_on_where_the_one_before_ended() -> None:
    chunks = Chunks(48_000)
    tone = np.sin(2 * np.pi * 200 * np.arange(48_000) / 48_000).astype(np.float32) / 2
    first = chunks.give(0, pcm(tone), 0.0).samples
    chunks.tune(8_000, 2)
    second = chunks.give(1, pcm(np.repeat(tone[::6], 2)), 0.0).samples
    heard = np.concatenate([first, second, chunks.finish().samples])
    assert len(heard) == 2 * RATE
    inner = heard[800:-800]
    assert np.abs(inner).max() == pytest.approx(0.5, abs=0.03)


@given(st.binary(max_size=301), st.integers(1, 2))
def test_garbage_is_sound_or_refused_and_never_stops_what_follows(data: bytes, channels: int) -> None:
    chunks = Chunks(channels=channels)
    frame = 2 * channels
    if len(data) % frame:
        with pytest.raises(PipelineError) as caught:
            chunks.give(0, data, 0.0)
        assert caught.value.code == "chunk_odd"
        assert str(frame) in str(caught.value)
    else:
        assert len(chunks.give(0, data, 0.0).samples) == len(data) // frame
    after = chunks.give(1, pcm(np.repeat(ramp(1), channels)), 0.0)
    assert after.lost == bool(len(data) % frame)
    np.testing.assert_array_equal(after.samples[-64:], ramp(1))
    assert chunks.next == 2


def test_a_piece_that_is_too_long_is_refused_and_silence_stands_for_it() -> None:
    chunks = Chunks(longest=0.5)
    assert len(chunks.give(0, pcm(ramp(0, RATE // 2)), 0.0).samples) == RATE // 2
    with pytest.raises(PipelineError) as caught:
        chunks.give(1, pcm(ramp(1, RATE // 2 + 1)), 0.0)
    assert caught.value.code == "chunk_too_long"
    taken = chunks.give(2, pcm(ramp(2, RATE // 2)), 0.0)
    assert taken.lost == 1
    assert len(taken.samples) == RATE
    assert not taken.samples[: RATE // 2].any()


@pytest.mark.parametrize(
    ("rate", "channels", "code"),
    [(7_999, 1, "rate_unsupported"), (96_001, 1, "rate_unsupported"), (16_000, 3, "channels_unsupported")],
)
def test_what_no_sound_card_gives_is_refused(rate: int, channels: int, code: str) -> None:
    with pytest.raises(PipelineError) as caught:
        Chunks(rate, channels)
    assert caught.value.code == code
    chunks = Chunks(8_000, 2)
    with pytest.raises(PipelineError):
        chunks.tune(rate, channels)
    assert (chunks.rate, chunks.channels) == (8_000, 2)
