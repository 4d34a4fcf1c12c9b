"""Wav2Lip at a sixteenth of its widths, in each of the forms that it was published in.

The table below gives the published shapes, unit by unit; it is not taken from the network under test.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from torch import nn

from vocasync.weights import licences

NAME = "wav2lip"
FILE = "wav2lip.pth"

_SMALLER = 16
_GIVEN = frozenset({1, 3, 6})  # channels of the spectrogram, and of pictures

Shapes = dict[str, tuple[int, ...]]
State = dict[str, torch.Tensor]

# Of each unit: channels in, channels out, kernel; below zero: a transposed convolution.
FACE = (
    ((6, 16, 7),),
    ((16, 32, 3), (32, 32, 3), (32, 32, 3)),
    ((32, 64, 3), (64, 64, 3), (64, 64, 3), (64, 64, 3)),
    ((64, 128, 3), (128, 128, 3), (128, 128, 3)),
    ((128, 256, 3), (256, 256, 3), (256, 256, 3)),
    ((256, 512, 3), (512, 512, 3)),
    ((512, 512, 3), (512, 512, 1)),
)
SOUND = (
    *((1, 32, 3), (32, 32, 3), (32, 32, 3)),
    *((32, 64, 3), (64, 64, 3), (64, 64, 3)),
    *((64, 128, 3), (128, 128, 3), (128, 128, 3)),
    *((128, 256, 3), (256, 256, 3), (256, 512, 3), (512, 512, 1)),
)
DECODER = (
    ((512, 512, 1),),
    ((1024, 512, -3), (512, 512, 3)),
    ((1024, 512, -3), (512, 512, 3), (512, 512, 3)),
    ((768, 384, -3), (384, 384, 3), (384, 384, 3)),
    ((512, 256, -3), (256, 256, 3), (256, 256, 3)),
    ((320, 128, -3), (128, 128, 3), (128, 128, 3)),
    ((160, 64, -3), (64, 64, 3), (64, 64, 3)),
)


def build(models: Path) -> None:
    """Write ``wav2lip.pth`` as what its training wrote, the terms accepted."""
    (models / NAME).mkdir(parents=True)
    prefixed = {f"module.{name}": tensor for name, tensor in state(narrow).items()}
    torch.save({"state_dict": prefixed, "optimizer": None, "global_step": 1}, models / NAME / FILE)
    licences.accept(NAME, models, "tests")


def shapes(size: Callable[[int], int] = lambda published: published) -> Shapes:
    """Name and shape of every tensor. size: of a width, given the published one."""
    found: Shapes = {}
    for name, (given, made, kernel) in _units():
        channels = (size(made), size(given)) if kernel > 0 else (size(given), size(made))
        found[f"{name}.conv_block.0.weight"] = (*channels, abs(kernel), abs(kernel))
        for one in ("0.bias", "1.weight", "1.bias", "1.running_mean", "1.running_var"):
            found[f"{name}.conv_block.{one}"] = (size(made),)
        found[f"{name}.conv_block.1.num_batches_tracked"] = ()
    return found | {"output_block.1.weight": (3, size(32), 1, 1), "output_block.1.bias": (3,)}


def state(size: Callable[[int], int] = lambda published: published) -> State:
    """Random weights that let through what is seen and heard."""
    source = torch.Generator().manual_seed(1)
    return {name: _tensor(name, shape, source) for name, shape in shapes(size).items()}


def narrow(published: int) -> int:
    """A sixteenth of a width."""
    return published if published in _GIVEN else published // _SMALLER


def archive(tensors: State, path: Path) -> None:
    """A TorchScript archive of a network with these tensors, by PyTorch itself."""
    root = _Nested()
    for name, tensor in tensors.items():
        root.put(name.split("."), tensor)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # TorchScript is on its way out; the published file stays
        torch.jit.trace(root.eval(), torch.zeros(1)).save(str(path))  # type: ignore[no-untyped-call]


class _Nested(nn.Module):
    """Modules by the names of their tensors."""

    def put(self, parts: list[str], tensor: torch.Tensor) -> None:
        if len(parts) > 1:
            if parts[0] not in self._modules:
                self.add_module(parts[0], _Nested())
            self._modules[parts[0]].put(parts[1:], tensor)  # type: ignore[union-attr, operator]
        elif tensor.is_floating_point():
            self.register_parameter(parts[0], nn.Parameter(tensor))
        else:
            self.register_buffer(parts[0], tensor)

    def forward(self, given: torch.Tensor) -> torch.Tensor:
        for tensor in (*self.parameters(), *self.buffers()):  # what is not used is not traced
            given = given + tensor.sum()
        return given


def _units() -> Iterator[tuple[str, tuple[int, int, int]]]:
    for name, stages in (("face_encoder_blocks", FACE), ("face_decoder_blocks", DECODER)):
        for number, units in enumerate(stages):
            for place, unit in enumerate(units):
                yield f"{name}.{number}.{place}", unit
    for place, unit in enumerate(SOUND):
        yield f"audio_encoder.{place}", unit
    yield "output_block.0", (80, 32, 3)


def _tensor(name: str, shape: tuple[int, ...], source: torch.Generator) -> torch.Tensor:
    if not shape:
        return torch.zeros(shape, dtype=torch.int64)
    if len(shape) == 4:
        made: torch.Tensor = torch.randn(shape, generator=source) * float(2.0 / torch.Size(shape[1:]).numel()) ** 0.5
        return made
    return torch.ones(shape) if name.endswith(("1.weight", "running_var")) else torch.zeros(shape)
