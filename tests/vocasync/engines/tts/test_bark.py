"""Bark through its real library, on a tiny checkpoint with random weights: what the contract does not ask."""

from __future__ import annotations

import json
import pickle
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch

from tests.tiny import put, tiny
from tests.tiny.bark import TOKENS
from tests.vocasync.engines.tts.speech import talk
from vocasync.engines import registry
from vocasync.engines.base import EngineConfig
from vocasync.engines.tts import bark, pretrained
from vocasync.engines.tts.bark_voices import (
    LANGUAGE_CODES,
    NAMED,
    RATES,
    bark_small_stock,
    bark_stock,
    default_of,
    known,
    preset_of,
)
from vocasync.engines.tts.neural import Line, NeuralVoice
from vocasync.errors import PipelineError
from vocasync.progress import Silent
from vocasync.types import Match, SpeechRequest, VoiceReference

SAID = "Where is it?"


@pytest.fixture(scope="module")
def engine() -> NeuralVoice:
    return bark.create(EngineConfig(models=tiny("bark"), device="cpu"))


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """A models folder to be spoilt."""
    put("bark", tmp_path)
    return tmp_path


def line(text: str = SAID, seed: int = 0, stock: str = "", **options: float) -> Line:
    return Line(text, "en", 1.0, 1.0, seed, stock, tuple(options.items()))


def speak(engine: NeuralVoice, *lines: Line) -> list[Any]:
    return engine.model.say(lines, None, None)


def reference(folder: Path, voice: str = "en-us+f5", pitch: int = 50) -> VoiceReference:
    path = folder / f"{voice}.wav"
    soundfile.write(path, talk(voice, 5.0, 16_000, pitch=pitch), 16_000)
    return VoiceReference(path)


# --- who speaks -------------------------------------------------------------------------------------------------------
def test_every_preset_has_its_name_and_seven_have_another() -> None:
    voices = {voice.name: voice for voice in bark_stock(EngineConfig(models=tiny("bark")))}
    presets = {f"v2/{code}_speaker_{number}" for code in LANGUAGE_CODES for number in range(10)}
    assert len(LANGUAGE_CODES) == 13
    assert set(voices) == presets | set(NAMED)
    assert {name: voices[name].same for name in NAMED} == {
        "english-male-1": "v2/en_speaker_1",
        "english-male-2": "v2/en_speaker_2",
        "english-female": "v2/en_speaker_9",
        "hindi-male-1": "v2/hi_speaker_2",
        "hindi-male-2": "v2/hi_speaker_5",
        "hindi-female-1": "v2/hi_speaker_0",
        "hindi-female-2": "v2/hi_speaker_4",
    }
    for name in NAMED:
        assert voices[name].sex == name.split("-")[1] == voices[voices[name].same].sex
        assert voices[name].languages == {"en" if name.startswith("english") else "hi"}
        assert name.replace("-", " ") == voices[name].label.lower()


def test_only_voices_that_are_there_are_offered(models: Path) -> None:
    config = EngineConfig(models=models)
    (models / "bark-small" / "speaker_embeddings" / "v2" / "hi_speaker_5_fine_prompt.npy").unlink()
    missing = {"hindi-male-2", "v2/hi_speaker_5"}
    assert {voice.name for voice in known()} - {voice.name for voice in bark_small_stock(config)} == missing
    assert bark_stock(EngineConfig(models=models / "nowhere")) == ()


def test_another_name_is_the_same_voice(engine: NeuralVoice) -> None:
    said = [
        engine.synthesize(SpeechRequest("नमस्ते दुनिया", "hi", stock=name), None).audio.samples
        for name in ("hindi-male-2", "v2/hi_speaker_5", "v2/hi_speaker_2")
    ]
    assert np.array_equal(said[0], said[1])
    assert not np.array_equal(said[0], said[2])


@pytest.mark.parametrize("code", sorted(LANGUAGE_CODES))
def test_somebody_speaks_each_language_when_nobody_is_chosen(code: str) -> None:
    default = next(voice for voice in known() if voice.name == default_of(code))
    assert code in default.languages
    assert preset_of(default.name).startswith(f"v2/{code}_speaker_")


@pytest.mark.parametrize("code", ["te", "ta", "ur", "ca"])
def test_other_languages_are_refused(engine: NeuralVoice, code: str) -> None:
    with pytest.raises(PipelineError) as caught:
        engine.synthesize(SpeechRequest("…", code), None)
    assert caught.value.code == "voice_unsupported"


def test_both_editions_are_in_the_table_and_ready() -> None:
    config = EngineConfig(models=tiny("bark"))
    for name in ("bark", "bark-small"):
        row = registry.spec("tts", name)
        assert registry.readiness(row, config).ready
        assert not row.clones
        assert registry.dotted(row.path)(config).name == name


def test_without_its_files_the_row_says_how_to_get_them(tmp_path: Path) -> None:
    state = registry.readiness(registry.spec("tts", "bark-small"), EngineConfig(models=tmp_path))
    assert "manage.py models fetch bark-small" in state.missing


