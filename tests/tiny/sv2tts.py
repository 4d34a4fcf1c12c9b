"""SV2TTS at a sixteenth of its widths. The shapes are those of the published files (``sv2tts_shapes.txt``)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch

NAME = "sv2tts"
FRAMES = 24  # of sound, a line: 0.3 s
PUBLISHED = Path(__file__).with_name("sv2tts_shapes.txt")
_KEPT = frozenset({40, 80, 1600})  # bands of the two spectrograms, and the frames that a step may have at most
_SMALLER = 16
_DTYPES = {"int64": torch.int64, "int32": torch.int32}

State = dict[str, torch.Tensor]


def build(models: Path) -> None:
    """Write encoder.pt, synthesizer.pt and vocoder.pt of ``sv2tts``."""
    write(models / NAME, narrow)


def write(folder: Path, size: Callable[[int], int] = lambda published: published) -> None:
    """The three files with random weights. size: of a direction of a tensor, given the published one."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("encoder", "synthesizer", "vocoder"):
        torch.save({"step": 1, "model_state": state(name, size), "optimizer_state": {}}, folder / f"{name}.pt")


def state(name: str, size: Callable[[int], int] = lambda published: published) -> State:
    """Random weights of one of the networks, which run and stop."""
    source = torch.Generator().manual_seed(1)
    made = {row[0]: _tensor(row, size, source) for row in shapes(name)}
    if name == "encoder":
        made["lstm.weight_ih_l0"] *= 30  # the power of a spectrogram is faint
    if name == "synthesizer":
        made["decoder.r"].fill_(FRAMES // 2)
        made["post_proj.weight"] *= 10  # about as loud as speech
        made["stop_threshold"].fill_(-3.4)
        made["decoder.stop_proj.weight"].zero_()
        made["decoder.stop_proj.bias"].fill_(1.0)  # as soon as a stop is believed
    return made


def shapes(name: str) -> list[list[str]]:
    """Name, shape and, where it is not float32, dtype of every tensor of a network."""
    section = PUBLISHED.read_text().partition(f"[{name}]\n")[2].partition("[")[0]
    return [line.split() for line in section.splitlines()]


def _tensor(row: list[str], size: Callable[[int], int], source: torch.Generator) -> torch.Tensor:
    name, shape = row[0], () if row[1] == "scalar" else tuple(size(int(one)) for one in row[1].split("x"))
    if len(row) > 2:
        return torch.zeros(shape, dtype=_DTYPES[row[2]])
    if name.endswith("running_var") or ("norm" in name and name.endswith(".weight")):
        return torch.ones(shape)
    if len(shape) < 2:
        return torch.zeros(shape)
    if "up_layers" in name:
        return torch.full(shape, 1 / shape[-1])
    return torch.randn(shape, generator=source) / torch.Size(shape[1:]).numel() ** 0.5


def narrow(published: int) -> int:
    """A sixteenth of a width."""
    if published == 113:
        return 80 + 2 + 1  # bands, a slice of what is around, the sample before
    return published // _SMALLER if published % _SMALLER == 0 and published not in _KEPT else published
