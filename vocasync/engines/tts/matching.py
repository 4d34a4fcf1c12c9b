"""The colour of one voice laid on another's speech, without parallel recordings.

Envelopes of voiced and unvoiced frames are mapped apart, in 40 cepstra: first the optimal transport between two
Gaussians (the Monge map of their covariances; G. Peyré, M. Cuturi, "Computational Optimal Transport", 2019, remark
2.31), then, for the closer match, half-way to the nearest frames of the reference (as in kNN-VC: M. Baas et al.,
Interspeech 2023, on cepstra with their change over time instead of learned features), and a boost of the variance
that averaging took away (T. Toda, K. Tokuda, "global variance", IEICE Trans. 2007).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import sqrtm
from scipy.ndimage import gaussian_filter1d

from vocasync.engines.tts.world import BANDS, Doubles, Frames, cepstra, from_cepstra
from vocasync.types import FloatArray, Match

Booleans = NDArray[np.bool_]

CEPSTRA = 40
"""Coefficients that are transported; the detail beyond is smoothed away."""

_KEYS = 20  # cepstra 1 to 20 find the nearest frames
_REACH = 3  # frames before and after, whose difference is the change over time
_CHANGE_WEIGHT = 0.7
_NEIGHBOURS = 6
_REGULARISATION = 0.05
_MOST_FRAMES = 5000  # of a reference, in each class: more only costs time
_FEWEST_FRAMES = 60  # in a class, for statistics of its own


@dataclass(frozen=True, slots=True)
class Recipe:
    """mix: share of the nearest reference frames. boost: factor on the variance over time. carry: how far the spread
    of the envelopes is transported, 0 (their mean alone) to 1."""

    mix: float
    boost: float
    carry: float = 1.0


RECIPES = {Match.CLEAR: Recipe(mix=0.0, boost=1.0), Match.CLOSE: Recipe(mix=0.5, boost=1.3)}


def between(clarity: float) -> Recipe:
    """The recipe between the closest (0) and the clearest (1)."""
    close, clear = RECIPES[Match.CLOSE], RECIPES[Match.CLEAR]
    return Recipe(
        mix=(1 - clarity) * close.mix + clarity * clear.mix, boost=(1 - clarity) * close.boost + clarity * clear.boost
    )


@dataclass(frozen=True, slots=True)
class Colour:
    """The active frames of a voice, n of them.

    envelope: shape (n, 80). change: cepstra 1 to 20 three frames later less three frames before, shape (n, 20).
    aperiodicity: shape (n, 80), or (n, 0) for a source. voiced: shape (n,).
    """

    envelope: FloatArray
    change: FloatArray
    aperiodicity: FloatArray
    voiced: Booleans

    @classmethod
    def of(cls, frames: Frames) -> Colour:
        """The colour of analysed speech."""
        active = frames.active
        change = _change(cepstra(frames.envelope, _KEYS + 1)[:, 1:])
        return cls(
            frames.envelope[active].astype(np.float32),
            change[active].astype(np.float32),
            frames.aperiodicity[active].astype(np.float32),
            frames.voiced[active],
        )

    @classmethod
    def joined(cls, parts: list[Colour]) -> Colour:
        """Several recordings of one voice as one."""
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in _FIELDS))

    def of_class(self, voiced: bool) -> NDArray[np.intp]:
        """Indices of the frames of a class; of all frames when the class has too few for statistics."""
        found = np.flatnonzero(self.voiced == voiced)
        return found if len(found) >= _FEWEST_FRAMES else np.arange(len(self.voiced))


_FIELDS = ("envelope", "change", "aperiodicity", "voiced")


def distance(reference: Colour, source: Colour) -> float:
    """How far the transport has to carry a source's voiced frames: the squared 2-Wasserstein distance of the two
    Gaussians. From the nearest of several sources the match is best, or within 0.02 of it (checked on five people)."""
    here, there = (cepstra(one.envelope[one.of_class(True)].astype(np.float64), CEPSTRA) for one in (source, reference))
    root = np.real(sqrtm(np.cov(here.T)))
    cross = np.real(sqrtm(root @ np.cov(there.T) @ root))
    spread = np.trace(np.cov(here.T)) + np.trace(np.cov(there.T)) - 2 * np.trace(cross)
    return float(np.square(here.mean(axis=0) - there.mean(axis=0)).sum() + spread)


class Matcher:
    """Maps frames of one source voice to one reference voice."""

    def __init__(self, reference: Colour, source: Colour) -> None:
        self._classes = {voiced: _ClassMap(reference, source, voiced) for voiced in (True, False)}

    def apply(self, frames: Frames, recipe: Recipe) -> Frames:
        """The same words, melody and energy in the reference's colour, with an aperiodicity."""
        moved = np.zeros((len(frames.f0), CEPSTRA))
        given = cepstra(frames.envelope, CEPSTRA)
        for voiced, mapping in self._classes.items():
            chosen = frames.voiced == voiced
            moved[chosen] = mapping.transport(given[chosen], recipe.carry)
        change = _change(moved[:, 1 : _KEYS + 1])
        envelope = from_cepstra(moved)
        noise = np.zeros((len(moved), BANDS))
        for voiced, mapping in self._classes.items():
            chosen = np.flatnonzero(frames.voiced == voiced)
            if len(chosen):
                near, noise[chosen] = mapping.nearest(moved[chosen], change[chosen])
                envelope[chosen] = recipe.mix * near + (1 - recipe.mix) * envelope[chosen]
        envelope = gaussian_filter1d(envelope, 1.0, axis=0)
        for voiced in self._classes:
            _boost(envelope, frames.voiced == voiced, recipe.boost)
        return frames.with_envelope(envelope, gaussian_filter1d(noise, 1.5, axis=0))