# --- how it speaks ----------------------------------------------------------------------------------------------------
def test_one_line_is_what_the_library_itself_says(engine: NeuralVoice) -> None:
    model: Any = engine.model
    tokens = pretrained.tokenizer(tiny("bark") / "bark")(
        [SAID],
        return_tensors="pt",
        padding="max_length",
        max_length=256,
        add_special_tokens=False,
        return_token_type_ids=False,
    )
    prompts = tiny("bark") / "bark" / "speaker_embeddings" / "v2"
    history = {
        f"{kind}_prompt": torch.from_numpy(np.load(prompts / f"en_speaker_9_{kind}_prompt.npy"))
        for kind in ("semantic", "coarse", "fine")
    }
    with torch.random.fork_rng(), pretrained.quiet():
        torch.manual_seed(7)
        theirs = model._model.generate(**tokens, history_prompt=history).numpy().squeeze()
    assert np.array_equal(speak(engine, line(seed=7, stock="english-female"))[0], theirs)


@pytest.fixture
def sure(engine: NeuralVoice, monkeypatch: pytest.MonkeyPatch) -> NeuralVoice:
    """Bark that draws nothing, and whose lines end when they feel like it."""
    configs = engine.model._configs  # type: ignore[attr-defined]
    config = configs["fine"]
    for part in config.values():
        monkeypatch.setattr(part, "do_sample", False)
    monkeypatch.setattr(config["fine_generation_config"], "temperature", 1.0)
    monkeypatch.setattr(config["semantic_generation_config"], "min_eos_p", 1e-4)
    return engine


def test_several_lines_sound_as_each_alone(sure: NeuralVoice) -> None:
    texts = ["Yes.", "Where is it?", "Nobody knows where the money went.", "a b c d e", "Oh, well…", "What a day"]
    together = speak(sure, *map(line, texts))
    alone = [speak(sure, line(text))[0] for text in texts]
    assert len({len(sound) for sound in together}) > 2
    for one, other in zip(together, alone, strict=True):
        assert len(one) == len(other)
        assert np.abs(one - other).max(initial=0.0) < 1e-4


def test_a_line_that_ends_at_once_is_silence(engine: NeuralVoice, monkeypatch: pytest.MonkeyPatch) -> None:
    configs = engine.model._configs  # type: ignore[attr-defined]
    monkeypatch.setattr(configs["meaning"]["semantic_generation_config"], "min_eos_p", 1e-9)
    assert [len(sound) for sound in speak(engine, line(), line("No."))] == [0, 0]
    assert engine.synthesize(SpeechRequest(SAID, "en"), None).audio.duration > 0


def test_seeds_and_settings_change_the_take_and_nothing_else_does(engine: NeuralVoice) -> None:
    plain = speak(engine, line(seed=3))[0]
    torch.manual_seed(99)
    before = torch.get_rng_state()
    assert np.array_equal(speak(engine, line(seed=3))[0], plain)
    assert torch.equal(torch.get_rng_state(), before)
    for other in (line(seed=4), line(seed=3, semantic_temperature=1.0), line(seed=3, coarse_temperature=0.3)):
        assert not np.array_equal(speak(engine, other)[0], plain)


def test_weights_of_eight_bits_where_that_is_asked_for(engine: NeuralVoice) -> None:
    asked = EngineConfig(models=tiny("bark"), device="cpu", options=(("bark_precision", "int8"),))
    small = bark.create(asked)
    assert small.version == f"{engine.version}-int8"
    assert 0 < small.memory_bytes < engine.memory_bytes
    sound = speak(small, line(seed=3))[0]
    assert len(sound)
    assert not np.array_equal(sound, speak(engine, line(seed=3))[0])


def test_lines_of_a_batch_have_their_own_seeds(engine: NeuralVoice) -> None:
    first, second = speak(engine, line(seed=1), line(seed=2)), speak(engine, line(seed=1), line(seed=3))
    assert not np.array_equal(first[1], second[1])


def test_texts_are_split_below_thirteen_seconds(engine: NeuralVoice) -> None:
    for code, rate in RATES.items():
        assert engine.model.most_chars(code) / rate < 13
    text = "इस वाक्य में बहुत सारे शब्द हैं। " * 12
    said = engine.synthesize(SpeechRequest(text, "hi"), None).audio
    assert said.duration > 3 * TOKENS / 50  # more than any three calls give


def test_a_line_cannot_go_on_for_long_after_its_text(engine: NeuralVoice, monkeypatch: pytest.MonkeyPatch) -> None:
    configs = engine.model._configs  # type: ignore[attr-defined]
    monkeypatch.setattr(configs["meaning"]["semantic_generation_config"], "max_new_tokens", 768)
    seconds = len(speak(engine, line("No."))[0]) / engine.sample_rate
    assert TOKENS / 50 < seconds < 3


def test_threads_may_share_it(engine: NeuralVoice) -> None:
    alone = [engine.synthesize(SpeechRequest(SAID, "en", seed=seed), None).audio.samples for seed in range(4)]
    said: dict[int, Any] = {}

    def work(seed: int) -> None:
        said[seed] = engine.synthesize(SpeechRequest(SAID, "en", seed=seed), None).audio.samples

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(np.array_equal(alone[seed], said[seed]) for seed in range(4))


