"""The published forms and shapes of Wav2Lip's weights, and what is said of others."""

from __future__ import annotations

import pickle
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.tiny import put, tiny
from tests.tiny import wav2lip as weights
from tests.vocasync.engines.lipsync.makers import noise
from vocasync.engines.base import EngineConfig
from vocasync.engines.lipsync.crops import Crop
from vocasync.engines.lipsync.wav2lip.engine import create
from vocasync.engines.lipsync.wav2lip.network import Wav2Lip
from vocasync.engines.lipsync.wav2lip.painter import Wav2LipPainter, place
from vocasync.engines.lipsync.wav2lip.weights import built, read
from vocasync.errors import PipelineError


def inputs(number: int = 3) -> tuple[torch.Tensor, torch.Tensor]:
    source = torch.Generator().manual_seed(5)
    sound = torch.randn(number, 1, 80, 16, generator=source)
    return sound, torch.rand(number, 6, 96, 96, generator=source)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A tiny checkpoint that may be changed."""
    put("wav2lip", tmp_path)
    return tmp_path / "wav2lip" / weights.FILE


def test_the_published_shapes_are_those_of_the_network() -> None:
    published = weights.shapes()
    with torch.device("meta"):
        net = Wav2Lip({name: torch.empty(shape) for name, shape in published.items()})
    assert len(published) == 352
    assert {name: tuple(tensor.shape) for name, tensor in net.state_dict().items()} == published
    assert sum(one.numel() for one in net.parameters()) == 36_298_035


@pytest.mark.slow
def test_at_the_published_size_it_draws(tmp_path: Path) -> None:
    (tmp_path / "wav2lip").mkdir()
    torch.save(weights.state(), tmp_path / "wav2lip" / "wav2lip_gan.pth")
    engine = create(EngineConfig(models=tmp_path, device="cpu"))
    assert 140e6 < engine.memory_bytes < 150e6
    with torch.inference_mode():
        made = built(tmp_path / "wav2lip" / "wav2lip_gan.pth")(*inputs(1))
    assert made.shape == (1, 3, 96, 96)
    assert 0 <= float(made.min()) < float(made.max()) <= 1


def test_every_published_form_gives_the_same_network(tmp_path: Path) -> None:
    state = weights.state(weights.narrow)
    bare, archive = tmp_path / "bare.pth", tmp_path / "archive.pt"
    torch.save(state, bare)
    weights.archive(state, archive)
    forms = [tiny("wav2lip") / "wav2lip" / weights.FILE, bare, archive]
    with torch.inference_mode():
        made = [built(form)(*inputs()) for form in forms]
    assert torch.equal(made[0], made[1])
    assert torch.equal(made[0], made[2])


def test_a_face_is_drawn_by_what_is_heard_and_by_what_is_seen(path: Path) -> None:
    net = built(path)
    sound, faces = inputs()
    with torch.inference_mode():
        made = net(sound, faces)
        assert not torch.allclose(made, net(sound.flip(0), faces), atol=0.1)
        assert not torch.allclose(made, net(sound, faces.flip(0)), atol=0.1)
        assert torch.allclose(made[1:2], net(sound[1:2], faces[1:2]), atol=1e-3)


def test_what_the_network_is_given_is_what_it_was_trained_on(path: Path) -> None:
    """Blue first, from 0 to 1; the lower half black, then the same picture whole."""
    net = built(path)
    pixels, sound = noise(1, 96, 96), np.random.default_rng(2).normal(size=(80, 16)).astype(np.float32)
    told: list[float] = []
    (made,) = Wav2LipPainter(net).paint([Crop(pixels, pixels, sound)], told.append)
    blue_first = torch.from_numpy(np.ascontiguousarray(pixels[:, :, ::-1])).permute(2, 0, 1).float() / 255
    hidden = blue_first.clone()
    hidden[:, 48:] = 0
    with torch.inference_mode():
        wanted = net(torch.from_numpy(sound)[None, None], torch.cat([hidden, blue_first])[None])[0]
    assert np.array_equal(made, (wanted.permute(1, 2, 0).flip(2) * 255).round().byte().numpy())
    assert told


def test_eighty_columns_are_a_second_at_any_rate() -> None:
    assert [place(number, 25.0) for number in range(6)] == [0, 3, 6, 9, 12, 16]
    assert place(30, 30.0) == place(24, 24.0) == 80


def test_other_weights_are_another_version(path: Path) -> None:
    def version() -> str:
        return create(EngineConfig(models=path.parents[1], device="cpu")).version

    before = version()
    state = weights.state(weights.narrow)
    state["output_block.1.bias"] += 1.0
    torch.save(state, path)
    assert version() != before


# --- weights that are not right ---------------------------------------------------------------------------------------
def _state(path: Path) -> dict[str, Any]:
    return {name: tensor.clone() for name, tensor in read(path).items()}  # the file is about to be written anew


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1000])


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _other(path: Path) -> None:
    torch.save({"state_dict": {}}, path)


def _lack(path: Path) -> None:
    state = _state(path)
    del state["audio_encoder.3.conv_block.0.weight"]
    torch.save(state, path)


def _add(path: Path) -> None:
    torch.save(_state(path) | {"another.weight": torch.zeros(3)}, path)


def _unfit(path: Path) -> None:
    """A decoder that is one channel too narrow for what it is shown."""
    torch.save(weights.state(lambda width: weights.narrow(width) + (width == 768)), path)


def _flatten(path: Path) -> None:
    torch.save({name: tensor.flatten() for name, tensor in _state(path).items()}, path)


def _cut_archive(path: Path) -> None:
    weights.archive(weights.state(weights.narrow), path)
    _cut(path)


@pytest.mark.parametrize(
    "damage", [_cut, _empty, _other, _lack, _add, _unfit, _flatten, _cut_archive], ids=lambda one: one.__name__
)
def test_damage_is_told_with_the_file_and_the_remedy(path: Path, damage: Any) -> None:
    damage(path)
    with pytest.raises(PipelineError) as caught:
        built(path)
    assert caught.value.code == "weights_damaged"
    assert path.name in str(caught.value)
    assert "manage.py models verify wav2lip" in str(caught.value)
    assert "\n" not in str(caught.value)


class Harm:
    def __reduce__(self) -> Any:
        return (shutil.rmtree, ("nothing",))


def test_a_pickle_that_would_run_code_is_refused(path: Path) -> None:
    path.write_bytes(pickle.dumps({"state_dict": Harm()}))
    with pytest.raises(PipelineError) as caught:
        built(path)
    assert caught.value.code == "weights_unsafe"
