"""What is left to chance, line by line: the same line with the same seed is said the same, whatever is said with it."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import torch
from torch import Tensor

from vocasync.engines.tts.sv2tts.layers import Masks


class Chance:
    """A line's own source of numbers."""

    def __init__(self, seed: int, text: str) -> None:
        self._source = torch.Generator().manual_seed(zlib.crc32(f"{seed} {text}".encode(errors="replace")))

    def masks(self, count: int, widths: tuple[int, int]) -> Masks:
        """Dropout that keeps half, ``count`` times, for layers of these widths: shape (count, width) each."""
        first, second = (2.0 * (self.uniform(count, width) < 0.5) for width in widths)
        return first, second

    def uniform(self, *shape: int) -> Tensor:
        """Numbers from 0 up to 1, float32."""
        return torch.rand(shape, generator=self._source)


def together(lines: Sequence[Masks]) -> Masks:
    """The masks of several lines, padded on the right: shape (lines, count, width) each."""
    first, second = (torch.nn.utils.rnn.pad_sequence(list(one), batch_first=True) for one in zip(*lines, strict=True))
    return first, second