# --- somebody's voice -------------------------------------------------------------------------------------------------
def test_a_voice_colours_the_nearest_preset(engine: NeuralVoice, tmp_path: Path) -> None:
    engine.prepare(reference(tmp_path), tmp_path / "high", Silent())
    engine.prepare(reference(tmp_path, "en-us+m3", 20), tmp_path / "low", Silent())
    high, low = (engine.load(tmp_path / name) for name in ("high", "low"))
    said = [engine.synthesize(SpeechRequest(SAID, "en"), voice).audio for voice in (None, high, low)]
    assert len({audio.samples.tobytes() for audio in said}) == 3
    close, clear = (
        engine.synthesize(SpeechRequest(SAID, "en", match=match), high).audio.samples
        for match in (Match.CLOSE, Match.CLEAR)
    )
    assert not np.array_equal(close, clear)


def test_only_presets_that_are_there_are_coloured(models: Path, tmp_path: Path) -> None:
    prompts = models / "bark" / "speaker_embeddings" / "v2"
    for path in prompts.glob("en_speaker_[!4]_*"):
        path.unlink()
    few = bark.create(EngineConfig(models=models, device="cpu"))
    few.prepare(reference(tmp_path), tmp_path / "voice", Silent())
    assert few.synthesize(SpeechRequest(SAID, "en"), few.load(tmp_path / "voice")).audio.duration > 0


# --- files ------------------------------------------------------------------------------------------------------------
def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def without_a_tensor(path: Path) -> None:
    from safetensors.torch import load_file, save_file

    state = load_file(path)
    del state["semantic.lm_head.weight"]
    save_file(state, path, {"format": "pt"})


def of_another_size(path: Path) -> None:
    config = json.loads(path.read_text())
    config["semantic_config"]["hidden_size"] = 32
    path.write_text(json.dumps(config))


@pytest.mark.parametrize(
    ("name", "spoil"),
    [
        ("model.safetensors", cut),
        ("model.safetensors", without_a_tensor),
        ("config.json", cut),
        ("config.json", of_another_size),
        ("generation_config.json", cut),
        ("tokenizer.json", cut),
    ],
)
def test_a_damaged_file_is_named(models: Path, name: str, spoil: Callable[[Path], None]) -> None:
    spoil(models / "bark" / name)
    with pytest.raises(PipelineError) as caught:
        bark.create(EngineConfig(models=models, device="cpu"))
    assert caught.value.code == "weights_damaged"
    assert "models verify bark`" in str(caught.value)


class Trap:
    def __reduce__(self) -> tuple[Any, ...]:
        return print, ("sprung",)


def test_a_checkpoint_that_would_run_code_is_refused(models: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (models / "bark" / "model.safetensors").unlink()
    torch.save({"weight": Trap()}, models / "bark" / "pytorch_model.bin")
    with pytest.raises(PipelineError) as caught:
        bark.create(EngineConfig(models=models, device="cpu"))
    assert caught.value.code == "weights_unsafe"
    assert "sprung" not in capsys.readouterr().out


def test_the_published_pickle_of_tensors_gives_the_same_sound(models: Path, engine: NeuralVoice) -> None:
    from safetensors.torch import load_file

    weights = models / "bark" / "model.safetensors"
    torch.save(load_file(weights), models / "bark" / "pytorch_model.bin")
    weights.unlink()
    pickled = bark.create(EngineConfig(models=models, device="cpu"))
    assert np.array_equal(speak(pickled, line(seed=2))[0], speak(engine, line(seed=2))[0])
    assert pickled.version != engine.version


def test_a_preset_that_is_not_there_or_spoilt_is_named(models: Path, capsys: pytest.CaptureFixture[str]) -> None:
    prompts = models / "bark" / "speaker_embeddings" / "v2"
    (prompts / "en_speaker_0_fine_prompt.npy").unlink()
    cut(prompts / "en_speaker_1_semantic_prompt.npy")
    np.save(prompts / "en_speaker_2_coarse_prompt.npy", np.full((2, 40), 5000))
    np.save(prompts / "en_speaker_3_fine_prompt.npy", np.zeros((4, 40), np.int64))
    np.save(prompts / "en_speaker_4_fine_prompt.npy", np.zeros((8, 40)))
    np.save(prompts / "en_speaker_5_fine_prompt.npy", np.array([Trap()], object), allow_pickle=True)
    (prompts / "en_speaker_6_fine_prompt.npy").write_bytes(pickle.dumps(Trap()))
    spoilt = bark.create(EngineConfig(models=models, device="cpu"))
    for number in range(7):
        with pytest.raises(PipelineError) as caught:
            spoilt.synthesize(SpeechRequest(SAID, "en", stock=f"v2/en_speaker_{number}"), None)
        assert caught.value.code == "weights_damaged"
        assert f"en_speaker_{number}" in str(caught.value)
    assert "sprung" not in capsys.readouterr().out
    assert spoilt.synthesize(SpeechRequest(SAID, "en", stock="v2/en_speaker_7"), None).audio.duration > 0
