"""The published file: a bare state dict."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from vocasync.engines.lipsync.diff2lip.network import Diff2Lip
from vocasync.engines.lipsync.hearing import WIDTH
from vocasync.engines.mel import MELS
from vocasync.engines.shapes import filled, measured
from vocasync.weights import safe


def built(path: Path) -> Diff2Lip:
    """The network with the weights in a file. Raises ``weights_unsafe``, ``weights_damaged``."""
    state = safe.load_checkpoint(path)
    if not isinstance(state, Mapping) or not state or not all(isinstance(one, Tensor) for one in state.values()):
        raise safe.damaged(path, "it is no state dict")
    with measured(path), torch.device("meta"):
        blank = Diff2Lip(state)
        blank(torch.zeros(1, 9, blank.side, blank.side), 0, blank.style(torch.zeros(1, MELS, WIDTH)))  # its parts fit
    with measured(path):
        net = Diff2Lip(state)
    return filled(net, state, path)
