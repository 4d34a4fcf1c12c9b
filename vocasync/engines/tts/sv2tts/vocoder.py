"""The vocoder: WaveRNN (N. Kalchbrenner et al., "Efficient neural audio synthesis", ICML 2018), one sample a step.

A line is cut into folds that overlap, and all folds of all lines are made side by side: that takes as many steps as one
fold has samples, however long the lines are. What a step is told of the spectrogram is worked out for a few frames at a
time, so that memory does not grow with the lines.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from vocasync.engines.mel import LOUDEST
from vocasync.engines.shapes import State, count, filled, measured, one_thread, part, size
from vocasync.engines.tts.sv2tts import integers
from vocasync.engines.tts.sv2tts.chance import Chance
from vocasync.engines.tts.sv2tts.checkpoint import read
from vocasync.engines.tts.sv2tts.mel import deemphasised
from vocasync.engines.tts.sv2tts.synthesizer import Tick
from vocasync.types import FloatArray

TARGET, OVERLAP = 40, 4
"""Frames of a fold between its overlaps, and of an overlap with the next: 8,000 and 800 samples at a hop of 200."""

_FADE = 20  # frames
_BLOCK = 4  # frames whose samples are told of the spectrogram at once
_SLICES = 4  # of what is heard around: for the first layer, the second GRU, and the two layers after it
_HEAVY = ("I", "first", "second", "fc1", "fc2", "fc3")


class Residual(nn.Module):
    """A layer of the network that looks at the frames around."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv1d(width, width, 1, bias=False)
        self.conv2 = nn.Conv1d(width, width, 1, bias=False)
        self.batch_norm1 = nn.BatchNorm1d(width)
        self.batch_norm2 = nn.BatchNorm1d(width)

    def forward(self, given: Tensor) -> Tensor:
        """Shape (lines, width, frames), as it came."""
        hidden = torch.relu(self.batch_norm1(self.conv1(given)))
        found: Tensor = self.batch_norm2(self.conv2(hidden)) + given
        return found


class Around(nn.Module):
    """What is heard around each frame."""

    def __init__(self, state: State) -> None:
        super().__init__()
        width, mels, kernel = state["conv_in.weight"].shape
        self.conv_in = nn.Conv1d(mels, width, kernel, bias=False)
        self.batch_norm = nn.BatchNorm1d(width)
        self.layers = nn.ModuleList(Residual(width) for _ in range(count(state, "layers.{}.conv1.weight")))
        self.conv_out = nn.Conv1d(width, size(state, "conv_out.weight"), 1)

    def forward(self, mel: Tensor) -> Tensor:
        """Shape (lines, mels, frames + 2 * pad) to (lines, found, frames)."""
        hidden = torch.relu(self.batch_norm(self.conv_in(mel)))
        for layer in self.layers:
            hidden = layer(hidden)
        found: Tensor = self.conv_out(hidden)
        return found


