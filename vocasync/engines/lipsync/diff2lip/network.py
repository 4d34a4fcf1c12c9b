"""The network: a U-Net that is told how much noise there is and what is heard.

No weight tells where it halves and doubles its pictures, but the order of its stages does: on every level so many
blocks, and one that resamples between two levels. The innermost pictures are of 8 by 8 pixels.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

from vocasync.engines.lipsync.diff2lip.layers import (
    Norm,
    Resample,
    doubled,
    halved,
    pooled,
    stage,
    stages,
    told_time,
    waves,
)
from vocasync.engines.shapes import State, part, size

_INNERMOST = 8  # pixels
_POOLS = ((2, 1), (2, 1), (2, 2))  # bands and columns between the levels of the sound's encoder


class SoundEncoder(nn.Module):
    """A window of a mel spectrogram as a small picture."""

    def __init__(self, state: State) -> None:
        super().__init__()
        made, bands, kernel = state["input_block.0.weight"].shape
        self._waves = size(state, "time_embed.0.weight", 1)
        self.time_embed = told_time(part(state, "time_embed."))
        self.input_block = nn.Sequential(nn.Conv1d(bands, made, kernel, padding=kernel // 2), Norm(made), nn.SiLU())
        given = stages(state, "encoder_blocks")
        self.encoder_blocks = nn.ModuleList(map(stage, given, _pools(given)))
        self.middle_block = stage(part(state, "middle_block."))

    def forward(self, sound: Tensor) -> Tensor:
        """Shape (n, bands, columns) to (n, channels, height, width)."""
        told = self.time_embed(waves(sound.new_zeros(len(sound)), self._waves))
        made = self.input_block(sound)[:, None]
        for one in self.encoder_blocks:
            made = one(made, told)
        found: Tensor = self.middle_block(made, told)
        return found


class Diff2Lip(nn.Module):
    """What of a noisy picture is noise."""

    def __init__(self, state: State) -> None:
        """Raises KeyError, ValueError for tensors that are not those of such a network."""
        super().__init__()
        inputs, outputs = stages(state, "input_blocks"), stages(state, "output_blocks")
        doubling = [_doubles(one) for one in outputs]
        levels = 1 + sum(doubling)
        blocks = len(outputs) // levels - 1
        if len(inputs) != levels * (blocks + 1):
            raise ValueError(f"{len(inputs)} stages in and {len(outputs)} out")
        self._waves = size(state, "time_embed.0.weight", 1)
        self.side = _INNERMOST << (levels - 1)
        self.time_embed = told_time(part(state, "time_embed."))
        self.input_blocks = nn.ModuleList(
            stage(one, halved if number and number % (blocks + 1) == 0 else None) for number, one in enumerate(inputs)
        )
        self.middle_block = stage(part(state, "middle_block."))
        self.output_blocks = nn.ModuleList(
            stage(one, doubled if doubles else None) for one, doubles in zip(outputs, doubling, strict=True)
        )
        made, channels = state["out.2.weight"].shape[:2]
        self.out = nn.Sequential(Norm(channels), nn.SiLU(), nn.Conv2d(channels, made, 3, padding=1))
        self.audio_encoder = SoundEncoder(part(state, "audio_encoder."))
        wide, heard = state["audio_encoder_to_style.3.weight"].shape[:2]
        self.audio_encoder_to_style = nn.Sequential(
            Norm(heard), nn.SiLU(), nn.AdaptiveAvgPool2d(1), nn.Conv2d(heard, wide, 1), nn.Flatten()
        )
        self._dtype = torch.float32

    def in_half_precision(self) -> Diff2Lip:
        """Itself, its convolutions between the first and the last in half precision; its norms and what it is told stay
        in single."""
        for module in (self.input_blocks, self.middle_block, self.output_blocks):
            for layer in module.modules():
                if isinstance(layer, nn.Conv1d | nn.Conv2d):
                    layer.half()
        self._dtype = torch.float16
        return self

    def style(self, sound: Tensor) -> Tensor:
        """What is heard, for :meth:`forward`. Shape (n, 80, 16) to (n, width)."""
        found: Tensor = self.audio_encoder_to_style(self.audio_encoder(sound))
        return found

    def forward(self, given: Tensor, time: int, style: Tensor) -> Tensor:
        """given: the noisy picture, the same as far as it is known, and the face, from -1 to 1: shape (n, 9, side,
        side). Gives the noise, and how sure it is of it: shape (n, 6, side, side)."""
        times = torch.full((len(given),), time, device=given.device)
        told = self.time_embed(waves(times, self._waves)) + style
        made, left = given.to(self._dtype), []
        for one in self.input_blocks:
            made = one(made, told)
            left.append(made)
        made = self.middle_block(made, told)
        for one in self.output_blocks:
            made = one(torch.cat([made, left.pop()], dim=1), told)
        found: Tensor = self.out(made.float())
        return found


def _doubles(state: State) -> bool:
    """Whether a stage ends with a block of its own for that."""
    return any(f"{place}.in_layers.0.weight" in state for place in (1, 2))


def _pools(given: list[State]) -> list[Resample | None]:
    """Of each stage: how it resamples. It does before the channels change, its first layer aside."""
    changes = ["0.skip_connection.weight" in after for _, after in pairwise(given)]
    pools = iter(_POOLS)
    found: list[Resample | None] = [pooled(*next(pools)) if change else None for change in changes]
    return [*found, None]
