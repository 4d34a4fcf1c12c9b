"""The published shapes of Diff2Lip, what its network is given, and what is said of weights that are not right."""

from __future__ import annotations

import pickle
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.tiny import diff2lip as weights
from tests.tiny import put, tiny
from tests.vocasync.engines.lipsync.makers import head, noise, scene, talk
from vocasync.engines import registry
from vocasync.engines.base import EngineConfig, LipSync
from vocasync.engines.lipsync.crops import Crop
from vocasync.engines.lipsync.diff2lip.network import Diff2Lip
from vocasync.engines.lipsync.diff2lip.painter import Diff2LipPainter, Way, place
from vocasync.engines.lipsync.diff2lip.weights import built
from vocasync.errors import PipelineError
from vocasync.progress import Silent
from vocasync.types import Picture

QUICK = {"ddim_steps": 2.0}


@pytest.fixture(scope="module")
def net() -> Diff2Lip:
    return built(tiny("diff2lip") / "diff2lip" / weights.FILE)


@pytest.fixture(scope="module")
def engine() -> LipSync:
    loaded = registry.load("lipsync", "diff2lip", EngineConfig(models=tiny("diff2lip"), device="cpu", network=False))
    assert isinstance(loaded, LipSync)
    return loaded


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A tiny checkpoint that may be changed."""
    put("diff2lip", tmp_path)
    return tmp_path / "diff2lip" / weights.FILE


def inputs(side: int, number: int = 2) -> tuple[torch.Tensor, torch.Tensor]:
    source = torch.Generator().manual_seed(5)
    return torch.randn(number, 9, side, side, generator=source), torch.randn(number, 80, 16, generator=source)


def stills(engine: LipSync, frames: int = 1, **options: float) -> list[Picture]:
    return list(engine.still(noise(), head(), scene(talk(), frames, **options), Silent()))


def test_the_published_shapes_are_those_of_the_network() -> None:
    published = weights.shapes()
    with torch.device("meta"):
        net = Diff2Lip({name: torch.empty(shape) for name, shape in published.items()})
    assert len(published) == 632
    assert {name: tuple(tensor.shape) for name, tensor in net.state_dict().items()} == published
    assert sum(one.numel() for one in net.parameters()) == 101_670_630
    assert net.side == 128


@pytest.mark.slow
def test_at_the_published_size_it_sees_and_hears(tmp_path: Path) -> None:
    torch.save(weights.state(), tmp_path / weights.FILE)
    net = built(tmp_path / weights.FILE)
    given, sound = inputs(128, 1)
    with torch.inference_mode():
        assert net(given, 960, net.style(sound)).shape == (1, 6, 128, 128)


def test_it_is_told_the_time_the_sound_and_everything_that_is_to_be_seen(net: Diff2Lip) -> None:
    given, sound = inputs(net.side)
    with torch.inference_mode():
        made = net(given, 400, net.style(sound))
        others = [net(given, 0, net.style(sound)), net(given, 400, net.style(sound.flip(0)))]
        for first in (0, 3, 6):
            other = given.clone()
            other[:, first : first + 3] = 0
            others.append(net(other, 400, net.style(sound)))
        assert torch.allclose(made[:1], net(given[:1], 400, net.style(sound[:1])), atol=1e-4)
    assert all((made - other).abs().mean() > 0.01 for other in others)


def test_half_precision_makes_little_difference(path: Path, net: Diff2Lip) -> None:
    half = built(path).in_half_precision()
    given, sound = inputs(net.side)
    with torch.inference_mode():
        one, two = (each(given, 400, each.style(sound)) for each in (net, half))
    kept = {name.rpartition(".")[0] for name, one in half.named_parameters() if one.dtype == torch.float32}
    assert "input_blocks.1.0.in_layers.0" in kept
    assert "input_blocks.1.0.in_layers.2" not in kept
    assert two.dtype == torch.float32
    assert 0 < (one - two).abs().max() < 0.02


def test_a_frame_is_made_by_the_published_recipe(net: Diff2Lip) -> None:
    """Two steps of DDIM written out: 500 and 0 of 1,000."""
    pixels, sound = noise(1, net.side, net.side), np.random.default_rng(2).normal(size=(80, 16)).astype(np.float32)
    way = Way(quick=True, steps=2, seed=7, first=False)
    (made,) = Diff2LipPainter(net, way).paint([Crop(pixels, noise(2, net.side, net.side), sound)], lambda done: None)

    face = torch.from_numpy(pixels).permute(2, 0, 1)[None] / 127.5 - 1
    lower = torch.zeros(1, 1, net.side, net.side)
    lower[:, :, net.side // 2 :] = 1
    chance = torch.randn(3, net.side, net.side, generator=torch.Generator().manual_seed(7))[None]
    known = face * (1 - lower) + chance * lower
    kept = torch.cumprod(1 - torch.linspace(1e-4, 0.02, 1000, dtype=torch.float64), 0).float()
    made_of = chance
    with torch.inference_mode():
        style = net.style(torch.from_numpy(sound)[None])
        for time, before in ((500, kept[0]), (0, torch.tensor(1.0))):
            made_of = made_of * lower + known * (1 - lower)
            guess = net(torch.cat([made_of, known, face], 1), time, style)[:, :3]
            clean = ((made_of - (1 - kept[time]).sqrt() * guess) / kept[time].sqrt()).clamp(-1, 1)
            rest = (made_of - kept[time].sqrt() * clean) / (1 - kept[time]).sqrt()
            made_of = before.sqrt() * clean + (1 - before).sqrt() * rest
    wanted = made_of * lower + face * (1 - lower)
    assert np.abs(made.astype(float) - ((wanted[0].permute(1, 2, 0) + 1) * 127.5).numpy()).max() <= 1.0


def test_it_hears_a_frame_early() -> None:
    assert [place(number, 25.0) for number in range(5)] == [0, 0, 3, 6, 9]


def test_settings_change_what_is_made(engine: LipSync) -> None:
    usual = stills(engine, **QUICK)
    for options in ({"seed": 8.0}, {"ddim_steps": 3.0}, {"ddim": 0.0, "diffusion_steps": 50.0}):
        assert not np.array_equal(usual[0], stills(engine, **{**QUICK, **options})[0]), options


def test_by_chance_too_the_same_again_is_the_same(engine: LipSync) -> None:
    asked = {"ddim": 0.0, "diffusion_steps": 50.0}
    assert all(map(np.array_equal, stills(engine, **asked), stills(engine, **asked)))


def test_it_may_be_shown_how_the_shot_began(engine: LipSync) -> None:
    def made(reference: float) -> list[Picture]:
        frames = [(noise(number), head()) for number in range(3)]
        asked = scene(talk(), 3, reference=reference, **QUICK)
        return list(engine.moving(frames, asked, Silent()))

    itself, first = made(0.0), made(1.0)
    assert np.array_equal(itself[0], first[0])
    assert not np.array_equal(itself[2], first[2])


# --- weights that are not right ---------------------------------------------------------------------------------------
def _state(path: Path) -> dict[str, Any]:
    return dict(torch.load(path, weights_only=True))


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1000])


def _other(path: Path) -> None:
    torch.save([1, 2], path)


def _lack(path: Path) -> None:
    state = _state(path)
    del state["middle_block.1.qkv.weight"]
    torch.save(state, path)


def _lack_a_stage(path: Path) -> None:
    torch.save({name: one for name, one in _state(path).items() if not name.startswith("output_blocks.5.")}, path)


def _add(path: Path) -> None:
    torch.save(_state(path) | {"another.weight": torch.zeros(3)}, path)


def _unfit(path: Path) -> None:
    """What is heard does not fit to what it is told by."""
    state = _state(path)
    state |= {
        f"audio_encoder_to_style.3.{name}": state[f"audio_encoder_to_style.3.{name}"][:96]
        for name in ("weight", "bias")
    }
    torch.save(state, path)


def _odd(path: Path) -> None:
    """Channels that do not come in groups of 32."""
    torch.save({name: one[..., :40] for name, one in _state(path).items()}, path)


@pytest.mark.parametrize(
    "damage", [_cut, _other, _lack, _lack_a_stage, _add, _unfit, _odd], ids=lambda one: one.__name__
)
def test_damage_is_told_with_the_file_and_the_remedy(path: Path, damage: Any) -> None:
    damage(path)
    with pytest.raises(PipelineError) as caught:
        built(path)
    assert caught.value.code == "weights_damaged"
    assert "manage.py models verify diff2lip" in str(caught.value)
    assert "\n" not in str(caught.value)


class Harm:
    def __reduce__(self) -> Any:
        return (shutil.rmtree, ("nothing",))


def test_a_pickle_that_would_run_code_is_refused(path: Path) -> None:
    path.write_bytes(pickle.dumps({"state_dict": Harm()}))
    with pytest.raises(PipelineError) as caught:
        built(path)
    assert caught.value.code == "weights_unsafe"
