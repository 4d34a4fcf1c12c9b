"""Small steps in 8-bit integers: weights are rounded once, a scale a row; what they are multiplied with, as it comes.

A recurrent network's step reads every weight to multiply it a few times only, so that memory is what it waits for: a
quarter of the bytes, and the processor's own instructions for them, make a step many times faster.
"""

from __future__ import annotations

import warnings
from functools import cache
from typing import Any

import torch
from torch import Tensor, nn

_LEAST = 1e-8
_MOST = 127.0


class Integers(nn.Module):
    """A layer, or a cell of a recurrent one, in integers."""

    bytes = 0

    def _packed(self, weight: Tensor, bias: Tensor | None) -> Any:
        scales = weight.abs().amax(dim=1).clamp_min(_LEAST).double() / _MOST
        zeros = torch.zeros(len(weight), dtype=torch.long)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "torch.quantize_per_tensor", UserWarning)  # there is no other way yet
            rounded = torch.quantize_per_channel(weight, scales, zeros, 0, torch.qint8)
        self.bytes += weight.numel()
        return torch.ops.quantized.linear_prepack(rounded, bias)


class IntegerLinear(Integers):
    """A layer."""

    def __init__(self, layer: nn.Linear) -> None:
        super().__init__()
        self._weights = self._packed(layer.weight.data, layer.bias)

    def forward(self, given: Tensor) -> Tensor:
        """As ``nn.Linear`` does, of two dimensions or more."""
        return _product(given, self._weights)


class IntegerGru(Integers):
    """A GRU's cell."""

    def __init__(self, cell: nn.GRUCell) -> None:
        super().__init__()
        self._input = self._packed(cell.weight_ih.data, cell.bias_ih.data)
        self._state = self._packed(cell.weight_hh.data, cell.bias_hh.data)

    def forward(self, given: Tensor, state: Tensor) -> Tensor:
        """As ``nn.GRUCell`` does."""
        reset, update, new = _product(given, self._input).chunk(3, dim=1)
        reset_of, update_of, new_of = _product(state, self._state).chunk(3, dim=1)
        candidate = torch.tanh(new + torch.sigmoid(reset + reset_of) * new_of)
        return candidate + torch.sigmoid(update + update_of) * (state - candidate)


class IntegerLstm(Integers):
    """An LSTM's cell."""

    def __init__(self, cell: nn.LSTMCell) -> None:
        super().__init__()
        self._input = self._packed(cell.weight_ih.data, cell.bias_ih.data)
        self._state = self._packed(cell.weight_hh.data, cell.bias_hh.data)

    def forward(self, given: Tensor, state: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        """As ``nn.LSTMCell`` does."""
        hidden, cell = state
        kept, forgotten, new, shown = (_product(given, self._input) + _product(hidden, self._state)).chunk(4, dim=1)
        cell = torch.sigmoid(forgotten) * cell + torch.sigmoid(kept) * torch.tanh(new)
        return torch.sigmoid(shown) * torch.tanh(cell), cell


_KINDS: dict[type[nn.Module], type[Integers]] = {
    nn.Linear: IntegerLinear,
    nn.GRUCell: IntegerGru,
    nn.LSTMCell: IntegerLstm,
}


def reckon(net: nn.Module, *names: str) -> None:
    """Have these layers and cells of the network reckon in integers, in place; their weights proper go."""
    for name in names:
        one = net.get_submodule(name)
        kind: Any = _KINDS[type(one)]
        net.set_submodule(name, kind(one))


def bytes_of(net: nn.Module) -> int:
    """What weights take that are integers."""
    return sum(one.bytes for one in net.modules() if isinstance(one, Integers))


def supported() -> bool:
    """Whether this processor's PyTorch can."""
    return torch.backends.quantized.engine in ("x86", "fbgemm", "onednn")


def _product(given: Tensor, weights: Any) -> Tensor:
    found: Tensor = torch.ops.quantized.linear_dynamic(given, weights, _narrow())
    return found


@cache
def _narrow() -> bool:
    """Whether 7 bits have to do for what is multiplied: without the newer instructions, sums of 8 bits overflow."""
    able = torch.cpu.get_capabilities()
    return not (able.get("avx512_vnni") or able.get("avx_vnni"))
