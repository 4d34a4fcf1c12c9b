"""Random numbers for models that draw from PyTorch's own generator, which the whole process shares."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

_lock = threading.RLock()


@contextmanager
def seeded(seeds: Sequence[int], device: str) -> Iterator[None]:
    """Inside, PyTorch draws what these seeds say and nobody else draws; afterwards it goes on as if nothing had been.

    seeds: of the lines of a batch. Of a single one its seed is PyTorch's own."""
    import torch

    kind, _, number = device.partition(":")
    cuda = [int(number or torch.cuda.current_device())] if kind == "cuda" else []
    with _lock, torch.random.fork_rng(devices=cuda):
        torch.manual_seed(_mixed(seeds))
        yield


def _mixed(seeds: Sequence[int]) -> int:
    if len(seeds) == 1:
        return seeds[0]
    return int.from_bytes(hashlib.sha256(repr(list(seeds)).encode()).digest()[:7])
