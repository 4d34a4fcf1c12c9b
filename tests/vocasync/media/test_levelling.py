"""Loudness of speech that is still being made."""

from __future__ import annotations

import numpy as np
import pytest

from vocasync.media import loudness
from vocasync.media.levelling import Levelling
from vocasync.media.limiter import true_peaks
from vocasync.types import Audio, FloatArray

RATE = 16_000


def noise(seconds: float, level: float, seed: int = 0) -> FloatArray:
    sound = np.random.default_rng(seed).standard_normal(round(seconds * RATE))
    return (level * sound).astype(np.float32)


def levelled(pieces: list[FloatArray]) -> FloatArray:
    level = Levelling(RATE, lufs=-20.0, ceiling_db=-1.0, most_db=30.0)
    return np.concatenate([*(level.feed(piece) for piece in pieces), level.finish()])


def test_every_piece_is_near_the_loudness_and_nothing_is_lost() -> None:
    made = levelled([noise(2.0, 0.01, seed) for seed in range(3)])
    assert len(made) == 6 * RATE
    for start in range(3):
        part = Audio(made[start * 2 * RATE : (start + 1) * 2 * RATE], RATE)
        assert loudness.loudness(part) == pytest.approx(-20.0, abs=0.5)


def test_pieces_are_limited_as_the_whole_is() -> None:
    sound = noise(3.0, 0.02)
    sound[::1600] = 0.9
    whole = levelled([sound])
    assert true_peaks(whole).max() <= loudness.gain(-1.0) + 0.01
    level = Levelling(RATE, lufs=-20.0, ceiling_db=-1.0, most_db=0.0)
    halves = np.concatenate([level.feed(whole[:RATE]), level.feed(whole[RATE:]), level.finish()])
    other = Levelling(RATE, lufs=-20.0, ceiling_db=-1.0, most_db=0.0)
    assert len(halves) == len(np.concatenate([other.feed(whole), other.finish()]))
    assert true_peaks(halves).max() <= loudness.gain(-1.0) + 0.01


def test_a_gain_that_changes_makes_no_step() -> None:
    tone = (0.1 * np.sin(2 * np.pi * 200 * np.arange(2 * RATE) / RATE)).astype(np.float32)
    made = levelled([tone, (tone / 4).astype(np.float32)])
    steps = np.abs(np.diff(made[round(1.9 * RATE) : round(2.2 * RATE)]))
    assert steps.max() < 0.06, "no more than the wave itself moves in a sample"


def test_silence_stays_silence() -> None:
    assert not levelled([np.zeros(RATE, np.float32)]).any()
