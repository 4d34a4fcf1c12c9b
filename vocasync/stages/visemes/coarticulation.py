"""Visemes that run into each other: dominance functions, and mouths frame by frame.

M. M. Cohen, D. W. Massaro, "Modeling coarticulation in synthetic visual speech", in: Models and Techniques in Computer
Animation, Springer 1993. Every phone has a dominance that falls off before and after it, other for each parameter; the
mouth is the mean of the targets, weighted with their dominances. So a p closes the lips whatever is around it, and
takes their rounding from the vowel that follows.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from vocasync.stages.visemes.inventory import JAW, LOW, PRESS, TONGUE, TUCK, UP, Phone
from vocasync.types import MOUTH

Doubles = NDArray[np.float64]

RATE = 200
"""Mouths a second before they are averaged to frames."""

REACH = 0.4
"""Seconds beyond which a phone has no influence."""

_POWER = 1.3  # c of the dominance function, exp(-(time / fading time) ** c)
_CENTRE = 0.35  # a phone's dominance is that much larger in its middle than at its edges
_SHORTEST = 0.03
_NEUTRAL = 1e-3  # dominance of the mouth at rest, always there
_SMOOTHING = 0.012  # seconds

_LONGEST_FRAME = 0.1  # seconds; a contact for longer would be a mouth that is shut
_HELD = 0.25  # of a consonant's length, on both sides of its middle, the contact is held
_PRESSED, _TUCKED = 0.75, 0.75
_TUCKED_JAW = 0.12
_NEIGHBOUR = 0.75  # of what a mouth beside a contact would be open


def blend(phones: Sequence[Phone], first: int, count: int) -> Doubles:
    """Mouths at ``RATE`` from sample ``first`` on, shape (count, 8); sample ``i`` is of the time (i + 0.5) / ``RATE``.

    phones: in order of their starts; those out of ``REACH`` change nothing.
    """
    margin = round(4 * _SMOOTHING * RATE)
    times = (np.arange(first - margin, first + count + margin) + 0.5) / RATE
    wanted = np.zeros((len(times), len(MOUTH)))
    weight = np.full((len(times), len(MOUTH)), _NEUTRAL)
    for phone in phones:
        low, high = np.searchsorted(times, (phone.start - REACH, phone.end + REACH))
        if low < high:
            share = _dominance(phone, times[low:high])[:, None] * np.asarray(phone.viseme.dominance)
            wanted[low:high] += share * np.asarray(phone.viseme.target)
            weight[low:high] += share
    return _smoothed(wanted / weight, margin)


def _dominance(phone: Phone, times: Doubles) -> Doubles:
    """How strong a phone is at these times, 0 to 1."""
    outside = np.maximum((phone.start - times) / phone.viseme.lead, (times - phone.end) / phone.viseme.lag)
    half = max(phone.end - phone.start, _SHORTEST) / 2
    from_centre = np.minimum(np.abs(times - (phone.start + phone.end) / 2) / half, 1.0)
    peak = np.where(outside <= 0, 1 - _CENTRE * from_centre**2, 1.0)
    fading: Doubles = peak * np.exp(-(np.maximum(outside, 0.0) ** _POWER))
    return fading


def _smoothed(mouths: Doubles, margin: int) -> Doubles:
    """Without the corners of the dominance functions, and without the margin."""
    offsets = np.arange(-margin, margin + 1)
    kernel = np.exp(-0.5 * (offsets / (_SMOOTHING * RATE)) ** 2)
    kernel /= kernel.sum()
    return np.stack([np.convolve(column, kernel, "valid") for column in mouths.T], axis=1)


def to_frames(mouths: Doubles, first: int, frames: range, fps: float) -> Doubles:
    """The mean mouth of each frame, shape (len(frames), 8).

    mouths: at ``RATE``, from sample ``first`` on, and all that the frames need. Frame ``i`` is seen from i / ``fps`` to
    (i + 1) / ``fps``.
    """
    sums = np.concatenate([np.zeros((1, mouths.shape[1])), np.cumsum(mouths, axis=0)])
    edges = np.arange(frames.start, frames.stop + 1) / fps * RATE - first
    at = np.stack([np.interp(edges, np.arange(len(sums)), column) for column in sums.T], axis=1)
    mean: Doubles = np.diff(at, axis=0) * fps / RATE
    return mean


def touch(mouths: Doubles, phones: Sequence[Phone], fps: float) -> None:
    """Close the lips for every p, b and m, and put the lower lip to the teeth for every f and v, in place.

    At least one frame each: a mean over frames does not show a closure that begins in the middle of one, and lips that
    never meet are what gives a puppet away. mouths: from frame 0 on, shape (n, 8). Frames longer than 0.1 s are left.
    """
    if not len(mouths) or fps * _LONGEST_FRAME < 1:
        return
    closed = {"lips": np.zeros(len(mouths), bool), "teeth": np.zeros(len(mouths), bool)}
    for phone in phones:
        if phone.viseme.contact:
            first, last = _held(phone, fps)
            closed[phone.viseme.contact][max(0, first) : max(0, last + 1)] = True
    _tuck(mouths, closed["teeth"] & ~closed["lips"])
    _press(mouths, closed["lips"])


def _held(phone: Phone, fps: float) -> tuple[int, int]:
    """The first and the last frame of a contact: those whose middles lie in the middle of the phone, or the one that
    its middle lies in."""
    middle, half = (phone.start + phone.end) / 2, _HELD * (phone.end - phone.start)
    first, last = int(np.ceil((middle - half) * fps - 0.5)), int(np.floor((middle + half) * fps - 0.5))
    return (first, last) if first <= last else (int(middle * fps), int(middle * fps))


def _press(mouths: Doubles, closed: NDArray[np.bool_]) -> None:
    beside = _beside(closed)
    for column in (JAW, UP, LOW):
        mouths[beside, column] *= _NEIGHBOUR
    for column in (JAW, UP, LOW, TUCK, TONGUE):
        mouths[closed, column] = 0.0
    mouths[closed, PRESS] = np.maximum(mouths[closed, PRESS], _PRESSED)


def _tuck(mouths: Doubles, closed: NDArray[np.bool_]) -> None:
    mouths[closed, JAW] = np.minimum(mouths[closed, JAW], _TUCKED_JAW)
    mouths[closed, TUCK] = np.maximum(mouths[closed, TUCK], _TUCKED)


def _beside(closed: NDArray[np.bool_]) -> NDArray[np.bool_]:
    around = np.zeros_like(closed)
    around[1:] |= closed[:-1]
    around[:-1] |= closed[1:]
    found: NDArray[np.bool_] = around & ~closed
    return found
