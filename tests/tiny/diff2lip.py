"""Diff2Lip with three of its five levels, at half of its width. Shapes follow from a few numbers by the rule below,
which is not taken from the network under test."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch

from vocasync.weights import licences

NAME = "diff2lip"
FILE = "checkpoint.pt"

Shapes = dict[str, tuple[int, ...]]
State = dict[str, torch.Tensor]


@dataclass(frozen=True)
class Sizes:
    """base: channels of the outermost level. levels: of each, how many times as many. attended: levels with attention.
    blocks: of a level. sound: of the sound's encoder, the like."""

    base: int = 128
    levels: tuple[int, ...] = (1, 1, 2, 3, 4)
    attended: frozenset[int] = frozenset({2, 3, 4})
    blocks: int = 2
    sound: tuple[int, ...] = (32, 64, 96, 128)


PUBLISHED = Sizes()
TINY = Sizes(base=64, levels=(1, 1, 1), attended=frozenset({1}), blocks=1)


def build(models: Path) -> None:
    """Write ``checkpoint.pt``, the terms accepted."""
    (models / NAME).mkdir(parents=True)
    torch.save(state(TINY), models / NAME / FILE)
    licences.accept(NAME, models, "tests")


def state(sizes: Sizes = PUBLISHED) -> State:
    """Random weights that let through what is seen and heard."""
    source = torch.Generator().manual_seed(1)
    return {name: _tensor(name, shape, source) for name, shape in shapes(sizes).items()}


def shapes(sizes: Sizes = PUBLISHED) -> Shapes:
    """Name and shape of every tensor."""
    wide = 4 * sizes.base
    found = _linear("time_embed.0", sizes.base, wide) | _linear("time_embed.2", wide, wide)
    found |= _net(sizes, wide) | _norm("out.0", sizes.base) | _conv("out.2", sizes.base, 6)
    found |= _sound(sizes.sound, sizes.blocks)
    last = sizes.sound[-1]
    return found | _norm("audio_encoder_to_style.0", last) | _conv("audio_encoder_to_style.3", last, wide, 1)


def _net(sizes: Sizes, wide: int) -> Shapes:
    found, left = _conv("input_blocks.0.0", 9, sizes.base), [sizes.base]
    channels, number, top = sizes.base, 1, len(sizes.levels) - 1
    for level, times in enumerate(sizes.levels):
        for _ in range(sizes.blocks):
            made = times * sizes.base
            found |= _block(f"input_blocks.{number}.0", channels, made, wide)
            found |= _attention(f"input_blocks.{number}.1", made) if level in sizes.attended else {}
            channels, number = made, number + 1
            left.append(channels)
        if level < top:
            found |= _block(f"input_blocks.{number}.0", channels, channels, wide)
            number += 1
            left.append(channels)
    found |= _block("middle_block.0", channels, channels, wide) | _attention("middle_block.1", channels)
    found |= _block("middle_block.2", channels, channels, wide)
    number = 0
    for level in range(top, -1, -1):
        for place in range(sizes.blocks + 1):
            made, layer = sizes.levels[level] * sizes.base, 1
            found |= _block(f"output_blocks.{number}.0", channels + left.pop(), made, wide)
            channels = made
            if level in sizes.attended:
                found |= _attention(f"output_blocks.{number}.1", channels)
                layer = 2
            if level and place == sizes.blocks:
                found |= _block(f"output_blocks.{number}.{layer}", channels, channels, wide)
            number += 1
    return found


def _sound(channels: tuple[int, ...], blocks: int) -> Shapes:
    inner, wide = "audio_encoder", channels[0]
    found = _linear(f"{inner}.time_embed.0", wide, wide) | _linear(f"{inner}.time_embed.2", wide, wide)
    found |= {f"{inner}.input_block.0.weight": (64, 80, 3), f"{inner}.input_block.0.bias": (64,)}
    found |= _norm(f"{inner}.input_block.1", 64) | _conv(f"{inner}.encoder_blocks.0.0", 1, wide)
    number, given = 1, wide
    for level, made in enumerate(channels):
        for _ in range(blocks):
            found |= _block(f"{inner}.encoder_blocks.{number}.0", given, made, wide)
            number, given = number + 1, made
        if level < len(channels) - 1:
            found |= _block(f"{inner}.encoder_blocks.{number}.0", given, given, wide)
            number += 1
    return found | _block(f"{inner}.middle_block.0", given, given, wide)


def _block(name: str, given: int, made: int, wide: int) -> Shapes:
    found = _norm(f"{name}.in_layers.0", given) | _conv(f"{name}.in_layers.2", given, made)
    found |= _linear(f"{name}.emb_layers.1", wide, made)
    found |= _norm(f"{name}.out_layers.0", made) | _conv(f"{name}.out_layers.3", made, made)
    return found if given == made else found | _conv(f"{name}.skip_connection", given, made, 1)


def _attention(name: str, channels: int) -> Shapes:
    found = _norm(f"{name}.norm", channels)
    for layer, made in (("qkv", 3 * channels), ("proj_out", channels)):
        found |= {f"{name}.{layer}.weight": (made, channels, 1), f"{name}.{layer}.bias": (made,)}
    return found


def _conv(name: str, given: int, made: int, kernel: int = 3) -> Shapes:
    return {f"{name}.weight": (made, given, kernel, kernel), f"{name}.bias": (made,)}


def _linear(name: str, given: int, made: int) -> Shapes:
    return {f"{name}.weight": (made, given), f"{name}.bias": (made,)}


def _norm(name: str, channels: int) -> Shapes:
    return {f"{name}.weight": (channels,), f"{name}.bias": (channels,)}


def _tensor(name: str, shape: tuple[int, ...], source: torch.Generator) -> torch.Tensor:
    if len(shape) > 1:
        made: torch.Tensor = torch.randn(shape, generator=source) / float(torch.Size(shape[1:]).numel()) ** 0.5
        return made
    return torch.ones(shape) if name.endswith("weight") else torch.zeros(shape)
