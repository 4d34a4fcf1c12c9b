"""SV2TTS as an engine: what it does of its own beyond the contract, and what it says of weights that are not right."""

from __future__ import annotations

import pickle
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.tiny import put, tiny
from tests.tiny import sv2tts as weights
from vocasync.engines import registry
from vocasync.engines.base import EngineConfig
from vocasync.engines.tts.neural import NeuralVoice
from vocasync.engines.tts.sv2tts import encoder, synthesizer, vocoder
from vocasync.engines.tts.sv2tts.engine import create
from vocasync.errors import Cancelled, PipelineError
from vocasync.progress import listening
from vocasync.types import SpeechRequest

REQUEST = SpeechRequest("Hello world, this is a test.", "en")
QUICK = SpeechRequest(REQUEST.text, "en", options=(("vocoder", 0.0),))
PARTS = {"encoder": encoder, "synthesizer": synthesizer, "vocoder": vocoder}


def config(models: Path) -> EngineConfig:
    return EngineConfig(models=models, device="cpu", network=False)


@pytest.fixture(scope="module")
def engine() -> NeuralVoice:
    return create(config(tiny("sv2tts")))


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """A tiny checkpoint that may be changed."""
    put("sv2tts", tmp_path)
    return tmp_path


def built(name: str, path: Path) -> Any:
    return encoder.built(path) if name == "encoder" else PARTS[name].built(path, exact=True)


class Heard:
    """Who listens, and has enough when half of it is done."""

    def __init__(self, enough: float = 2.0) -> None:
        self.told: list[float] = []
        self.enough = enough

    def report(self, fraction: float, note: str = "") -> None:
        self.told.append(fraction)

    def check(self) -> None:
        if self.told and self.told[-1] >= self.enough:
            raise Cancelled


def test_whoever_listens_is_told_how_far_it_is(engine: NeuralVoice) -> None:
    heard = Heard()
    with listening(heard):
        engine.synthesize(REQUEST, None)
    assert len(heard.told) > 4
    assert heard.told == sorted(heard.told)
    assert 0.5 < heard.told[-1] < 1.0


def test_who_has_heard_enough_ends_it_in_the_middle_of_a_line(engine: NeuralVoice) -> None:
    heard = Heard(enough=0.6)
    with listening(heard), pytest.raises(Cancelled):
        engine.synthesize(REQUEST, None)
    assert 0.6 <= heard.told[-1] < 0.9
    assert len(engine.synthesize(REQUEST, None).audio.samples), "and the engine is as good as before"


def test_the_quick_vocoder_says_the_same_in_another_way(engine: NeuralVoice) -> None:
    slow, quick = (engine.synthesize(one, None).audio for one in (REQUEST, QUICK))
    assert not np.array_equal(slow.samples, quick.samples)
    assert np.array_equal(quick.samples, engine.synthesize(QUICK, None).audio.samples)
    assert len(quick.samples) > 1000


def test_a_line_without_letters_gives_no_sound_beside_one_that_does(engine: NeuralVoice) -> None:
    silent, said = engine.synthesize_many([SpeechRequest("§ ¶ 🙂", "en"), QUICK], None)
    assert not silent.audio.samples.any()
    assert said.audio.samples.any()


def test_where_no_voice_is_given_it_is_always_the_same_one(engine: NeuralVoice) -> None:
    again = create(config(tiny("sv2tts")))
    one, two = (each.synthesize(QUICK, None).audio.samples for each in (engine, again))
    assert np.array_equal(one, two)


def test_it_says_what_it_takes(engine: NeuralVoice) -> None:
    assert 200_000 < engine.memory_bytes < 2_000_000
    assert engine.device == "cpu"


def test_without_an_encoder_the_packaged_one_is_taken(models: Path) -> None:
    (models / "sv2tts" / "encoder.pt").unlink()
    assert registry.readiness(registry.spec("tts", "sv2tts"), config(models)).ready
    assert create(config(models)).model._encoder._model.linear.out_features == 256


def test_other_weights_are_another_version(models: Path, engine: NeuralVoice) -> None:
    made = weights.state("vocoder", weights.narrow)
    made["fc3.bias"] += 1.0
    torch.save({"model_state": made}, models / "sv2tts" / "vocoder.pt")
    assert create(config(models)).version != engine.version


