"""NeuTTS Air on its real libraries, with a tiny checkpoint of random weights: what the contract does not ask."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch

from tests.tiny import put, tiny
from tests.tiny.neutts import CODES, CONTEXT, VOICES
from tests.vocasync.engines.tts.speech import talk
from vocasync.engines import registry
from vocasync.engines.base import EngineConfig
from vocasync.engines.tts import neutts, pretrained
from vocasync.engines.tts.neural import Line, NeuralVoice
from vocasync.engines.tts.neutts_backbones import Prompt, TorchBackbone, codes_in
from vocasync.engines.tts.neutts_codec import Decoder
from vocasync.engines.tts.neutts_voices import neutts_stock
from vocasync.engines.tts.phones import phones
from vocasync.engines.watermark import perth, perth_parts
from vocasync.errors import PipelineError
from vocasync.progress import Silent
from vocasync.types import Region, SpeechRequest, VoiceReference, Word

SAID = "Where is it?"


@pytest.fixture(scope="module")
def config() -> EngineConfig:
    return EngineConfig(models=tiny("neutts"), device="cpu")


@pytest.fixture(scope="module")
def engine(config: EngineConfig) -> NeuralVoice:
    return neutts.create(config)


@pytest.fixture(scope="module")
def backbone(engine: NeuralVoice) -> TorchBackbone:
    found: TorchBackbone = engine.model._backbone  # type: ignore[attr-defined]
    return found


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """A models folder to be spoilt."""
    put("neutts", tmp_path)
    return tmp_path


def line(text: str = SAID, seed: int = 0, stock: str = "", **options: float) -> Line:
    return Line(text, "en", 1.0, 1.0, seed, stock, tuple(options.items()))


# --- prompts and answers ----------------------------------------------------------------------------------------------
def test_the_prompt_is_the_published_one(engine: NeuralVoice, backbone: TorchBackbone) -> None:
    model: Any = engine.model
    told = model._told("jo")
    prompt = model._prompt(line(), phones(SAID, "en-us"), told)
    said = f"{phones(VOICES['jo'], 'en-us')} {phones(SAID, 'en-us')}"
    start = f"user: Convert the text to speech:<|TEXT_PROMPT_START|>{said}<|TEXT_PROMPT_END|>\nassistant:"
    assert prompt.text.startswith(f"{start}<|SPEECH_GENERATION_START|><|speech_{told.codes[0]}|>")
    assert prompt.text.count("<|speech_") == len(told.codes)
    words = backbone._tokenizer
    marks = [words.convert_tokens_to_ids(f"<|{mark}|>") for mark in ("TEXT_PROMPT_START", "SPEECH_GENERATION_START")]
    ids = words(prompt.text, add_special_tokens=False)["input_ids"]
    assert all(mark in ids for mark in marks)
    assert backbone.count(prompt.text) + prompt.most <= CONTEXT


def test_codes_are_read_up_to_the_end() -> None:
    said = "<|speech_7|>x<|speech_65535|><|SPEECH_GENERATION_END|><|speech_1|>"
    assert codes_in(said) == [7, 65_535]
    assert codes_in("nothing") == []


def test_several_prompts_are_answered_as_each_alone(backbone: TorchBackbone, monkeypatch: pytest.MonkeyPatch) -> None:
    generate = backbone._model.generate
    monkeypatch.setattr(
        backbone._model, "generate", lambda **given: generate(**given | {"do_sample": False, "top_k": None})
    )
    prompts = [Prompt(f"{'so ' * number}<|SPEECH_GENERATION_START|><|speech_{number}|>", 120, 0) for number in range(7)]
    together = backbone.answer(prompts, 1.0)
    alone = [backbone.answer([prompt], 1.0)[0] for prompt in prompts]
    assert together == alone
    assert len({tuple(codes) for codes in together}) > 3


def test_no_answer_is_longer_than_it_may_be(backbone: TorchBackbone) -> None:
    prompts = [Prompt("<|SPEECH_GENERATION_START|>", most, 0) for most in (1, 5, 70)]
    answers = backbone.answer(prompts, 1.0)
    assert all(len(codes) <= prompt.most for codes, prompt in zip(answers, prompts, strict=True))
    assert len(answers[2]) > 5


def test_the_decoder_gives_each_code_its_fiftieth_of_a_second() -> None:
    decoder = Decoder(tiny("neutts") / "neutts-air" / "decoder.onnx")
    assert decoder.sound([]).shape == (0,)
    one, two = decoder.sound([3]), decoder.sound([3, 9])
    assert one.shape == (480,)
    assert one.dtype == np.float32
    assert np.array_equal(two[:480], one)


# --- how it speaks ----------------------------------------------------------------------------------------------------
def test_texts_are_split_below_the_context(engine: NeuralVoice) -> None:
    model: Any = engine.model
    text = "Nobody knows where the money went or who took it from the bank, and nobody asks. " * 8
    request = SpeechRequest(text, "en")
    pieces = engine._pieces(request, None)
    assert len(pieces) > 8
    assert " ".join(pieces).split() == text.split()
    for piece in pieces:
        assert not model.too_long(piece, "en")
        prompt = model._prompt(line(piece), phones(piece, "en-us"), model._told("dave"))
        assert model._backbone.count(prompt.text) + len(piece) / 14 * 50 < CONTEXT
    assert model.too_long(text[:160], "en")


@pytest.mark.parametrize("code", ["hi", "de", "te"])
def test_other_languages_are_refused(engine: NeuralVoice, code: str) -> None:
    with pytest.raises(PipelineError) as caught:
        engine.synthesize(SpeechRequest("नमस्ते", code), None)
    assert caught.value.code == "voice_unsupported"


def test_hindi_words_in_english_are_read(engine: NeuralVoice) -> None:
    assert engine.synthesize(SpeechRequest("नमस्ते दुनिया", "en"), None).audio.duration >= 0.9


def test_a_line_without_sounds_is_silence(engine: NeuralVoice) -> None:
    assert [len(sound) for sound in engine.model.say([line("."), line("…")], None, None)] == [0, 0]


def test_seeds_and_liveliness_change_the_take_and_nothing_else_does(engine: NeuralVoice) -> None:
    def say(one: Line) -> Any:
        return engine.model.say([one], None, None)[0]

    plain = say(line(seed=3))
    before = torch.get_rng_state()
    assert np.array_equal(say(line(seed=3)), plain)
    assert torch.equal(torch.get_rng_state(), before)
    for other in (line(seed=4), line(seed=3, temperature=0.5), line(seed=3, stock="jo")):
        assert not np.array_equal(say(other), plain)


def test_threads_may_share_it(engine: NeuralVoice) -> None:
    def say(seed: int) -> None:
        said[seed] = engine.synthesize(SpeechRequest(SAID, "en", seed=seed), None).audio.samples

    said: dict[int, Any] = {}
    for seed in range(4):
        say(seed)
    alone = dict(said)
    threads = [threading.Thread(target=say, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(np.array_equal(alone[seed], said[seed]) for seed in range(4))


def test_texts_are_counted_while_others_are_said(backbone: TorchBackbone) -> None:
    """Lines are counted outside the engine's lock, so that a long line of somebody else's does not hold up a split."""
    wanted = [(text, backbone.count(text)) for text in (SAID, SAID * 9)]
    prompts = [Prompt(SAID, 1, 0), Prompt(SAID * 40, 1, 0)]
    with ThreadPoolExecutor(4) as pool:
        encoded = [pool.submit(backbone._given, prompts) for _ in range(200)]
        found = list(pool.map(backbone.count, [text for text, _ in wanted] * 400))
    assert found == [tokens for _, tokens in wanted] * 400
    assert all(future.result()["input_ids"].shape[0] == 2 for future in encoded)


@pytest.mark.skipif(bool(perth_parts.missing(EngineConfig())), reason="Perth is not ready here")
def test_what_it_says_carries_the_watermark(engine: NeuralVoice, config: EngineConfig) -> None:
    said = engine.synthesize(SpeechRequest("Nobody knows where the money went. " * 3, "en", rate=1.2), None).audio
    assert perth.create(config).detect(said) > 0.9
    assert engine.marks


# --- voices -----------------------------------------------------------------------------------------------------------
def test_voices_of_the_folder_are_offered(models: Path) -> None:
    config = EngineConfig(models=models)
    voices = models / "neutts-air" / "voices"
    assert [(voice.name, voice.label, voice.sex) for voice in neutts_stock(config)] == [
        ("dave", "Dave", "male"),
        ("jo", "Jo", "female"),
    ]
    torch.save(torch.arange(90), voices / "mia.pt")
    assert len(neutts_stock(config)) == 2
    (voices / "mia.txt").write_text("Hello, I am Mia.\n", encoding="utf-8")
    assert neutts_stock(config)[-1].name == "mia"
    spoken = neutts.create(config).synthesize(SpeechRequest(SAID, "en", stock="mia"), None)
    assert spoken.audio.duration >= 0.9


def test_without_any_voice_the_remedy_is_told(models: Path) -> None:
    for path in (models / "neutts-air" / "voices").iterdir():
        path.unlink()
    with pytest.raises(PipelineError) as caught:
        neutts.create(EngineConfig(models=models, device="cpu")).synthesize(SpeechRequest(SAID, "en"), None)
    assert "models fetch neutts-air`" in str(caught.value)


def test_a_voice_colours_one_of_the_folder(engine: NeuralVoice, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "clip.wav", talk("en-us+f5", 5.0, 16_000), 16_000)
    reference = VoiceReference(tmp_path / "clip.wav", transcript="Nobody knows.", language="en")
    engine.prepare(reference, tmp_path / "voice", Silent())
    voice = engine.load(tmp_path / "voice")
    assert "codes" not in voice.arrays  # nothing here encodes a clip
    coloured = engine.synthesize(SpeechRequest(SAID, "en"), voice).audio.samples
    own = [engine.synthesize(SpeechRequest(SAID, "en", stock=name), None).audio.samples for name in VOICES]
    assert not any(np.array_equal(coloured, one) for one in own)


def words(*times: tuple[str, float, float]) -> tuple[Word, ...]:
    return tuple(Word(text, start, end) for text, start, end in times)


def test_a_clip_is_cut_where_its_words_end() -> None:
    known = words(("one", 0.2, 0.5), ("two", 0.6, 1.0), ("out", 3.0, 3.4), ("three", 5.1, 5.4), ("four", 6.0, 7.5))
    regions = (Region(0.1, 1.05), Region(5.0, 8.0))
    reference = VoiceReference(Path("clip.wav"), regions, words=known)
    whole, said = neutts.worded(reference, 10.0)
    assert said == "one two three four"
    assert [(round(one.start, 2), round(one.end, 2)) for one in whole] == [(0.15, 1.05), (5.05, 7.6)]
    short, said = neutts.worded(reference, 1.7)
    assert said == "one two three"
    assert sum(region.duration for region in short) <= 1.7
    assert neutts.worded(VoiceReference(Path("clip.wav"), words=known), 1.2)[1] == "one two"
    assert neutts.worded(VoiceReference(Path("clip.wav"), (Region(20, 30),), words=known), 10) == ((), "")


# --- files ------------------------------------------------------------------------------------------------------------
def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def foreign(path: Path) -> None:
    from transformers import PreTrainedTokenizerFast

    other: Any = PreTrainedTokenizerFast.from_pretrained(str(path.parent))
    text = other.backend_tokenizer.to_str().replace("SPEECH_GENERATION_END", "SOMETHING_ELSE_ENDS")
    path.write_text(text, encoding="utf-8")
    for name in ("tokenizer_config.json", "special_tokens_map.json", "added_tokens.json"):
        extra = path.parent / name
        if extra.is_file():
            extra.write_text(extra.read_text().replace("SPEECH_GENERATION_END", "SOMETHING_ELSE_ENDS"))


@pytest.mark.parametrize(
    ("name", "spoil"),
    [
        ("backbone/model.safetensors", cut),
        ("backbone/config.json", cut),
        ("backbone/tokenizer.json", cut),
        ("backbone/tokenizer.json", foreign),
        ("decoder.onnx", cut),
    ],
)
def test_a_damaged_file_is_named(models: Path, name: str, spoil: Callable[[Path], None]) -> None:
    with pretrained.quiet():
        spoil(models / "neutts-air" / name)
    with pytest.raises(PipelineError) as caught:
        neutts.create(EngineConfig(models=models, device="cpu"))
    assert caught.value.code == "weights_damaged"
    assert Path(name).name in str(caught.value)
    assert "models verify neutts-air`" in str(caught.value)


class Trap:
    def __reduce__(self) -> tuple[Any, ...]:
        return print, ("sprung",)


def test_voices_that_are_no_codes_are_refused(models: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spoilt = {
        "trap": Trap(),
        "floats": torch.rand(80),
        "beyond": torch.full((80,), 65_536),
        "below": torch.full((80,), -1),
        "none": torch.zeros(0, dtype=torch.int64),
        "words": {"codes": [1, 2]},
        "long": torch.full((CONTEXT,), CODES - 1),
    }
    for name, content in spoilt.items():
        torch.save(content, models / "neutts-air" / "voices" / f"{name}.pt")
        (models / "neutts-air" / "voices" / f"{name}.txt").write_text("So I said.")
    (models / "neutts-air" / "voices" / "jo.txt").write_bytes(b"\xff\xfe\xfa")
    spoken = neutts.create(EngineConfig(models=models, device="cpu"))
    for name in (*spoilt, "jo"):
        with pytest.raises(PipelineError) as caught:
            spoken.synthesize(SpeechRequest(SAID, "en", stock=name), None)
        assert caught.value.code == ("weights_unsafe" if name == "trap" else "weights_damaged"), name
        assert f"{name}." in str(caught.value)
    assert "sprung" not in capsys.readouterr().out


def test_the_rows_say_what_is_missing(tmp_path: Path) -> None:
    row = registry.spec("tts", "neutts-air")
    assert registry.readiness(row, EngineConfig(models=tiny("neutts"))).ready
    assert "models fetch neutts-air`" in registry.readiness(row, EngineConfig(models=tmp_path)).missing
    missing = registry.readiness(registry.spec("tts", "neutts-air-gguf"), EngineConfig(models=tmp_path)).missing
    assert "llama-cpp-python" in missing or "models fetch neutts-air-gguf" in missing
