"""GPT-2's linear layers with weights of eight bits, for CPUs: it reads a quarter as much for each code of sound.

What is gained is measured in docs/engines.md; what is lost can be told with published weights only, which is why it is
an option.
"""

from __future__ import annotations

import warnings
from typing import Any


def int8(network: Any) -> None:
    """Change a network of ``transformers``' GPT-2 in place, a layer at a time so that little memory is taken beside it:
    weights of eight bits, by the rows of each layer; sound as it comes."""
    from transformers.pytorch_utils import Conv1D

    for module in list(network.modules()):
        for name, child in list(module.named_children()):
            if isinstance(child, Conv1D):
                setattr(module, name, _layer(child))


def _layer(child: Any) -> Any:
    import torch

    plain = torch.nn.Linear(child.nx, child.nf, device="meta")
    plain.weight = torch.nn.Parameter(child.weight.detach().T.contiguous())
    plain.bias = torch.nn.Parameter(child.bias.detach())
    quantize: Any = torch.ao.quantization.quantize_dynamic  # the library is half annotated
    by_rows = torch.ao.quantization.per_channel_dynamic_qconfig
    with warnings.catch_warnings():  # its successor, torchao, is not needed for anything else here
        warnings.simplefilter("ignore")
        found = quantize(torch.nn.Sequential(plain), {"0": by_rows}, inplace=True)
    return found[0]


def weight_of(network: Any) -> int:
    """Bytes of the eight-bit layers of a network, which PyTorch does not count as parameters."""
    import torch

    packed: list[Any] = [one for one in network.modules() if isinstance(one, torch.ao.nn.quantized.dynamic.Linear)]
    tensors = [tensor for layer in packed for tensor in (layer.weight(), layer.bias())]
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors if tensor is not None)
