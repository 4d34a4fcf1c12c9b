"""The speaker encoder: L. Wan et al., "Generalized end-to-end loss for speaker verification", ICASSP 2018.

What it is given, and how a recording's stretches are put together, is that of
:mod:`vocasync.engines.speaker.resemblyzer`, whose package ships these very weights.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import torch
from torch import Tensor, nn

from vocasync.engines.shapes import count, filled, measured, size
from vocasync.engines.tts.sv2tts.checkpoint import read
from vocasync.errors import PipelineError

_LEAST = 1e-5


class Ge2e(nn.Module):
    """An LSTM whose last state, seen through one layer, is the voice."""

    def __init__(self, mels: int, hidden: int, layers: int, dimensions: int) -> None:
        super().__init__()
        self.lstm = nn.LSTM(mels, hidden, layers, batch_first=True)
        self.linear = nn.Linear(hidden, dimensions)
        self.similarity_weight = nn.Parameter(torch.ones(1))  # these two were for the training alone
        self.similarity_bias = nn.Parameter(torch.zeros(1))

    def forward(self, mels: Tensor) -> Tensor:
        """Mel power of stretches, shape (n, frames, mels), to unit vectors, shape (n, dimensions)."""
        last = self.lstm(mels)[1][0][-1]
        raw: Tensor = torch.relu(self.linear(last))
        unit: Tensor = raw / (raw.norm(dim=1, keepdim=True) + _LEAST)
        return unit


def built(path: Path) -> Ge2e:
    """The network of the weights in a file. Raises ``weights_unsafe``, ``weights_damaged``."""
    state = read(path)
    with measured(path):
        net = Ge2e(
            mels=size(state, "lstm.weight_ih_l0", 1),
            hidden=size(state, "lstm.weight_hh_l0", 1),
            layers=count(state, "lstm.weight_hh_l{}"),
            dimensions=size(state, "linear.weight"),
        )
    return filled(net, state, path)


def packaged() -> Path:
    """The same weights in Resemblyzer's package: byte for byte what was published as ``encoder.pt``."""
    package = find_spec("resemblyzer")
    if package is None or package.origin is None:
        raise PipelineError("engine_not_ready", label="SV2TTS", missing="Run `make setup`: Resemblyzer is missing.")
    return Path(package.origin).with_name("pretrained.pt")
