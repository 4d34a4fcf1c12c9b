"""Speech brought to a loudness while it is still being made: by what was heard of it so far."""

from __future__ import annotations

import numpy as np

from vocasync.media import loudness
from vocasync.media.limiter import limit, reach
from vocasync.types import Audio, FloatArray

_RAMP_SECONDS = 0.1
"""In which the gain goes from one stretch's to the next one's, so that nobody hears a step."""


class Levelling:
    """A gain that follows the loudness of all that came before, and a limiter for true peaks.

    What goes in comes out as long, a few milliseconds of it with the next piece. lufs: the loudness that is wanted.
    ceiling_db: of true peaks, in dBTP. most_db: the largest gain.
    """

    def __init__(self, rate: int, *, lufs: float, ceiling_db: float, most_db: float) -> None:
        self._rate, self._lufs, self._most = rate, lufs, most_db
        self._ceiling = loudness.gain(ceiling_db)
        self._reach = reach(rate)
        self._heard: list[loudness.Powers] = []
        self._gain: float | None = None
        self._given = self._kept = np.zeros(0, np.float32)  # around the next sample, at their gain and not limited

    def feed(self, samples: FloatArray) -> FloatArray:
        """The next piece, best some seconds of it; what is ready of the sound."""
        self._heard.append(loudness.block_powers(Audio(samples, self._rate)))
        self._kept = np.concatenate([self._kept, self._raised(samples)])
        return self._limited(max(0, len(self._kept) - self._reach))

    def finish(self) -> FloatArray:
        """No more is coming: the rest."""
        return self._limited(len(self._kept))

    def _raised(self, samples: FloatArray) -> FloatArray:
        measured = loudness.integrated(np.concatenate(self._heard))
        before = self._gain
        if measured is not None:
            self._gain = loudness.gain(min(self._lufs - measured, self._most))
        now = 1.0 if self._gain is None else self._gain
        factors = np.full(len(samples), now, np.float32)
        ramp = min(len(samples), round(_RAMP_SECONDS * self._rate))
        if before is not None:
            factors[:ramp] = np.linspace(before, now, ramp, dtype=np.float32)
        return samples * factors

    def _limited(self, count: int) -> FloatArray:
        """The first so many that were kept."""
        around, _ = limit(np.concatenate([self._given, self._kept]), self._rate, self._ceiling)
        ready = around[len(self._given) : len(self._given) + count]
        passed = np.concatenate([self._given, self._kept[:count]])
        self._given, self._kept = passed[max(0, len(passed) - self._reach) :], self._kept[count:]
        return ready
