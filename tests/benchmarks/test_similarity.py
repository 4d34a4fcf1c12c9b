"""How trials are made of pieces and what is counted, on vectors in the plane."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.similarity import Piece, against_sessions, against_voices, cut, pairs
from vocasync.types import Audio


def at(degrees: float, session: int = 0) -> Piece:
    angle = np.radians(degrees)
    return Piece(session, np.array([np.cos(angle), np.sin(angle)], np.float32))


def test_pairs_of_one_person_and_of_two() -> None:
    found = pairs({"a": [at(0, 0), at(60, 1)], "b": [at(90, 0)], "c": []})
    assert found.same == pytest.approx([0.5])
    assert sorted(found.different) == pytest.approx([0.0, np.cos(np.radians(30))], abs=1e-6)


def test_one_session_is_not_compared_with_itself() -> None:
    found = pairs({"a": [at(0, 0), at(10, 0), at(60, 1)], "b": [at(90)]})
    assert sorted(found.same) == pytest.approx([0.5, np.cos(np.radians(50))], abs=1e-6)


def test_every_speaker_counts_the_same() -> None:
    many = [at(0, number) for number in range(20)]
    found = pairs({"a": many, "b": [at(90, 0), at(150, 1)]})
    assert found.rejected(0.9) == pytest.approx(0.5)  # one pair of b against the 190 of a
    assert found.accepted(-0.1) == pytest.approx(0.5)


def test_the_equal_error_rate_and_its_threshold() -> None:
    apart = pairs({"a": [at(0, 0), at(20, 1)], "b": [at(80, 0), at(100, 1)]})
    rate, threshold = apart.equal_error()
    assert rate == 0
    assert np.cos(np.radians(60)) < threshold < np.cos(np.radians(20))
    mixed = pairs({"a": [at(0, 0), at(60, 1)], "b": [at(100, 0), at(110, 1)]})
    assert mixed.equal_error() == pytest.approx((0.5, np.mean(np.cos(np.radians([60, 50])))), abs=0.01)


def test_a_clip_is_held_against_a_voice_without_it() -> None:
    found = against_voices({"a": [at(0, 0), at(20, 1), at(40, 2)], "b": [at(90, 0)]}, least=2)
    assert sorted(found.same) == pytest.approx(sorted(np.cos(np.radians([30, 0, 30]))), abs=1e-6)
    assert found.different == pytest.approx([np.cos(np.radians(70))], abs=1e-6)  # b has no voice, but a clip


def test_a_clip_is_held_against_each_other_session() -> None:
    mine = [at(0, 0), at(10, 1), at(20, 1), at(30, 2)]
    found = against_sessions({"a": mine, "b": [at(90, 0), at(94, 0)]}, least=2)
    assert sorted(found.same) == pytest.approx(sorted(np.cos(np.radians([15, 15]))), abs=1e-6)
    expected = [np.cos(np.radians(angle)) for angle in (92, 82, 72, 62, 75, 79)]
    assert sorted(found.different) == pytest.approx(sorted(expected), abs=1e-6)


def test_pieces_do_not_overlap_and_know_their_session() -> None:
    recordings = [Audio(np.arange(25, dtype=np.float32), 10), Audio(np.arange(100, 115, dtype=np.float32), 10)]
    apart = cut(recordings, 1.0, sessions=True)
    assert [(session, audio.samples[0]) for session, audio in apart] == [(0, 0), (0, 10), (1, 100)]
    together = cut(recordings, 1.0, sessions=False)
    assert [(session, audio.samples[0]) for session, audio in together] == [(0, 0), (1, 10), (2, 20), (3, 105)]
