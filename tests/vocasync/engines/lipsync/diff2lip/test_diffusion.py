"""The way from noise to a picture, with a net that knows what the noise is."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest
import torch
from torch import Tensor

from vocasync.engines.lipsync.diff2lip.diffusion import STEPS, ancestral, implicit, schedule

PICTURE = torch.rand(2, 3, 8, 8, generator=torch.Generator().manual_seed(3)) * 2 - 1
NOISE = torch.randn(1, 3, 8, 8, generator=torch.Generator().manual_seed(4)).expand_as(PICTURE)
KEPT = torch.cumprod(1 - torch.linspace(1e-4, 0.02, STEPS, dtype=torch.float64), 0)


def knowing(told: list[int], unsure: float = 0.0) -> Callable[[Tensor, int], Tensor]:
    """Says exactly what of a picture is not ``PICTURE``."""

    def net(noisy: Tensor, time: int) -> Tensor:
        told.append(time)
        kept = float(KEPT[time])
        return torch.cat([(noisy - kept**0.5 * PICTURE) / (1 - kept) ** 0.5, torch.full_like(noisy, unsure)], dim=1)

    return net


def unchanged(picture: Tensor) -> Tensor:
    return picture


def nothing(fraction: float) -> None:
    return None


def test_the_quick_way_takes_every_fortieth_step() -> None:
    assert [step.number for step in schedule(25, quick=True)] == list(range(960, -1, -40))


@pytest.mark.parametrize("steps", [50, 250, 1000])
def test_the_long_way_goes_from_the_last_step_to_the_first(steps: int) -> None:
    numbers = [step.number for step in schedule(steps, quick=False)]
    assert len(set(numbers)) == steps
    assert numbers == sorted(numbers, reverse=True)
    assert (numbers[0], numbers[-1]) == (999, 0)


@pytest.mark.parametrize("quick", [True, False])
def test_of_each_step_it_is_known_how_much_is_left(quick: bool) -> None:
    steps = schedule(50, quick=quick)
    assert steps[-1].before == 1.0
    assert all(one.before == two.kept for one, two in pairwise(steps))
    assert [step.kept for step in steps] == pytest.approx([float(KEPT[step.number]) for step in steps])


@pytest.mark.parametrize("steps", [2, 25, 100])
def test_quickly_the_picture_is_found(steps: int) -> None:
    told: list[int] = []
    found = implicit(knowing(told), NOISE, steps, nothing, unchanged)
    assert torch.allclose(found, PICTURE, atol=1e-4)
    assert len(told) == steps


@pytest.mark.parametrize("unsure", [-1.0, 1.0])
def test_by_the_long_way_too(unsure: float) -> None:
    told: list[int] = []
    found = ancestral(knowing(told, unsure), NOISE, 50, nothing, unchanged, torch.Generator().manual_seed(1))
    assert torch.allclose(found, PICTURE, atol=1e-4)
    assert len(told) == 50


def test_on_the_long_way_it_is_as_noisy_as_it_should_be() -> None:
    seen: list[tuple[float, float]] = []
    net = knowing([])

    def watched(noisy: Tensor, time: int) -> Tensor:
        rest = noisy - float(KEPT[time]) ** 0.5 * PICTURE
        seen.append((float(rest.std()), float((1 - KEPT[time]) ** 0.5)))
        return net(noisy, time)

    ancestral(watched, NOISE, 200, nothing, unchanged, torch.Generator().manual_seed(1))
    assert [found for found, _ in seen[1:]] == pytest.approx([wanted for _, wanted in seen[1:]], rel=0.25, abs=0.01)


def test_chance_is_the_same_for_all_pictures() -> None:
    seen: list[float] = []
    net = knowing([])

    def watched(noisy: Tensor, time: int) -> Tensor:
        rest = noisy - float(KEPT[time]) ** 0.5 * PICTURE
        seen.append(float((rest[0] - rest[1]).abs().max()))
        return net(noisy, time)

    ancestral(watched, NOISE, 50, nothing, unchanged, torch.Generator().manual_seed(1))
    assert max(seen) < 0.02, "chances of their own would be more than 1 apart"


def test_what_is_known_stays() -> None:
    mask = torch.zeros(8, 1)
    mask[4:] = 1

    def know(picture: Tensor) -> Tensor:
        return picture * mask + 7.0 * (1 - mask)

    shown: list[Tensor] = []
    net = knowing([])

    def watched(noisy: Tensor, time: int) -> Tensor:
        shown.append(noisy[:, :, :4])
        return net(noisy, time)

    implicit(watched, NOISE, 5, nothing, know)
    assert all((one == 7.0).all() for one in shown)


def test_a_picture_stays_within_what_pixels_can_be() -> None:
    def wild(noisy: Tensor, time: int) -> Tensor:
        return torch.full((len(noisy), 6, 8, 8), 50.0)

    assert implicit(wild, NOISE, 4, nothing, unchanged).abs().max() <= 1.0


def test_it_is_told_before_each_step_how_far_it_is() -> None:
    told: list[float] = []
    implicit(knowing([]), NOISE, 4, told.append, unchanged)
    assert told == [0.0, 0.25, 0.5, 0.75]
