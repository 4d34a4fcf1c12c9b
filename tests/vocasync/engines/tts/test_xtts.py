"""XTTS beside what its own library makes of the same checkpoint, and what it does with files that are not right."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch

from tests.tiny import put, tiny, xtts
from tests.vocasync.engines.tts.speech import talk
from vocasync.engines import registry
from vocasync.engines.base import EngineConfig
from vocasync.engines.tts import coqui
from vocasync.engines.tts import xtts as engine_module
from vocasync.engines.tts.neural import Arrays, Conditioning, Line, NeuralVoice
from vocasync.errors import PipelineError
from vocasync.progress import Silent
from vocasync.types import Audio, SpeechRequest, VoiceReference

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

LINES = ("The children are playing in the garden.", "No.", "Behind the old house there is a river, and a mill.")
FOLDER = coqui.XTTS


@pytest.fixture(scope="module")
def config() -> EngineConfig:
    return EngineConfig(models=tiny("xtts"), network=False, device="cpu")


@pytest.fixture(scope="module")
def engine(config: EngineConfig) -> NeuralVoice:
    loaded = registry.load("tts", "xtts", config)
    assert isinstance(loaded, NeuralVoice)
    return loaded


@pytest.fixture(scope="module")
def network(engine: NeuralVoice) -> Any:
    """The library's own object."""
    return engine.model._network  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def voice(engine: NeuralVoice, tmp_path_factory: pytest.TempPathFactory) -> Conditioning:
    return prepared(engine, tmp_path_factory.mktemp("voice"), "en-us+m3", 50)


@pytest.fixture(scope="module")
def emotion(engine: NeuralVoice, tmp_path_factory: pytest.TempPathFactory) -> Conditioning:
    return prepared(engine, tmp_path_factory.mktemp("emotion"), "en-us+f5", 80)


@pytest.fixture
def ending(network: Any) -> Iterator[None]:
    """The model ends its lines by itself, some earlier than others, as a trained one does."""
    bias = network.gpt.mel_head.bias.data
    stop = network.gpt.stop_audio_token
    before = float(bias[stop])
    bias[stop] = before + 6.0
    yield
    bias[stop] = before


def prepared(engine: NeuralVoice, folder: Path, name: str, pitch: int) -> Conditioning:
    soundfile.write(folder / "clip.wav", talk(name, 5.0, 22_050, pitch=pitch), 22_050)
    engine.prepare(VoiceReference(folder / "clip.wav"), folder / "voice", Silent())
    return engine.load(folder / "voice")


def line(text: str, seed: int = 0, rate: float = 1.0, *options: tuple[str, float]) -> Line:
    return Line(text, "en", rate, 1.0, seed, "", options)


def tensors(voice: Conditioning) -> tuple[torch.Tensor, torch.Tensor]:
    return torch.from_numpy(voice.arrays["latents"]), torch.from_numpy(voice.arrays["speaker"])


# --- the same as the library ------------------------------------------------------------------------------------------
def test_the_conditioning_is_the_librarys(engine: NeuralVoice, network: Any, tmp_path: Path) -> None:
    sound = talk("en-us+m3", 5.0, 22_050)
    soundfile.write(tmp_path / "clip.wav", sound, 22_050, "FLOAT")
    engine.prepare(VoiceReference(tmp_path / "clip.wav"), tmp_path / "voice", Silent())
    config = network.config
    latents, speaker = network.get_conditioning_latents(
        str(tmp_path / "clip.wav"), config.max_ref_len, config.gpt_cond_len, config.gpt_cond_chunk_len
    )
    found = engine.load(tmp_path / "voice").arrays
    assert np.allclose(found["latents"], latents.numpy(), atol=1e-5)
    assert np.allclose(found["speaker"], speaker.numpy(), atol=1e-5)


