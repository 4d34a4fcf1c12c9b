"""Sound as it comes over a network, in numbered pieces of any rate, into one stream at the rate that is heard at.

Pure: it knows no clock and no thread. Pieces may come twice, in another order, or not at all.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import soxr

from vocasync.errors import PipelineError
from vocasync.types import ANALYSIS_RATE, FloatArray

RATES = (8_000, 96_000)
"""Lowest and highest rate in Hz that is taken."""
CHANNELS = 2
"""Most channels that are taken."""

MOST_EARLY = 32
"""How many pieces that came too early wait for the ones before them."""
PATIENCE = 0.5
"""Seconds for which they wait."""
LONGEST_GAP = 10.0
"""Seconds of silence at most that stand for pieces that never came: a number far ahead is more likely garbage."""

_FULL_SCALE = 32_768.0


@dataclass(frozen=True, slots=True, eq=False)
class Taken:
    """samples: float32 mono at ``ANALYSIS_RATE``, shape (n,), what can be heard now. lost: how many pieces were given
    up in it, for each of which there is silence."""

    samples: FloatArray
    lost: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class _Piece:
    """mono: float32 at ``rate``; None for a piece that was refused. came: by the caller's clock, seconds."""

    mono: FloatArray | None
    rate: int
    came: float

    @property
    def seconds(self) -> float:
        return 0.0 if self.mono is None else len(self.mono) / self.rate


class Chunks:
    """The pieces of one session. rate, channels: of those that do not say it themselves. longest: seconds that a piece
    may have. Raises ``rate_unsupported``, ``channels_unsupported``."""

    def __init__(self, rate: int = ANALYSIS_RATE, channels: int = 1, *, longest: float = 1.0) -> None:
        self._longest = longest
        self._shape(rate, channels)
        self._stream: soxr.ResampleStream | None = None
        self._rate = 0
        self._usual = 0.0
        self._early: dict[int, _Piece] = {}
        self.next = 0
        """Number of the piece that is wanted next; all before it came or were given up."""

    def _shape(self, rate: int, channels: int) -> None:
        if not RATES[0] <= rate <= RATES[1]:
            raise PipelineError("rate_unsupported", rate=rate, low=RATES[0], high=RATES[1])
        if not 1 <= channels <= CHANNELS:
            raise PipelineError("channels_unsupported", channels=channels, most=CHANNELS)
        self.rate, self.channels = rate, channels

    def tune(self, rate: int, channels: int) -> None:
        """The pieces that come from now on are of this form. Raises as the constructor does, and nothing changes."""
        self._shape(rate, channels)

    def give(self, number: int, data: bytes, now: float) -> Taken:
        """Take a piece: PCM of 16 bits, little-endian, channels interleaved. now: seconds by any clock that goes on.

        Returns what can be heard: pieces in the order of their numbers, those that came twice once. Raises
        ``chunk_too_long`` and ``chunk_odd`` for one that cannot be taken, in whose place there is silence then.
        """
        if number < self.next or number in self._early:
            return self.wait(now)
        try:
            mono: FloatArray | None = self._decoded(data)
        except PipelineError:
            self._early[number] = _Piece(None, self.rate, now)
            raise
        self._early[number] = _Piece(mono, self.rate, now)
        return self.wait(now)

    def wait(self, now: float) -> Taken:
        """What can be heard as time passes: what was missing for too long is given up."""
        found: list[FloatArray] = []
        lost = 0
        while self._early:
            piece = self._early.pop(self.next, None)
            if piece is None and not self._hopeless(now):
                break
            gap = min(self._early) - self.next if piece is None else int(piece.mono is None)
            found.append(self._heard(piece, gap))
            lost += gap
            self.next += gap if piece is None else 1
        return Taken(np.concatenate(found) if found else np.zeros(0, np.float32), lost)

    def finish(self) -> Taken:
        """Nothing more comes: what waited is heard, and the end of the stream."""
        rest = self.wait(float("inf"))
        return Taken(np.concatenate([rest.samples, self._flushed()]), rest.lost)

    def _hopeless(self, now: float) -> bool:
        """Whether what is missing will not come any more."""
        return len(self._early) >= MOST_EARLY or now - min(piece.came for piece in self._early.values()) >= PATIENCE

    def _heard(self, piece: _Piece | None, gap: int) -> FloatArray:
        """A piece at the rate that is heard at, or silence for ``gap`` pieces."""
        if piece is None or piece.mono is None:
            return self._silence(gap)
        self._usual = piece.seconds
        return self._resampled(piece.mono, piece.rate)

    def _silence(self, gap: int) -> FloatArray:
        """As long as that many pieces usually are, or as the next one is where there was none before."""
        following = next((one for _, one in sorted(self._early.items()) if one.mono is not None), None)
        usual = self._usual or (following.seconds if following else 0.0)
        rate = self._rate or self.rate
        return self._resampled(np.zeros(round(min(gap * usual, LONGEST_GAP) * rate), np.float32), rate)

    def _resampled(self, mono: FloatArray, rate: int) -> FloatArray:
        before = self._flushed() if rate != self._rate else np.zeros(0, np.float32)
        if self._stream is None:
            self._stream = soxr.ResampleStream(rate, ANALYSIS_RATE, 1, dtype="float32", quality="HQ")
            self._rate = rate
        return np.concatenate([before, self._stream.resample_chunk(mono)])

    def _flushed(self) -> FloatArray:
        """The end of what was resampled so far."""
        stream, self._stream, self._rate = self._stream, None, 0
        if stream is None:
            return np.zeros(0, np.float32)
        return np.asarray(stream.resample_chunk(np.zeros(0, np.float32), last=True), np.float32)

    def _decoded(self, data: bytes) -> FloatArray:
        frame = 2 * self.channels
        seconds = len(data) / frame / self.rate
        if seconds > self._longest:
            raise PipelineError("chunk_too_long", seconds=seconds, limit=self._longest)
        if len(data) % frame:
            raise PipelineError("chunk_odd", size=len(data), frame=frame)
        samples = np.frombuffer(data, "<i2").reshape(-1, self.channels).astype(np.float32) / _FULL_SCALE
        return np.asarray(samples.mean(axis=1), np.float32)
