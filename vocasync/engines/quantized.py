"""Linear layers with weights of eight bits, for CPUs, which then read a quarter as much.

What is gained is measured in docs/engines.md; what is lost can be told with published weights only, which is why it is
an option.
"""

from __future__ import annotations

import sys
import warnings
from typing import Any


def int8(network: Any) -> Any:
    """The same network, changed in place, a layer at a time so that little memory is taken beside it.

    Its linear layers, whatever a library made of PyTorch's, and those of ``transformers``' GPT-2 hold weights of eight
    bits, with a scale for each row, and take numbers as they come.
    """
    for module in list(network.modules()):
        for name, child in list(module.named_children()):
            plain = _plain(child)
            if plain is not None:
                setattr(module, name, _quantized(plain))
    return network


def _plain(child: Any) -> Any | None:
    """A linear layer as PyTorch's own, with the same tensors; None for another one."""
    import torch

    if isinstance(child, torch.nn.Linear):
        return _linear(child.weight, child.bias)
    library = sys.modules.get("transformers.pytorch_utils")  # whoever has such a layer has imported it
    if library is not None and isinstance(child, library.Conv1D):
        return _linear(torch.nn.Parameter(child.weight.detach().T.contiguous()), child.bias)
    return None


def _linear(weight: Any, bias: Any) -> Any:
    import torch

    layer = torch.nn.Linear(weight.shape[1], weight.shape[0], bias is not None, device="meta")
    layer.weight, layer.bias = weight, bias
    return layer


def _quantized(layer: Any) -> Any:
    import torch

    quantize: Any = torch.ao.quantization.quantize_dynamic  # the library is half annotated
    by_rows = torch.ao.quantization.per_channel_dynamic_qconfig  # loses less than one scale for all
    with warnings.catch_warnings():  # its successor, torchao, is not needed for anything else here
        warnings.filterwarnings("ignore", message="torch.ao.quantization is deprecated", category=DeprecationWarning)
        warnings.filterwarnings("ignore", message="torch.quantize_per_tensor", category=UserWarning)
        return quantize(torch.nn.Sequential(layer), {"0": by_rows}, inplace=True)[0]