@pytest.mark.parametrize("rate", [1.0, 1.25])
def test_a_line_sounds_as_the_library_makes_it_of_the_same_codes(
    engine: NeuralVoice, network: Any, voice: Conditioning, ending: None, rate: float
) -> None:
    """The library goes over the text a second time for what we keep from the first."""
    one = line(LINES[0], 3, rate)
    (ours,) = engine.model.say([one], voice.arrays, None)
    theirs = network.inference(
        LINES[0],
        "en",
        *tensors(voice),
        do_sample=False,
        speed=rate,
        repetition_penalty=5.0,
        logits_processor=engine_module._drawing([one]),
    )["wav"]
    assert len(ours) == len(theirs)
    assert np.abs(ours - theirs).max() < 1e-4


def test_the_chances_are_those_of_the_scores() -> None:
    scores = torch.log(torch.tensor([[0.6, 0.3, 0.1, 0.0]]))
    draw = engine_module._Drawn([7])
    drawn = [int(draw(None, scores).argmax()) for _ in range(3000)]
    shares = np.bincount(drawn, minlength=4) / len(drawn)
    assert np.allclose(shares, [0.6, 0.3, 0.1, 0.0], atol=0.03)


def test_what_is_streamed_is_what_is_said(engine: NeuralVoice, voice: Conditioning, ending: None) -> None:
    for seed, text in enumerate(LINES):
        (whole,) = engine.model.say([line(text, seed)], voice.arrays, None)
        pieces = list(engine.model.stream(line(text, seed), voice.arrays, None))  # type: ignore[attr-defined]
        found = np.concatenate(pieces)
        assert len(found) == len(whole)
        assert np.abs(found[:512] - whole[:512]).max() < 1e-4


def test_a_long_line_streams_in_several_pieces(engine: NeuralVoice, voice: Conditioning) -> None:
    found = [audio.samples for audio in engine.stream(SpeechRequest(LINES[2], "en"), voice)]
    assert len(found) > 1


# --- several at once --------------------------------------------------------------------------------------------------
def test_several_lines_at_once_sound_as_each_alone(engine: NeuralVoice, voice: Conditioning, ending: None) -> None:
    lines = [line(text, seed) for seed, text in enumerate(LINES * 2)]
    together = engine.model.say(lines, voice.arrays, None)
    assert len({len(sound) for sound in together}) > 2, "they end at different times"
    for one, sound in zip(lines, together, strict=True):
        (alone,) = engine.model.say([one], voice.arrays, None)
        assert len(sound) == len(alone)
        assert np.abs(sound - alone).max() < 1e-4


def test_others_random_numbers_are_left_alone(engine: NeuralVoice, voice: Conditioning) -> None:
    before = torch.random.get_rng_state()
    engine.model.say([line(LINES[0])], voice.arrays, None)
    list(engine.model.stream(line(LINES[0]), voice.arrays, None))  # type: ignore[attr-defined]
    assert torch.equal(before, torch.random.get_rng_state())


