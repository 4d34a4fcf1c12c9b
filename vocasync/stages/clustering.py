"""Windows of a recording to the voices in them: k-means on the unit sphere, and a path through time.

The number of voices is the one whose clusters stand apart best (silhouette: P. Rousseeuw, J. Comput. Appl. Math. 1987)
of those whose centroids are unlike enough to be different people. How well that works, and what the limits were set
on, is in docs/similarity.md.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vocasync.types import FloatArray

Labels = NDArray[np.intp]

MOST_SPEAKERS = 8
"""More are told apart only when their number is given."""

_ALIKE = 0.87
"""Cosine of two centroids, as if there were no end of windows, from which they are one person's."""
_WINDOW_LIKENESS = 0.74
"""Mean cosine of two windows of one person that do not overlap."""
_LEAST_SILHOUETTE = 0.2
_LEAST_WINDOWS = 4
"""A cluster of fewer is no speaker."""
_MOST_WINDOWS = 2400  # that clusters are looked for in: ten minutes of speech, or as much from all over a longer one
_SEED = 20_250
_STARTS = 8
_ROUNDS = 40
_SWITCH, _SWITCH_AT_PAUSE = 0.3, 0.1
"""What a change of speaker costs, in sums of cosines: a single odd window is not worth one."""
_PAUSE = 0.35  # seconds between neighbouring windows that make a pause


