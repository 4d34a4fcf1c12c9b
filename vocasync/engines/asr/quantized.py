"""Whisper with the matrices of its linear layers as eight-bit integers: for CPUs.

What is gained is measured in docs/engines.md; what is lost can be told with published weights only, which is why it is
an option.
"""

from __future__ import annotations

import warnings
from typing import Any


def int8(network: Any) -> Any:
    """The same network, changed in place: its linear layers hold weights of eight bits, and take sound as it comes."""
    import torch

    quantize: Any = torch.ao.quantization.quantize_dynamic  # the library is half annotated
    by_rows = torch.ao.quantization.per_channel_dynamic_qconfig  # a scale for each row loses less than one for all
    _plain(network)
    with warnings.catch_warnings():  # its successor, torchao, is not needed for anything else here
        warnings.filterwarnings("ignore", message="torch.ao.quantization is deprecated", category=DeprecationWarning)
        warnings.filterwarnings("ignore", message="torch.quantize_per_tensor", category=UserWarning)
        return quantize(network, {torch.nn.Linear: by_rows}, inplace=True)


def _plain(module: Any) -> None:
    """Whisper's own linear layers, which PyTorch does not know, as PyTorch's, with the same tensors."""
    from torch.nn import Linear

    for name, child in module.named_children():
        if isinstance(child, Linear) and type(child) is not Linear:
            layer = Linear(child.in_features, child.out_features, child.bias is not None, device="meta")
            layer.weight, layer.bias = child.weight, child.bias
            setattr(module, name, layer)
        else:
            _plain(child)


def weight_of(network: Any) -> int:
    """Bytes of a network's tensors, those of eight bits included, which PyTorch does not count as parameters."""
    found = (tensor for value in network.state_dict().values() for tensor in _tensors(value))
    return sum(tensor.numel() * tensor.element_size() for tensor in found)


def _tensors(value: Any) -> list[Any]:
    import torch

    parts = value if isinstance(value, tuple) else (value,)  # packed: weight and bias together
    return [part for part in parts if isinstance(part, torch.Tensor)]