class Upsample(nn.Module):
    """From frames to samples: each stage repeats, then smooths what it repeated."""

    def __init__(self, state: State) -> None:
        super().__init__()
        self.resnet = Around(part(state, "resnet."))
        found = sorted(int(name.split(".")[1]) for name in state if name.startswith("up_layers."))
        self.factors = [(size(state, f"up_layers.{number}.weight", 3) - 1) // 2 for number in found]
        self.up_layers = nn.ModuleList()
        for factor in self.factors:
            kernel = 2 * factor + 1
            self.up_layers.append(nn.Upsample(scale_factor=(1.0, float(factor))))
            self.up_layers.append(nn.Conv2d(1, 1, (1, kernel), padding=(0, factor), bias=False))

    def forward(self, mel: Tensor) -> Tensor:
        """Shape (lines, mels, frames) to (lines, mels, frames * hop)."""
        made = mel[:, None]
        for layer in self.up_layers:
            made = layer(made)
        return made[:, 0]


@dataclass(frozen=True, slots=True)
class Fold:
    """A stretch of a line, in frames."""

    line: int
    start: int
    frames: int


def folds_of(line: int, frames: int) -> list[Fold]:
    """A line of so many frames in folds, each of which begins in the overlap of the one before."""
    stride, longest = TARGET + OVERLAP, TARGET + 2 * OVERLAP
    starts = range(0, max(1, frames - OVERLAP), stride)
    return [Fold(line, start, min(longest, frames - start)) for start in starts]


class WaveRnn(nn.Module):
    """A mel spectrogram to sound."""

    def __init__(self, state: State) -> None:
        super().__init__()
        self.upsample = Upsample(part(state, "upsample."))
        hidden = size(state, "rnn1.weight_hh_l0", 1)
        self.I = nn.Linear(size(state, "I.weight", 1), size(state, "I.weight"))
        self.rnn1 = nn.GRU(size(state, "rnn1.weight_ih_l0", 1), hidden, batch_first=True)
        self.rnn2 = nn.GRU(size(state, "rnn2.weight_ih_l0", 1), hidden, batch_first=True)
        self.fc1 = nn.Linear(size(state, "fc1.weight", 1), size(state, "fc1.weight"))
        self.fc2 = nn.Linear(size(state, "fc2.weight", 1), size(state, "fc2.weight"))
        self.fc3 = nn.Linear(size(state, "fc3.weight", 1), size(state, "fc3.weight"))
        self.step = nn.Parameter(torch.zeros(1, dtype=torch.long), requires_grad=False)  # of the training
        self.hidden = hidden
        self.classes = size(state, "fc3.weight")
        self.pad = (size(state, "upsample.resnet.conv_in.weight", 2) - 1) // 2
        self.hop = int(np.prod(self.upsample.factors))

    def opened(self) -> None:
        """Have the recurrent layers taken a step at a time."""
        self.first, self.second = _cell(self.rnn1), _cell(self.rnn2)
        del self.rnn1, self.rnn2

    def sound(self, mels: Sequence[Tensor], chances: Sequence[Chance], tick: Tick) -> list[FloatArray]:
        """The sound of every line, float32.

        mels: shape (frames, mels) each, from -LOUDEST to LOUDEST. chances: each line's own."""
        folds = [fold for line, mel in enumerate(mels) if len(mel) for fold in folds_of(line, len(mel))]
        if not folds:
            return [np.zeros(0, np.float32) for _ in mels]
        with torch.inference_mode(), one_thread():
            made = self._made(_Told(self.upsample, self.pad, mels, folds), folds, chances, tick).cpu().numpy()
        sounds: list[list[FloatArray]] = [[] for _ in mels]
        for piece, fold in zip(made, folds, strict=True):
            sounds[fold.line].append(self._straight(piece[: fold.frames * self.hop]))
        return [self._joined(pieces) if pieces else np.zeros(0, np.float32) for pieces in sounds]

    def _made(self, told: _Told, folds: Sequence[Fold], chances: Sequence[Chance], tick: Tick) -> Tensor:
        """Samples of all folds side by side, from -1 to 1, shape (folds, samples of the longest)."""
        frames = max(fold.frames for fold in folds)
        states = (told.nothing(self.hidden), told.nothing(self.hidden))
        before = told.nothing(1)
        made: list[Tensor] = []
        for start in range(0, frames, _BLOCK):
            tick(start / frames)
            mel, around = told.block(start, self.hop)
            luck = _luck(folds, chances, _BLOCK * self.hop).to(before)
            for at in range(min(_BLOCK, frames - start) * self.hop):
                scores, states = self(before, mel[at], around[at // self.hop], states)
                before = self._drawn(scores, luck[at])
                made.append(before)
        return torch.cat(made, dim=1)

    def forward(
        self, before: Tensor, mel: Tensor, around: tuple[Tensor, ...], states: tuple[Tensor, Tensor]
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """A step: scores of the classes that the next sample may be of, shape (folds, classes), and the new states.

        before: the last sample, shape (folds, 1). mel: shape (folds, mels). around: slices of what is heard around."""
        hidden = self.I(torch.cat([before, mel, around[0]], dim=1))
        first = self.first(hidden, states[0])
        hidden = hidden + first
        second = self.second(torch.cat([hidden, around[1]], dim=1), states[1])
        hidden = hidden + second
        hidden = torch.relu(self.fc1(torch.cat([hidden, around[2]], dim=1)))
        hidden = torch.relu(self.fc2(torch.cat([hidden, around[3]], dim=1)))
        return self.fc3(hidden), (first, second)

    def _drawn(self, scores: Tensor, luck: Tensor) -> Tensor:
        """One of the classes for each fold, as likely as its score says: the sample that it stands for."""
        reached = torch.softmax(scores, dim=1).cumsum(dim=1)
        chosen = (reached < luck[:, None] * reached[:, -1:]).sum(dim=1, keepdim=True)
        return 2.0 * chosen / (self.classes - 1) - 1.0

    def _straight(self, samples: FloatArray) -> FloatArray:
        """Without the law by which quiet sound has more of the classes."""
        most = self.classes - 1
        found = np.sign(samples) / most * ((1.0 + most) ** np.abs(samples) - 1.0)
        return found.astype(np.float32)

    def _joined(self, pieces: Sequence[FloatArray]) -> FloatArray:
        """The folds of a line one after the other: from one to the next halfway through their overlap, when the network
        has found its way into it. Without the last frame, which is half beyond the end, and faded there."""
        overlap, stride = OVERLAP * self.hop, (TARGET + OVERLAP) * self.hop
        rise, fall = _fades(overlap)
        sound: FloatArray = np.zeros((len(pieces) - 1) * stride + len(pieces[-1]), np.float32)
        for number, piece in enumerate(pieces):
            shaped = piece.copy()
            if number:
                shaped[:overlap] *= rise
            if number < len(pieces) - 1:
                shaped[-overlap:] *= fall
            sound[number * stride : number * stride + len(shaped)] += shaped
        sound = deemphasised(sound)[: max(0, len(sound) - self.hop)]
        fading = min(_FADE * self.hop, len(sound))
        sound[len(sound) - fading :] *= np.linspace(1.0, 0.0, fading, dtype=np.float32)
        return sound


class _Told:
    """What the steps of all folds are told of the spectrogram. Shape (folds, …) all."""

    def __init__(self, upsample: Upsample, pad: int, mels: Sequence[Tensor], folds: Sequence[Fold]) -> None:
        frames = -(-max(fold.frames for fold in folds) // _BLOCK) * _BLOCK
        device = upsample.resnet.conv_out.weight.device
        padded = [nn.functional.pad(mel.T / LOUDEST, (pad, pad + frames)) for mel in mels]
        windows = [padded[fold.line][:, fold.start : fold.start + frames + 2 * pad] for fold in folds]
        self._mels = torch.stack(windows).to(device)
        self._around = upsample.resnet(self._mels)
        self._upsample, self._pad = upsample, pad

    def block(self, start: int, hop: int) -> tuple[Tensor, list[tuple[Tensor, ...]]]:
        """Of the frames from ``start`` on: the mels of each sample, shape (samples, folds, mels), and for each frame
        what is heard around it, a slice a layer, shape (folds, slice).

        The frames before and after are upsampled with them, so that nothing of the cut is heard."""
        mel = self._upsample(self._mels[..., start : start + _BLOCK + 2 * self._pad])
        inside = mel[..., self._pad * hop : (self._pad + _BLOCK) * hop]
        around = self._around[..., start : start + _BLOCK].permute(2, 0, 1)
        return inside.permute(2, 0, 1).contiguous(), [frame.chunk(_SLICES, dim=1) for frame in around]

    def nothing(self, width: int) -> Tensor:
        """Zeros, shape (folds, width)."""
        return self._mels.new_zeros(len(self._mels), width)


def _luck(folds: Sequence[Fold], chances: Sequence[Chance], samples: int) -> Tensor:
    """Numbers from 0 up to 1 for each sample of each fold, from its line's own chance: shape (samples, folds)."""
    many = Counter(fold.line for fold in folds)
    return torch.cat([chances[line].uniform(number, samples) for line, number in many.items()]).T.contiguous()


def _fades(overlap: int) -> tuple[FloatArray, FloatArray]:
    """In and out, with equal power, through the second half of an overlap."""
    silent = overlap // 2
    share = np.concatenate([np.zeros(silent), np.linspace(0.0, 1.0, overlap - silent)])
    return np.sqrt(share).astype(np.float32), np.sqrt(1.0 - share).astype(np.float32)


def _cell(layer: nn.GRU) -> nn.GRUCell:
    """A recurrent layer's cell, with its very weights."""
    cell = nn.GRUCell(layer.input_size, layer.hidden_size)
    for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
        setattr(cell, name, getattr(layer, f"{name}_l0"))
    return cell


def built(path: Path, *, exact: bool) -> WaveRnn:
    """The network of the weights in a file. exact: with the weights as they are; else its steps in 8-bit integers.

    Raises ``weights_unsafe``, ``weights_damaged``."""
    state = read(path)
    with measured(path):
        net = WaveRnn(state)
    net = filled(net, state, path)
    net.opened()
    if not exact:
        integers.reckon(net, *_HEAVY)
    return net
