"""What diffusion networks are put together from (P. Dhariwal and A. Nichol, "Diffusion models beat GANs on image
synthesis", NeurIPS 2021). Every size is that of the weights."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

from vocasync.engines.shapes import State, part, size

Resample = Callable[[Tensor], Tensor]

_GROUPS = 32
_HEAD = 64  # channels of a head of attention
_SLOWEST = 10_000.0  # steps in which the slowest of the waves that say a time comes round


class Norm(nn.GroupNorm):
    """In single precision whatever the network is in: sums over a picture leave the range of half precision."""

    def __init__(self, channels: int) -> None:
        super().__init__(_GROUPS, channels)

    def forward(self, given: Tensor) -> Tensor:
        """Shape (n, channels, ...), as it came."""
        return super().forward(given.float()).to(given.dtype)


class Block(nn.Module):
    """Two convolutions that are told the time and the sound, added to what came in."""

    def __init__(self, state: State, resample: Resample | None = None) -> None:
        super().__init__()
        made, given = state["in_layers.2.weight"].shape[:2]
        self.in_layers = nn.Sequential(Norm(given), nn.SiLU(), nn.Conv2d(given, made, 3, padding=1))
        self.emb_layers = nn.Sequential(nn.SiLU(), nn.Linear(size(state, "emb_layers.1.weight", 1), made))
        self.out_layers = nn.Sequential(Norm(made), nn.SiLU(), nn.Identity(), nn.Conv2d(made, made, 3, padding=1))
        self.skip_connection = nn.Identity() if given == made else nn.Conv2d(given, made, 1)
        self.resample = resample

    def forward(self, given: Tensor, told: Tensor) -> Tensor:
        """Shape (n, channels, height, width) and (n, width of what is told)."""
        norm, active, conv = self.in_layers
        hidden = active(norm(given))
        if self.resample is not None:
            hidden, given = self.resample(hidden), self.resample(given)
        hidden = conv(hidden) + self.emb_layers(told)[..., None, None].to(given.dtype)
        found: Tensor = self.skip_connection(given) + self.out_layers(hidden)
        return found


class Attention(nn.Module):
    """Every place of a picture looks at every other."""

    def __init__(self, state: State) -> None:
        super().__init__()
        channels = size(state, "norm.weight")
        if channels % _HEAD:
            raise ValueError(f"{channels} channels of attention")
        self.norm = Norm(channels)
        self.qkv = nn.Conv1d(channels, 3 * channels, 1)
        self.proj_out = nn.Conv1d(channels, channels, 1)

    def forward(self, given: Tensor, told: Tensor) -> Tensor:
        """Shape (n, channels, height, width); nothing is told to it."""
        flat = given.flatten(2)
        heads = self.qkv(self.norm(flat)).unflatten(1, (-1, 3 * _HEAD)).transpose(2, 3)
        seen = functional.scaled_dot_product_attention(*(one.contiguous() for one in heads.split(_HEAD, dim=3)))
        found: Tensor = given + self.proj_out(seen.transpose(2, 3).flatten(1, 2)).view_as(given)
        return found


class Entry(nn.Conv2d):
    """A first convolution; nothing is told to it."""

    def __init__(self, state: State) -> None:
        made, given = state["weight"].shape[:2]
        super().__init__(given, made, 3, padding=1)

    def forward(self, given: Tensor, told: Tensor) -> Tensor:  # type: ignore[override]
        """Shape (n, channels, height, width)."""
        return super().forward(given)


class Stage(nn.Sequential):
    """Layers one after the other, each told the same."""

    def forward(self, given: Tensor, told: Tensor) -> Tensor:  # type: ignore[override]
        """Shape (n, channels, height, width)."""
        for layer in self:
            given = layer(given, told)
        return given


def stage(state: State, resample: Resample | None = None) -> Stage:
    """The layers of these weights; the last of its blocks resamples, where that is asked."""
    number = len({name.partition(".")[0] for name in state})
    last = max((place for place in range(number) if f"{place}.in_layers.0.weight" in state), default=-1)
    return Stage(*(_layer(part(state, f"{place}."), resample if place == last else None) for place in range(number)))


def stages(state: State, name: str) -> list[State]:
    """The weights of each stage of a list of them."""
    number = 0
    found = []
    while inner := part(state, f"{name}.{number}."):
        found.append(inner)
        number += 1
    return found


def _layer(state: State, resample: Resample | None) -> nn.Module:
    if "in_layers.0.weight" in state:
        return Block(state, resample)
    return Attention(state) if "qkv.weight" in state else Entry(state)


def told_time(state: State) -> nn.Sequential:
    """The network that a time is told through."""
    made, given = state["0.weight"].shape
    return nn.Sequential(
        nn.Linear(given, made), nn.SiLU(), nn.Linear(size(state, "2.weight", 1), size(state, "2.weight"))
    )


def waves(times: Tensor, width: int) -> Tensor:
    """Times, shape (n,), as cosines and sines of ``width // 2`` frequencies: shape (n, width)."""
    half = width // 2
    rates = torch.exp(-math.log(_SLOWEST) / half * torch.arange(half, device=times.device))
    angles = times[:, None].float() * rates
    return torch.cat([angles.cos(), angles.sin()], dim=1)


def halved(given: Tensor) -> Tensor:
    """A picture of half the size, in both directions."""
    return functional.avg_pool2d(given, 2)


def doubled(given: Tensor) -> Tensor:
    """A picture of twice the size."""
    return functional.interpolate(given, scale_factor=2.0, mode="nearest")


def pooled(height: int, width: int) -> Resample:
    """To a ``height``th and a ``width``th of the size."""
    return lambda given: functional.avg_pool2d(given, (height, width))
