"""Pictures into the network and out of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch

from vocasync.engines.lipsync.crops import Crop
from vocasync.engines.lipsync.hearing import PER_SECOND
from vocasync.engines.lipsync.wav2lip.network import SIDE, Wav2Lip
from vocasync.types import Picture


class Wav2LipPainter:
    """See :class:`vocasync.engines.lipsync.crops.Painter`."""

    side = SIDE

    def __init__(self, net: Wav2Lip) -> None:
        self._net = net
        self._device = next(net.parameters()).device

    def paint(self, crops: Sequence[Crop], told: Callable[[float], None]) -> list[Picture]:
        """See the protocol."""
        told(0.0)
        whole = np.stack([crop.pixels[..., ::-1] for crop in crops]).transpose(0, 3, 1, 2).astype(np.float32) / 255
        masked = whole.copy()
        masked[:, :, SIDE // 2 :] = 0.0
        sounds = np.stack([crop.sound for crop in crops])[:, None]
        with torch.inference_mode():
            faces = torch.from_numpy(np.concatenate([masked, whole], axis=1)).to(self._device)
            made = self._net(torch.from_numpy(sounds).to(self._device), faces).cpu().numpy()
        pixels = np.rint(made * 255).astype(np.uint8)
        return list(pixels.transpose(0, 2, 3, 1)[..., ::-1])


def place(number: int, fps: float) -> int:
    """See :data:`vocasync.engines.lipsync.networks.Place`."""
    return int(number * PER_SECOND / fps)