def test_twenty_segments_take_one_conditioning(
    engine: NeuralVoice, network: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = {name: counted(network, name, monkeypatch) for name in ("get_gpt_cond_latents", "get_speaker_embedding")}
    passes = counted(network.gpt.gpt_inference, "generate", monkeypatch)
    kept = prepared(engine, tmp_path, "en-us+m3", 50)
    requests = [SpeechRequest(f"Sentence {number} of twenty.", "en", seed=number) for number in range(20)]
    assert len(engine.synthesize_many(requests, kept)) == 20
    assert [len(count) for count in counts.values()] == [1, 1]
    assert len(passes) == 3
    for request in requests:
        engine.synthesize(request, engine.load(tmp_path / "voice"))
    assert [len(count) for count in counts.values()] == [1, 1]


def counted(owner: Any, name: str, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A list that grows with each call of the method."""
    calls: list[int] = []
    method: Callable[..., Any] = getattr(owner, name)

    def counting(*args: Any, **kwargs: Any) -> Any:
        calls.append(1)
        return method(*args, **kwargs)

    monkeypatch.setattr(owner, name, counting)
    return calls


def test_threads_say_what_each_would_alone(engine: NeuralVoice, voice: Conditioning, emotion: Conditioning) -> None:
    def say(place: int) -> None:
        heard[place] = engine.synthesize(SpeechRequest(LINES[0], "en"), (voice, emotion)[place % 2]).audio.samples

    heard: dict[int, Any] = {}
    for place in range(2):
        say(place)
    alone = dict(heard)
    threads = [threading.Thread(target=say, args=(place,)) for place in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(np.array_equal(heard[place], alone[place % 2]) for place in range(4))


# --- tone -------------------------------------------------------------------------------------------------------------
def test_the_tone_moves_with_its_strength_and_the_voice_stays(
    engine: NeuralVoice, network: Any, voice: Conditioning, emotion: Conditioning, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Any] = []
    voices: list[Any] = []
    embeddings, vocoder = network.gpt.compute_embeddings, network.hifigan_decoder.forward
    monkeypatch.setattr(
        network.gpt, "compute_embeddings", lambda *given: (told.append(given[0]), embeddings(*given))[1]
    )
    monkeypatch.setattr(network.hifigan_decoder, "forward", lambda one, g: (voices.append(g), vocoder(one, g=g))[1])
    for strength in (0.0, 0.25, 0.5, 1.0):
        engine.synthesize(SpeechRequest(LINES[0], "en", strength=strength), voice, emotion)
    own, other = voice.arrays["latents"], emotion.arrays["latents"]
    moved = [float(np.linalg.norm(latents.numpy() - own)) for latents in told]
    assert moved[0] == 0.0
    assert moved == sorted(moved)
    assert np.allclose(moved, np.linalg.norm(other - own) * np.array([0.0, 0.25, 0.5, 1.0]), rtol=1e-4)
    assert all(np.array_equal(one.numpy(), voice.arrays["speaker"]) for one in voices)


def test_without_strength_an_emotion_changes_nothing(
    engine: NeuralVoice, voice: Conditioning, emotion: Conditioning
) -> None:
    plain = engine.synthesize(SpeechRequest(LINES[0], "en"), voice).audio.samples
    none = engine.synthesize(SpeechRequest(LINES[0], "en", strength=0.0), voice, emotion).audio.samples
    full = engine.synthesize(SpeechRequest(LINES[0], "en"), voice, emotion).audio.samples
    assert np.array_equal(plain, none)
    assert not np.array_equal(plain, full)


# --- text -------------------------------------------------------------------------------------------------------------
def test_its_languages() -> None:
    known = coqui.xtts_languages()
    assert {"en", "es", "fr", "de", "it", "pt", "pl", "tr", "ru", "nl", "cs", "ar", "hu", "ko", "hi"} <= known
    assert ("zh" in known) == (find_spec("pypinyin") is not None)
    assert ("ja" in known) == (find_spec("cutlet") is not None)


@pytest.mark.parametrize("code", ["te", "ta", "ur"])
def test_a_language_that_it_does_not_speak_is_refused(engine: NeuralVoice, voice: Conditioning, code: str) -> None:
    with pytest.raises(PipelineError) as caught:
        engine.synthesize(SpeechRequest("x", code), voice)
    assert caught.value.code == "voice_unsupported"


@pytest.mark.parametrize("text", ["12.", "3.5", "1.", "$5.99", "50%", "2025", "1,234,567", "9" * 70, "1st 2º 3-й"])
def test_numbers_are_read_in_every_language(engine: NeuralVoice, voice: Conditioning, text: str) -> None:
    for code in engine.model.languages:
        assert len(engine.synthesize(SpeechRequest(text, code), voice).audio.samples)


def test_text_is_given_to_the_model_within_its_limits(
    engine: NeuralVoice, network: Any, voice: Conditioning, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[Any] = []
    embeddings = network.gpt.compute_embeddings
    monkeypatch.setattr(
        network.gpt, "compute_embeddings", lambda *given: (said.append(given[1]), embeddings(*given))[1]
    )
    assert engine.model.most_chars("hi") == 150
    engine.synthesize(SpeechRequest("नमस्ते दुनिया। यह एक लंबा वाक्य है, " * 20, "hi"), voice)
    assert max(tokens.shape[1] for tokens in said) <= 151
    said.clear()
    engine.synthesize(SpeechRequest("987654321 " * 25, "en"), voice)
    assert len(said) > 2
    assert max(tokens.shape[1] for tokens in said) < network.args.gpt_max_text_tokens


# --- settings, voices of its own --------------------------------------------------------------------------------------
def test_a_low_temperature_keeps_to_what_is_likeliest() -> None:
    scores = torch.linspace(0.0, 3.0, 8)[None]

    def drawn(value: float) -> set[int]:
        lines = [line("x", seed, 1.0, ("temperature", value)) for seed in range(60)]
        return {int(engine_module._drawing([one])(torch.zeros(1, 1), scores).argmax()) for one in lines}

    assert drawn(0.1) < drawn(0.4) < drawn(1.0)


def test_its_own_voices_are_listed_without_running_anything(config: EngineConfig, tmp_path: Path) -> None:
    assert [one.name for one in coqui.xtts_stock(config)] == list(xtts.SPEAKERS)
    path = tmp_path / FOLDER / "speakers_xtts.pth"
    path.parent.mkdir()
    place = EngineConfig(models=tmp_path)
    assert coqui.xtts_stock(place) == ()
    torch.save({"Mallory": Mallory(tmp_path / "ran")}, path)
    assert [one.name for one in coqui.xtts_stock(place)] == ["Mallory"]
    assert not (tmp_path / "ran").exists()
    path.write_bytes(path.read_bytes()[:200])
    assert coqui.xtts_stock(place) == ()


# --- files that are not right -----------------------------------------------------------------------------------------
class Mallory:
    """Runs a program when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch '{self.path}'",)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def load(models: Path) -> NeuralVoice:
    return engine_module.create(EngineConfig(models=models, device="cpu"))


@pytest.mark.parametrize("name", ["model.pth", "speakers_xtts.pth", "vocab.json", "config.json"])
def test_half_a_file_is_refused_by_its_name(tmp_path: Path, name: str) -> None:
    put("xtts", tmp_path)
    cut(tmp_path / FOLDER / name)
    with pytest.raises(PipelineError) as caught:
        load(tmp_path)
    assert caught.value.code == "weights_damaged"
    assert name in str(caught.value)
    assert caught.value.permanent


@pytest.mark.parametrize("name", ["model.pth", "vocab.json", "config.json"])
def test_a_missing_file_is_named_with_its_remedy(tmp_path: Path, name: str) -> None:
    put("xtts", tmp_path)
    (tmp_path / FOLDER / name).unlink()
    with pytest.raises(PipelineError) as caught:
        registry.load("tts", "xtts", EngineConfig(models=tmp_path, device="cpu"))
    assert caught.value.code == "engine_not_ready"
    assert f"{name} missing" in str(caught.value)
    assert "models fetch xtts-v2" in str(caught.value)
    with pytest.raises(PipelineError) as caught:
        load(tmp_path)
    assert caught.value.code == "weights_damaged"


def test_it_speaks_in_a_given_voice_without_voices_of_its_own(tmp_path: Path, voice: Conditioning) -> None:
    put("xtts", tmp_path)
    (tmp_path / FOLDER / "speakers_xtts.pth").unlink()
    lone = load(tmp_path)
    assert len(lone.synthesize(SpeechRequest(LINES[0], "en"), voice).audio.samples)
    with pytest.raises(PipelineError) as caught:
        lone.synthesize(SpeechRequest(LINES[0], "en"), None)
    assert caught.value.code == "stock_unknown"


@pytest.mark.parametrize("name", ["model.pth", "speakers_xtts.pth"])
def test_a_pickle_that_would_run_code_is_refused(tmp_path: Path, name: str) -> None:
    put("xtts", tmp_path)
    path = tmp_path / FOLDER / name
    found = torch.load(path, weights_only=True)
    torch.save({**found, "config": Mallory(tmp_path / "ran")}, path)
    with pytest.raises(PipelineError) as caught:
        load(tmp_path)
    assert caught.value.code == "weights_unsafe"
    assert name in str(caught.value)
    assert not (tmp_path / "ran").exists()


def test_weights_of_another_shape_are_refused(tmp_path: Path) -> None:
    put("xtts", tmp_path)
    path = tmp_path / FOLDER / "config.json"
    told = json.loads(path.read_text())
    told["model_args"]["gpt_layers"] = 3
    path.write_text(json.dumps(told))
    with pytest.raises(PipelineError) as caught:
        load(tmp_path)
    assert caught.value.code == "weights_damaged"
    assert "model.pth" in str(caught.value)


def test_the_published_format_loads_from_a_folder_that_cannot_be_written(
    tmp_path: Path, engine: NeuralVoice, voice: Conditioning
) -> None:
    """The published file holds objects of the library's under names that these classes have no more."""
    put("xtts", tmp_path)
    path = tmp_path / FOLDER / "model.pth"
    state = torch.load(path, weights_only=True)["model"]
    state |= {"dvae.codebook": torch.zeros(2), "gpt.gpt.wte.weight": state["gpt.mel_embedding.weight"]}
    save_as_published(state, path)
    before = {file.name: file.read_bytes() for file in path.parent.iterdir()}
    path.parent.chmod(0o555)
    try:
        loaded = load(tmp_path)
    finally:
        path.parent.chmod(0o755)
    assert {file.name: file.read_bytes() for file in path.parent.iterdir()} == before
    request = SpeechRequest(LINES[0], "en")
    said, known = (one.synthesize(request, voice).audio.samples for one in (loaded, engine))
    assert np.array_equal(said, known)
    assert loaded.version != engine.version


def save_as_published(state: dict[str, Any], path: Path) -> None:
    from TTS.tts.configs.xtts_config import XttsArgs, XttsAudioConfig, XttsConfig

    moved = (XttsArgs, XttsAudioConfig)
    homes = [kind.__module__ for kind in moved]
    try:
        for kind in moved:
            kind.__module__ = "TTS.tts.models.xtts"
        torch.save({"model": state, "config": XttsConfig()}, path)
    finally:
        for kind, home in zip(moved, homes, strict=True):
            kind.__module__ = home


# --- eight bits, sixteen bits -----------------------------------------------------------------------------------------
def test_eight_bits_say_about_the_same_and_take_less(config: EngineConfig, voice: Conditioning) -> None:
    whole = engine_module.create(config).model
    small = engine_module.create(replace(config, options=(("xtts_precision", "int8"),))).model
    assert small.memory_bytes < whole.memory_bytes - 200_000
    lines = [line(text, seed) for seed, text in enumerate(LINES)]
    latents = torch.from_numpy(voice.arrays["latents"])
    with torch.inference_mode():
        one, two = (
            model._network.gpt.gpt(inputs_embeds=model._prefix(lines[0], latents)[None]).last_hidden_state  # type: ignore[attr-defined]
            for model in (whole, small)
        )
    assert 0.0 < float((one - two).norm() / one.norm()) < 0.1
    together = small.say(lines, voice.arrays, None)
    assert all(np.isfinite(sound).all() and len(sound) for sound in together)


def test_halves_say_about_the_same(tmp_path: Path, voice: Conditioning) -> None:
    put("xtts", tmp_path)
    network: Any = engine_module._network(tmp_path / FOLDER)
    whole = engine_module.Xtts(network, {}, "1", "cpu")
    one = line(LINES[0], 1, 1.0, ("temperature", 0.1))
    (said,) = whole.say([one], voice.arrays, None)
    engine_module._halve(network)
    halved = engine_module.Xtts(network, {}, "1", "cpu")
    assert halved.memory_bytes < whole.memory_bytes
    (found,) = halved.say([one], voice.arrays, None)
    pieces = list(halved.stream(one, voice.arrays, None))
    assert np.isfinite(found).all()
    assert sum(map(len, pieces)) == len(found)
    arrays: Arrays = halved.condition(Audio(talk("en-us+m3", 3.0, 22_050), 22_050), VoiceReference(tmp_path))
    assert all(array.dtype == np.float32 for array in arrays.values())
    assert len(said) > 0