def voices(vectors: FloatArray, overlap: float, count: int | None = None) -> FloatArray:
    """Centroids of the speakers, unit rows, shape (k, d): ``count`` of them, or as many as are found.

    vectors: unit rows, shape (n, d), n > 0. overlap: windows in the time that one covers. Never more than there are
    windows. The same vectors give the same answer.
    """
    if len(vectors) > _MOST_WINDOWS:
        vectors = vectors[np.linspace(0, len(vectors) - 1, _MOST_WINDOWS).round().astype(int)]
    if count is not None:
        return _kmeans(vectors, min(count, len(vectors)))
    best, found = _LEAST_SILHOUETTE, _unit(vectors.mean(axis=0, keepdims=True))
    for number in range(2, min(MOST_SPEAKERS, len(vectors) // _LEAST_WINDOWS) + 1):
        centroids = _kmeans(vectors, number)
        labels = nearest(vectors, centroids)
        if _different(centroids, np.bincount(labels, minlength=number), overlap):
            value = silhouette(vectors, labels)
            if value >= best:
                best, found = value, centroids
    return found


def nearest(vectors: FloatArray, centroids: FloatArray) -> Labels:
    """The centroid that each vector is most like, shape (n,)."""
    return np.asarray(np.argmax(vectors @ centroids.T, axis=1), np.intp)


def path(vectors: FloatArray, centroids: FloatArray, times: FloatArray, *, all_heard: bool = False) -> Labels:
    """Who speaks in each window, shape (n,): the likeliest course of events, in which speakers do not change for a
    moment only (Viterbi).

    times: of the windows, in seconds, ascending; a pause between two makes a change cheaper. all_heard: whether
    everybody must have a say, even for a moment.
    """
    cost = 1.0
    labels = _viterbi(vectors @ centroids.T, times, cost)
    while all_heard and len(np.unique(labels)) < len(centroids) and cost > 0:
        cost = cost / 2 if cost > 0.1 else 0.0
        labels = _viterbi(vectors @ centroids.T, times, cost)
    return labels


def silhouette(vectors: FloatArray, labels: Labels) -> float:
    """How well clusters stand apart, by cosine: the mean over all vectors, -1 to 1. Two clusters or more."""
    names, own = np.unique(labels, return_inverse=True)
    members = np.equal.outer(np.arange(len(names)), own).astype(np.float32)
    sizes = members.sum(axis=1)
    rows = np.arange(len(vectors))
    distance = 1 - vectors @ ((members @ vectors) / sizes[:, None]).T  # the mean to each cluster, as all are unit
    inside = distance[rows, own] * sizes[own] / np.maximum(sizes[own] - 1, 1)
    distance[rows, own] = np.inf
    outside = distance.min(axis=1)
    values = np.where(sizes[own] > 1, (outside - inside) / np.maximum(np.maximum(inside, outside), 1e-9), 0.0)
    return float(values.mean())


def _different(centroids: FloatArray, sizes: NDArray[np.intp], overlap: float) -> bool:
    """Whether all centroids are different people's.

    The fewer windows a centroid is the mean of, the more it is off its voice, and the less alike two of one person are:
    with m windows that do not overlap, whose mean cosine is s, its length is sqrt(s + (1 - s) / m).
    """
    if sizes.min() < _LEAST_WINDOWS:
        return False
    independent = np.maximum(1.0, sizes / overlap)
    lengths = np.sqrt(_WINDOW_LIKENESS + (1 - _WINDOW_LIKENESS) / independent)
    likeness = (centroids @ centroids.T) * np.outer(lengths, lengths) / _WINDOW_LIKENESS
    return bool(likeness[np.triu_indices(len(centroids), 1)].max() < _ALIKE)


def _kmeans(vectors: FloatArray, count: int) -> FloatArray:
    """The best of several starts; unit rows, shape (count, d), each the nearest of some vector where that can be."""
    random = np.random.default_rng(_SEED)
    found = [_settled(vectors, _spread(vectors, count, random)) for _ in range(_STARTS if count > 1 else 1)]
    return max(found, key=lambda centroids: float(np.max(vectors @ centroids.T, axis=1).sum()))


def _spread(vectors: FloatArray, count: int, random: np.random.Generator) -> FloatArray:
    """Vectors far from each other, of which each is the best of a few drawn by distance (greedy k-means++)."""
    chosen = [int(random.integers(len(vectors)))]
    distance = np.maximum(0.0, 1 - vectors @ vectors[chosen[0]])
    for _ in range(count - 1):
        shares = distance + 1e-9
        drawn = random.choice(len(vectors), size=2 + count.bit_length(), p=shares / shares.sum())
        after = np.minimum(distance, np.maximum(0.0, 1 - vectors[drawn] @ vectors.T))
        best = int(np.argmin(after.sum(axis=1)))
        chosen.append(int(drawn[best]))
        distance = after[best]
    return vectors[chosen]


def _settled(vectors: FloatArray, centroids: FloatArray) -> FloatArray:
    for _ in range(_ROUNDS):
        members = np.equal.outer(np.arange(len(centroids)), nearest(vectors, centroids)).astype(np.float32)
        filled = members.sum(axis=1, keepdims=True) > 0
        moved = np.where(filled, _unit(members @ vectors), centroids)
        if np.allclose(moved, centroids, atol=1e-5):
            break
        centroids = moved
    return centroids


def _viterbi(likeness: FloatArray, times: FloatArray, cost: float) -> Labels:
    """The path with the greatest sum of ``likeness``, shape (n, k), less what its changes cost."""
    count = len(likeness)
    pauses = np.diff(times) > _PAUSE
    costs = cost * np.where(pauses, _SWITCH_AT_PAUSE, _SWITCH)
    same = np.arange(likeness.shape[1])
    best = likeness[0].astype(np.float64)
    before = np.zeros(likeness.shape, np.intp)
    for place in range(1, count):
        leader = int(np.argmax(best))
        changed = best[leader] - costs[place - 1]
        before[place] = np.where(best >= changed, same, leader)
        best = np.maximum(best, changed) + likeness[place]
    labels = np.zeros(count, np.intp)
    labels[-1] = np.argmax(best)
    for place in range(count - 1, 0, -1):
        labels[place - 1] = before[place, labels[place]]
    return labels


def _unit(vectors: FloatArray) -> FloatArray:
    unit: FloatArray = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    return unit