# --- weights that are not right ---------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", ["synthesizer", "vocoder"])
def test_half_a_download_is_told_before_anything_is_loaded(models: Path, name: str) -> None:
    (models / "sv2tts" / f"{name}.pt").unlink()
    with pytest.raises(PipelineError) as caught:
        registry.load("tts", "sv2tts", config(models))
    assert caught.value.code == "engine_not_ready"
    assert "manage.py models fetch sv2tts" in str(caught.value)


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1000])


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _rename(path: Path) -> None:
    """A checkpoint of something else."""
    torch.save({"weights": {}}, path)


def _lack(path: Path) -> None:
    state = torch.load(path, weights_only=True)["model_state"]
    del state[next(name for name in state if name.endswith("weight"))]
    torch.save({"model_state": state}, path)


def _add(path: Path) -> None:
    state = torch.load(path, weights_only=True)["model_state"]
    torch.save({"model_state": state | {"another.weight": torch.zeros(3)}}, path)


def _reshape(path: Path) -> None:
    state = torch.load(path, weights_only=True)["model_state"]
    name = next(name for name in state if name.endswith("bias"))
    torch.save({"model_state": state | {name: torch.zeros(len(state[name]) + 1)}}, path)


def _flatten(path: Path) -> None:
    state = torch.load(path, weights_only=True)["model_state"]
    torch.save({"model_state": {key: value.flatten() for key, value in state.items()}}, path)


def _mix(path: Path) -> None:
    torch.save({"model_state": {"lstm.weight_ih_l0": "a word"}}, path)


DAMAGE = (_cut, _empty, _rename, _lack, _add, _reshape, _flatten, _mix)


@pytest.mark.parametrize("name", PARTS)
@pytest.mark.parametrize("damage", DAMAGE, ids=lambda one: one.__name__)
def test_damage_is_told_with_the_file_and_the_remedy(models: Path, name: str, damage: Any) -> None:
    path = models / "sv2tts" / f"{name}.pt"
    damage(path)
    with pytest.raises(PipelineError) as caught:
        built(name, path)
    assert caught.value.code == "weights_damaged"
    assert caught.value.permanent
    assert path.name in str(caught.value)
    assert "manage.py models verify sv2tts" in str(caught.value)
    assert "\n" not in str(caught.value)


class Harm:
    def __reduce__(self) -> Any:
        return (shutil.rmtree, ("nothing",))


@pytest.mark.parametrize("name", PARTS)
def test_a_pickle_that_would_run_code_is_refused(models: Path, name: str) -> None:
    path = models / "sv2tts" / f"{name}.pt"
    path.write_bytes(pickle.dumps({"model_state": Harm()}))
    with pytest.raises(PipelineError) as caught:
        built(name, path)
    assert caught.value.code == "weights_unsafe"


# --- the published shapes ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("name", "tensors"), [("encoder", 16), ("synthesizer", 170), ("vocoder", 148)])
def test_shapes_are_as_many_as_were_published(name: str, tensors: int) -> None:
    assert len(weights.shapes(name)) == tensors


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "parameters"), [("encoder", 1_423_618), ("synthesizer", 30_870_177), ("vocoder", 4_480_936)]
)
def test_state_dicts_of_the_published_shapes_load_strictly(name: str, parameters: int, tmp_path: Path) -> None:
    """All tensors and no others: the published files' sizes are twelve bytes for each of these parameters."""
    torch.save({"model_state": weights.state(name)}, tmp_path / f"{name}.pt")
    state = weights.state(name)
    with torch.device("meta"):
        net: Any = {
            "encoder": lambda: encoder.Ge2e(40, 256, 3, 256),
            "synthesizer": lambda: synthesizer.Tacotron(state),
            "vocoder": lambda: vocoder.WaveRnn(state),
        }[name]()
    assert set(net.state_dict()) == set(state)
    assert sum(one.numel() for one in net.parameters()) == parameters
    assert built(name, tmp_path / f"{name}.pt") is not None


@pytest.mark.slow
def test_at_the_published_size_it_speaks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    weights.write(tmp_path / "sv2tts")
    made = create(config(tmp_path))
    said = made.synthesize(QUICK, None).audio
    assert said.rate == 16_000
    assert said.samples.any()
    assert 50e6 < made.memory_bytes < 150e6
