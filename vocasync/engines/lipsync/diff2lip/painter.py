"""Pictures into the network and out of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from vocasync.engines.base import Scene
from vocasync.engines.lipsync.crops import Crop
from vocasync.engines.lipsync.diff2lip.diffusion import ancestral, implicit
from vocasync.engines.lipsync.diff2lip.network import Diff2Lip
from vocasync.engines.lipsync.hearing import PER_SECOND
from vocasync.engines.lipsync.settings import DDIM, DDIM_STEPS, DIFFUSION_STEPS, REFERENCE, SEED
from vocasync.types import Picture


@dataclass(frozen=True, slots=True)
class _Part:
    """Tells how far a part of the work is, of the whole: from ``low`` to ``high``."""

    told: Callable[[float], None]
    low: float
    high: float

    def __call__(self, fraction: float) -> None:
        self.told(self.low + (self.high - self.low) * fraction)


@dataclass(frozen=True, slots=True)
class Way:
    """How noise becomes a picture. quick: by DDIM. first: the network is shown how the shot's first frame looked,
    instead of the frame itself."""

    quick: bool
    steps: int
    seed: int
    first: bool

    @classmethod
    def of(cls, scene: Scene) -> Way:
        """As it is set for a scene."""
        quick = DDIM.value(scene.options) >= 0.5
        steps = (DDIM_STEPS if quick else DIFFUSION_STEPS).value(scene.options)
        return cls(quick, round(steps), round(SEED.value(scene.options)), REFERENCE.value(scene.options) >= 0.5)


class Diff2LipPainter:
    """See :class:`vocasync.engines.lipsync.crops.Painter`.

    One picture of noise is every frame's: what moves between two frames is what is heard, not chance.
    """

    def __init__(self, net: Diff2Lip, way: Way) -> None:
        self._net, self._way = net, way
        self.side = net.side
        self._device = next(net.parameters()).device

    def paint(self, crops: Sequence[Crop], told: Callable[[float], None]) -> list[Picture]:
        """See the protocol. A CPU makes them one by one: together they do not fit into its caches, and take half as
        long again."""
        size = 1 if self._device.type == "cpu" else len(crops)
        found: list[Picture] = []
        for first in range(0, len(crops), size):
            part = _Part(told, first / len(crops), (first + size) / len(crops))
            with torch.inference_mode():
                made = self._made(crops[first : first + size], part)
            pixels = ((made + 1.0) * 127.5).round().clamp(0, 255).byte()
            found += list(pixels.permute(0, 2, 3, 1).cpu().numpy())
        return found

    def _made(self, crops: Sequence[Crop], told: Callable[[float], None]) -> Tensor:
        faces = self._pictures([crop.pixels for crop in crops])
        shown = self._pictures([crop.first for crop in crops]) if self._way.first else faces
        style = self._net.style(torch.from_numpy(np.stack([crop.sound for crop in crops])).to(self._device))
        chance = torch.Generator().manual_seed(self._way.seed)
        noise = torch.randn((3, self.side, self.side), generator=chance).to(self._device).expand_as(faces)
        lower = torch.zeros(self.side, 1, device=self._device)
        lower[self.side // 2 :] = 1.0
        known = faces * (1.0 - lower) + noise * lower

        def know(picture: Tensor) -> Tensor:
            return picture * lower + known * (1.0 - lower)

        def net(picture: Tensor, time: int) -> Tensor:
            made: Tensor = self._net(torch.cat([picture, known, shown], dim=1), time, style)
            return made

        if self._way.quick:
            found = implicit(net, noise, self._way.steps, told, know)
        else:
            found = ancestral(net, noise, self._way.steps, told, know, chance)
        return know(found)

    def _pictures(self, pixels: Sequence[Picture]) -> Tensor:
        stacked = torch.from_numpy(np.stack(pixels)).to(self._device)
        scaled: Tensor = stacked.permute(0, 3, 1, 2).float() / 127.5 - 1.0
        return scaled


def place(number: int, fps: float) -> int:
    """See :data:`vocasync.engines.lipsync.networks.Place`: a frame early, as it was trained."""
    return int(max(number - 1, 0) * PER_SECOND / fps)
