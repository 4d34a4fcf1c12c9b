"""The network: a face's encoder and the sound's, and a decoder that is shown every stage of the face's.

Channels are those of the weights; kernels' steps, which no weight tells, are the published network's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from vocasync.engines.shapes import State, size

SIDE = 96
"""Pixels of its pictures, in both directions."""


@dataclass(frozen=True, slots=True)
class Step:
    """How a convolution goes over its picture. again: its result is added to what it was given. grows: it is the
    opposite of one that steps over its picture."""

    stride: int | tuple[int, int] = 1
    padding: int = 1
    again: bool = False
    grows: bool = False


_SAME, _HALVE = Step(again=True), Step(stride=2)
_DOUBLE = Step(stride=2, grows=True)
_POINT = Step(padding=0)

FACE = (
    (Step(padding=3),),
    (_HALVE, _SAME, _SAME),
    (_HALVE, _SAME, _SAME, _SAME),
    (_HALVE, _SAME, _SAME),
    (_HALVE, _SAME, _SAME),
    (_HALVE, _SAME),
    (_POINT, _POINT),
)
"""Seven stages: 96, 48, 24, 12, 6, 3 and 1 pixels."""

SOUND = (
    *(Step(), _SAME, _SAME),
    *(Step(stride=(3, 1)), _SAME, _SAME),
    *(Step(stride=3), _SAME, _SAME),
    *(Step(stride=(3, 2)), _SAME),
    *(_POINT, _POINT),
)
"""From 80 bands by 16 columns to one point."""

DECODER = (
    (_POINT,),
    (Step(padding=0, grows=True), _SAME),
    *((_DOUBLE, _SAME, _SAME),) * 5,
)


class Unit(nn.Module):
    """A convolution, normalised, and cut off below zero."""

    def __init__(self, weight: Tensor, step: Step) -> None:
        super().__init__()
        kernel = (weight.shape[2], weight.shape[3])
        if step.grows:
            given, made = weight.shape[:2]
            conv: nn.Module = nn.ConvTranspose2d(
                given, made, kernel, step.stride, step.padding, output_padding=1 if step.stride == 2 else 0
            )
        else:
            made, given = weight.shape[:2]
            conv = nn.Conv2d(given, made, kernel, step.stride, step.padding)
        self.conv_block = nn.Sequential(conv, nn.BatchNorm2d(made))
        self.again = step.again

    def forward(self, given: Tensor) -> Tensor:
        """Shape (n, channels, height, width)."""
        made = self.conv_block(given)
        return torch.relu_(made + given if self.again else made)


class Wav2Lip(nn.Module):
    """A face whose lower half is to be made, and what is heard, to the face that says it."""

    def __init__(self, state: State) -> None:
        """Raises KeyError, ValueError for tensors that are not those of such a network."""
        super().__init__()
        self.face_encoder_blocks = nn.ModuleList(
            _units(state, f"face_encoder_blocks.{number}", steps) for number, steps in enumerate(FACE)
        )
        self.audio_encoder = _units(state, "audio_encoder", SOUND)
        self.face_decoder_blocks = nn.ModuleList(
            _units(state, f"face_decoder_blocks.{number}", steps) for number, steps in enumerate(DECODER)
        )
        self.output_block = nn.Sequential(
            *_units(state, "output_block", (Step(),)),
            nn.Conv2d(size(state, "output_block.1.weight", 1), size(state, "output_block.1.weight"), 1),
            nn.Sigmoid(),
        )

    def forward(self, sound: Tensor, faces: Tensor) -> Tensor:
        """sound: mel windows, shape (n, 1, 80, 16). faces: BGR from 0 to 1, the lower half black, and the same whole,
        shape (n, 6, 96, 96). Gives BGR from 0 to 1, shape (n, 3, 96, 96)."""
        stages = []
        for block in self.face_encoder_blocks:
            faces = block(faces)
            stages.append(faces)
        made = self.audio_encoder(sound)
        for block in self.face_decoder_blocks:
            made = torch.cat([block(made), stages.pop()], dim=1)
        finished: Tensor = self.output_block(made)
        return finished


def _units(state: State, prefix: str, steps: Sequence[Step]) -> nn.Sequential:
    return nn.Sequential(
        *(Unit(state[f"{prefix}.{number}.conv_block.0.weight"], step) for number, step in enumerate(steps))
    )
