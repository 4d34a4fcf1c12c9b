"""From noise to a picture: fewer steps than the network was trained with.

The quick way is J. Song et al., "Denoising diffusion implicit models", ICLR 2021, without chance; the long one is
A. Nichol and P. Dhariwal, "Improved denoising diffusion probabilistic models", ICML 2021, with learnt variances.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

STEPS = 1000
"""That it was trained with."""

_FIRST, _LAST = 1e-4, 0.02  # of the noise that a step adds, its variance

Net = Callable[[Tensor, int], Tensor]
"""A noisy picture, shape (n, 3, side, side), and the step that it is at, of all ``STEPS``: the noise in it and how sure
that is, shape (n, 6, side, side)."""

Told = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Step:
    """number: of all ``STEPS``. kept: how much of the picture's variance is left there, and before: in the step that
    comes next on the way back."""

    number: int
    kept: float
    before: float


def schedule(steps: int, *, quick: bool) -> list[Step]:
    """So many of all steps, from the noisiest on."""
    kept = torch.cumprod(1.0 - torch.linspace(_FIRST, _LAST, STEPS, dtype=torch.float64), dim=0).tolist()
    span = STEPS if quick else (STEPS - 1) * steps / max(1, steps - 1)  # the long way begins where training did
    numbers = [round(place * span / steps) for place in range(steps)]
    before = [1.0, *(kept[number] for number in numbers[:-1])]
    return [Step(number, kept[number], was) for number, was in zip(numbers, before, strict=True)][::-1]


def implicit(net: Net, noise: Tensor, steps: int, told: Told, know: Callable[[Tensor], Tensor]) -> Tensor:
    """The picture that the noise is of. know: puts what is known of the picture into one that is made of it."""
    found = noise
    for done, step in enumerate(schedule(steps, quick=True)):
        told(done / steps)
        found = know(found)
        clean = _clean(found, net(found, step.number)[:, :3], step)
        rest = (found - step.kept**0.5 * clean) / (1.0 - step.kept) ** 0.5
        found = step.before**0.5 * clean + (1.0 - step.before) ** 0.5 * rest
    return found


def ancestral(
    net: Net, noise: Tensor, steps: int, told: Told, know: Callable[[Tensor], Tensor], chance: torch.Generator
) -> Tensor:
    """The same with chance in every step: the same for all pictures, so that they stay alike."""
    found = noise
    for done, step in enumerate(schedule(steps, quick=False)):
        told(done / steps)
        found = know(found)
        made = net(found, step.number)
        found = _mean(found, _clean(found, made[:, :3], step), step)
        if step.before < 1.0:
            fresh = torch.randn(noise.shape[1:], generator=chance).to(noise)
            found = found + _deviation(made[:, 3:], step) * fresh
    return found


def _clean(noisy: Tensor, noise: Tensor, step: Step) -> Tensor:
    clean: Tensor = (noisy - (1.0 - step.kept) ** 0.5 * noise) / step.kept**0.5
    return clean.clamp(-1.0, 1.0)


def _mean(noisy: Tensor, clean: Tensor, step: Step) -> Tensor:
    alpha = step.kept / step.before
    of_clean: float = (1.0 - alpha) * step.before**0.5 / (1.0 - step.kept)
    of_noisy: float = (1.0 - step.before) * alpha**0.5 / (1.0 - step.kept)
    return of_clean * clean + of_noisy * noisy


def _deviation(sure: Tensor, step: Step) -> Tensor:
    """Between the least and the most that a step's variance can be, as the network says."""
    most = 1.0 - step.kept / step.before
    least = most * (1.0 - step.before) / (1.0 - step.kept)
    share = (sure + 1.0) / 2.0
    return torch.exp(0.5 * (share * math.log(most) + (1.0 - share) * math.log(least)))
