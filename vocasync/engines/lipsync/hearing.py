"""Speech as lip sync networks are given it: sixteen columns of a mel spectrogram, a fifth of a second, to a frame."""

from __future__ import annotations

import numpy as np

from vocasync.engines.mel import HOP, LOUDEST, MELS, RATE, mel
from vocasync.types import Audio, FloatArray

WIDTH = 16
"""Columns of a window."""

PER_SECOND = RATE / HOP
"""Columns a second."""

_BLOCK = 2048  # columns that are worked out at once: memory does not grow with the speech
_MARGIN = 3  # columns beside a block that its own need, one of them for the emphasis of its first sample


class Hearing:
    """The windows of a speech."""

    def __init__(self, speech: Audio) -> None:
        """speech: at ``RATE``. What is no number in it is taken for silence."""
        self._samples = speech.samples if len(speech.samples) else np.zeros(1, np.float32)
        self.columns = 1 + len(speech.samples) // HOP
        self._block, self._start = np.zeros((0, MELS), np.float32), 0

    def window(self, start: int) -> FloatArray:
        """The ``WIDTH`` columns from ``start`` on, shape (MELS, WIDTH); the last ones where there are not so many, and
        silence behind speech that is shorter than a window."""
        start = max(0, min(start, self.columns - WIDTH))
        if not self._start <= start <= self._start + len(self._block) - WIDTH:
            self._block, self._start = self._columns(start, min(start + _BLOCK, self.columns)), start
        found = self._block[start - self._start :][:WIDTH]
        padded: FloatArray = np.pad(found, ((0, WIDTH - len(found)), (0, 0)), constant_values=-LOUDEST).T
        return padded

    def _columns(self, start: int, end: int) -> FloatArray:
        first = max(0, start - _MARGIN)
        samples = np.nan_to_num(self._samples[first * HOP : (end + _MARGIN) * HOP], nan=0.0, posinf=0.0, neginf=0.0)
        return mel(Audio(samples, RATE))[start - first : end - first]
