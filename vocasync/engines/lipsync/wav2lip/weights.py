"""The published files in all their forms: a pickled training state, a bare state dict, a TorchScript archive."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from vocasync.engines.lipsync.hearing import WIDTH
from vocasync.engines.lipsync.wav2lip.network import SIDE, Wav2Lip
from vocasync.engines.mel import MELS
from vocasync.engines.shapes import State, filled, measured
from vocasync.weights import safe, torchscript

_PARALLEL = "module."  # before every name in what was trained on several GPUs


def built(path: Path) -> Wav2Lip:
    """The network with the weights in a file. Raises ``weights_unsafe``, ``weights_damaged``."""
    state = read(path)
    with measured(path):
        net = Wav2Lip(state)
    net = filled(net, state, path)
    with measured(path), torch.inference_mode():  # parts that load may still not fit together
        net(torch.zeros(1, 1, MELS, WIDTH), torch.zeros(1, 6, SIDE, SIDE))
    return net


def read(path: Path) -> State:
    """The tensors in a file. Raises ``weights_unsafe``, ``weights_damaged``."""
    found = torchscript.state_of(path) if torchscript.is_torchscript(path) else safe.load_checkpoint(path)
    if isinstance(found, Mapping) and "state_dict" in found:
        found = found["state_dict"]
    if not isinstance(found, Mapping) or not found or not all(isinstance(one, Tensor) for one in found.values()):
        raise safe.damaged(path, "it holds no “state_dict”")
    return {str(name).removeprefix(_PARALLEL): tensor for name, tensor in found.items()}
