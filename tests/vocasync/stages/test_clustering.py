"""Vectors to voices, on vectors made up to be like the encoder's: no sound here."""

from __future__ import annotations

import numpy as np
import pytest

from vocasync.stages import clustering
from vocasync.types import FloatArray

OVERLAP = 6.4
"""Windows in the time that one covers, at four a second."""


def speaking(*voices: FloatArray, windows: int, seed: int = 1, likeness: float = 0.74) -> FloatArray:
    """Unit vectors of the voices, one voice after another: two of one voice that do not overlap are as alike as those
    of real people, neighbours more so, as theirs overlap."""
    random = np.random.default_rng(seed)
    spread = np.sqrt((1 - likeness) / likeness / voices[0].shape[0])
    kernel = np.ones(round(OVERLAP)) / np.sqrt(round(OVERLAP))
    rows = []
    for voice in voices:
        noise = random.normal(0, spread, (windows + len(kernel) - 1, len(voice)))
        rows.append(voice + np.apply_along_axis(np.convolve, 0, noise, kernel, "valid"))
    return _unit(np.concatenate(rows))


def people(count: int, likeness: float = 0.5, seed: int = 2) -> list[FloatArray]:
    """Unit vectors, each two of the given likeness on average."""
    random = np.random.default_rng(seed)
    common = _unit(random.normal(size=(1, 256)))
    own = _unit(random.normal(size=(count, 256)))
    return list(_unit(np.sqrt(likeness) * common + np.sqrt(1 - likeness) * own))


def _unit(vectors: np.ndarray) -> FloatArray:
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


@pytest.mark.parametrize("count", [1, 2, 3, 5, 8])
def test_as_many_voices_as_people(count: int) -> None:
    vectors = speaking(*people(count), windows=60)
    centroids = clustering.voices(vectors, OVERLAP)
    assert centroids.shape == (count, 256)
    assert np.allclose(np.linalg.norm(centroids, axis=1), 1, atol=1e-5)
    labels = clustering.nearest(vectors, centroids).reshape(count, 60)
    assert len({int(np.bincount(row).argmax()) for row in labels}) == count


@pytest.mark.parametrize("windows", [4, 8, 12, 16, 24, 48])
def test_one_person_s_few_windows_are_not_two_people(windows: int) -> None:
    found = [len(clustering.voices(speaking(*people(1), windows=windows, seed=seed), OVERLAP)) for seed in range(30)]
    assert np.mean([count > 1 for count in found]) <= 0.1


def test_two_people_are_found_in_few_windows() -> None:
    assert len(clustering.voices(speaking(*people(2, 0.4), windows=8), OVERLAP)) == 2


@pytest.mark.parametrize("count", [1, 2, 4, 11])
def test_a_given_number_is_kept(count: int) -> None:
    vectors = speaking(*people(3), windows=40)
    centroids = clustering.voices(vectors, OVERLAP, count)
    assert len(centroids) == count
    assert len(np.unique(clustering.nearest(vectors, centroids))) == count


def test_no_more_voices_than_windows() -> None:
    assert len(clustering.voices(speaking(*people(1), windows=3), OVERLAP, 5)) == 3
    assert len(clustering.voices(speaking(*people(1), windows=1), OVERLAP)) == 1


def test_windows_that_are_all_the_same() -> None:
    vectors = np.repeat(speaking(*people(1), windows=1), 40, axis=0)
    assert len(clustering.voices(vectors, OVERLAP)) == 1
    assert np.isfinite(clustering.voices(vectors, OVERLAP, 3)).all()


def test_the_same_windows_give_the_same_voices() -> None:
    vectors = speaking(*people(4), windows=50)
    assert np.array_equal(clustering.voices(vectors, OVERLAP), clustering.voices(vectors.copy(), OVERLAP))


def test_who_speaks_seldom_in_a_long_recording_is_found() -> None:
    first, second, third = people(3)
    vectors = np.concatenate(
        [speaking(first, second, windows=4000), speaking(third, windows=500), speaking(first, windows=4000, seed=5)]
    )
    centroids = clustering.voices(vectors, OVERLAP)
    assert len(centroids) == 3
    assert max(float(third @ centroid) for centroid in centroids) > 0.95


def test_an_odd_window_is_no_turn() -> None:
    one, other = people(2)
    vectors = np.stack([one] * 10 + [other] + [one] * 10 + [other] * 8).astype(np.float32)
    times = np.arange(len(vectors), dtype=np.float32) / 4
    labels = clustering.path(vectors, np.stack([one, other]).astype(np.float32), times)
    assert labels.tolist() == [0] * 21 + [1] * 8


def test_a_change_is_likelier_at_a_pause() -> None:
    one, other = people(2, 0.65)
    vectors = np.stack([one] * 10 + [other] + [one] * 10).astype(np.float32)
    centroids = np.stack([one, other]).astype(np.float32)
    through = np.arange(len(vectors), dtype=np.float32) / 4
    apart = through + np.repeat([0.0, 1.0, 2.0], [10, 1, 10]).astype(np.float32)
    assert clustering.path(vectors, centroids, through).max() == 0
    assert clustering.path(vectors, centroids, apart).tolist() == [0] * 10 + [1] + [0] * 10


def test_everybody_who_must_be_heard_is() -> None:
    one, other = people(2, 0.9)
    vectors = np.stack([one] * 10 + [other] + [one] * 10).astype(np.float32)
    times = np.arange(len(vectors), dtype=np.float32) / 4
    centroids = np.stack([one, other]).astype(np.float32)
    assert clustering.path(vectors, centroids, times).max() == 0
    assert clustering.path(vectors, centroids, times, all_heard=True).max() == 1


def test_a_silhouette_is_one_for_points_and_nothing_for_one_cloud() -> None:
    one, other = people(2)
    labels = np.repeat([0, 1], 20)
    assert clustering.silhouette(np.repeat([one, other], 20, axis=0).astype(np.float32), labels) == pytest.approx(1)
    assert clustering.silhouette(speaking(one, windows=40), np.tile([0, 1], 20)) < 0.05
