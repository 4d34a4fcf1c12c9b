"""What Tacotron's encoder, its decoder and its postnet are put together from (Y. Wang et al., "Tacotron: towards
end-to-end speech synthesis", Interspeech 2017).

Lines of several lengths go through together, padded on the right. What lies beyond the end of a line is kept at zero
before every convolution, which is what the convolution would find there if the line were alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from vocasync.engines.shapes import State, count, size

Masks = tuple[Tensor, Tensor]
"""Of a pre-net's two layers: 0 or 2 for every unit, by dropout that keeps half."""


class PreNet(nn.Module):
    """A bottleneck of two layers. Its dropout is part of the model: without it the attention gets stuck."""

    def __init__(self, width: int, first: int, second: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(width, first)
        self.fc2 = nn.Linear(first, second)
        self.widths = (first, second)

    @classmethod
    def of(cls, state: State) -> PreNet:
        """With the sizes of these weights."""
        return cls(size(state, "fc1.weight", 1), size(state, "fc1.weight"), size(state, "fc2.weight"))

    def forward(self, given: Tensor, masks: Masks) -> Tensor:
        """Shape (..., width) to (..., second)."""
        hidden = torch.relu(self.fc1(given)) * masks[0]
        return torch.relu(self.fc2(hidden)) * masks[1]


class Normed(nn.Module):
    """A convolution in time that is normalised after its activation."""

    def __init__(self, width: int, channels: int, kernel: int, *, active: bool = True) -> None:
        super().__init__()
        self.conv = nn.Conv1d(width, channels, kernel, padding=kernel // 2, bias=False)
        self.bnorm = nn.BatchNorm1d(channels)
        self.active = active

    def forward(self, given: Tensor) -> Tensor:
        """Shape (lines, width, times) to (lines, channels, times): an even kernel sees one more of the past."""
        made = self.conv(given)[..., : given.shape[-1]]
        normed: Tensor = self.bnorm(torch.relu(made) if self.active else made)
        return normed


class Highway(nn.Module):
    """A layer that is told by a gate how much of it to let through."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.W1 = nn.Linear(width, width)
        self.W2 = nn.Linear(width, width)

    def forward(self, given: Tensor) -> Tensor:
        """Shape (..., width), as it came."""
        gate = torch.sigmoid(self.W2(given))
        return gate * torch.relu(self.W1(given)) + (1.0 - gate) * given


@dataclass(frozen=True, slots=True)
class Sizes:
    """Of a :class:`Cbhg`. kernels: its bank has convolutions of 1 to so many. projected: channels of its two
    projections; the second one's are what comes in."""

    kernels: int
    width: int
    channels: int
    projected: tuple[int, int]
    highway: int
    highways: int
    hidden: int

    @classmethod
    def of(cls, state: State) -> Sizes:
        """Those of these weights."""
        return cls(
            kernels=count(state, "conv1d_bank.{}.conv.weight"),
            width=size(state, "conv1d_bank.0.conv.weight", 1),
            channels=size(state, "conv1d_bank.0.conv.weight"),
            projected=(size(state, "conv_project1.conv.weight"), size(state, "conv_project2.conv.weight")),
            highway=size(state, "highways.0.W1.weight"),
            highways=count(state, "highways.{}.W1.weight"),
            hidden=size(state, "rnn.weight_hh_l0", 1),
        )


class Cbhg(nn.Module):
    """Convolutions of several widths, a projection added to what came in, highways, and a GRU in both directions."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        first, second = sizes.projected
        self.conv1d_bank = nn.ModuleList(
            Normed(sizes.width, sizes.channels, kernel) for kernel in range(1, sizes.kernels + 1)
        )
        self.maxpool = nn.MaxPool1d(kernel_size=2, stride=1, padding=1)
        self.conv_project1 = Normed(sizes.kernels * sizes.channels, first, 3)
        self.conv_project2 = Normed(first, second, 3, active=False)
        if second != sizes.highway:
            self.pre_highway = nn.Linear(second, sizes.highway, bias=False)
        self.highways = nn.ModuleList(Highway(sizes.highway) for _ in range(sizes.highways))
        self.rnn = nn.GRU(sizes.highway, sizes.hidden, batch_first=True, bidirectional=True)

    def forward(self, given: Tensor, lengths: Tensor) -> Tensor:
        """Shape (lines, times, width) to (lines, times, 2 * hidden); lengths: of each line, on the CPU."""
        inside = (torch.arange(given.shape[1]) < lengths[:, None])[:, None].to(given)
        came = given.transpose(1, 2) * inside
        bank = torch.cat([one(came) for one in self.conv1d_bank], dim=1)
        pooled = self.maxpool(bank)[..., : came.shape[-1]] * inside
        projected = self.conv_project2(self.conv_project1(pooled) * inside) + came
        highway = projected.transpose(1, 2)
        if hasattr(self, "pre_highway"):
            highway = self.pre_highway(highway)
        for layer in self.highways:
            highway = layer(highway)
        packed = pack_padded_sequence(highway, lengths, batch_first=True, enforce_sorted=False)
        return pad_packed_sequence(self.rnn(packed)[0], batch_first=True, total_length=given.shape[1])[0]