class _ClassMap:
    """The map of voiced, or of unvoiced, frames."""

    def __init__(self, reference: Colour, source: Colour, voiced: bool) -> None:
        here = cepstra(source.envelope[source.of_class(voiced)].astype(np.float64), CEPSTRA)
        chosen = reference.of_class(voiced)
        there = cepstra(reference.envelope[chosen].astype(np.float64), CEPSTRA)
        self._from, self._to = here.mean(axis=0), there.mean(axis=0)
        self._map = _monge(here, there)
        self._spread = there[:, 1 : _KEYS + 1].std(axis=0) + 1e-6
        self._change_spread = reference.change[chosen].std(axis=0).astype(np.float64) + 1e-6
        kept = _evenly(len(chosen), _MOST_FRAMES)
        self._keys = self._key(there[kept], reference.change[chosen[kept]])
        self._key_norms = np.square(self._keys).sum(axis=1)
        self._values = np.concatenate([reference.envelope[chosen[kept]], reference.aperiodicity[chosen[kept]]], axis=1)

    def transport(self, coefficients: Doubles, carry: float = 1.0) -> Doubles:
        """Cepstra, shape (t, 40), carried to the reference's distribution; as far as ``Recipe.carry`` says."""
        apart = coefficients - self._from
        carried: Doubles = apart @ self._map.T
        if carry != 1:
            carried = carry * carried + (1 - carry) * apart
        carried += self._to
        return carried

    def nearest(self, coefficients: Doubles, change: Doubles) -> tuple[Doubles, Doubles]:
        """Weighted means of the envelopes and aperiodicities of the nearest reference frames, shape (t, 80) each."""
        keys = self._key(coefficients, change)
        squared = self._key_norms[None] - 2 * (keys @ self._keys.T)  # less the part common to a row
        count = min(_NEIGHBOURS, squared.shape[1])
        index = np.argpartition(squared, count - 1, axis=1)[:, :count]
        distance = np.take_along_axis(squared, index, axis=1) + np.square(keys).sum(axis=1)[:, None]
        distance = np.sqrt(np.maximum(distance, 0)).astype(np.float64)
        width = 0.7 * np.median(distance) + 1e-9
        weights = np.exp(-0.5 * np.square(distance / width)) + 1e-6
        weights /= weights.sum(axis=1, keepdims=True)
        mean = np.einsum("tk,tkm->tm", weights, self._values[index])
        return mean[:, :BANDS], mean[:, BANDS:]

    def _key(self, coefficients: Doubles, change: NDArray[np.floating]) -> FloatArray:
        still = coefficients[:, 1 : _KEYS + 1] / self._spread
        return np.hstack([still, _CHANGE_WEIGHT * change / self._change_spread]).astype(np.float32)


def _change(coefficients: Doubles) -> Doubles:
    change = np.zeros_like(coefficients)
    if len(coefficients) > 2 * _REACH:
        change[_REACH:-_REACH] = coefficients[2 * _REACH :] - coefficients[: -2 * _REACH]
    return change


def _monge(here: Doubles, there: Doubles) -> Doubles:
    """The symmetric matrix that carries one Gaussian's covariance to another's, shape (40, 40)."""
    ridge = _REGULARISATION * np.eye(here.shape[1])
    root = np.real(sqrtm(np.cov(here.T) + ridge))
    inverse = np.linalg.inv(root)
    matrix: Doubles = inverse @ np.real(sqrtm(root @ (np.cov(there.T) + ridge) @ root)) @ inverse
    return matrix


def _evenly(count: int, most: int) -> NDArray[np.intp]:
    return np.linspace(0, count - 1, min(count, most)).round().astype(np.intp)


def _boost(envelope: Doubles, chosen: Booleans, factor: float) -> None:
    if chosen.any() and factor != 1:
        mean = envelope[chosen].mean(axis=0)
        envelope[chosen] = (envelope[chosen] - mean) * factor + mean
