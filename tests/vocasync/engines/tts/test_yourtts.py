"""YourTTS beside what its own library makes of the same checkpoint, and what it does with files that are not right."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch

from tests.tiny import put, tiny, yourtts
from tests.vocasync.engines.tts.speech import talk
from vocasync.engines import registry
from vocasync.engines.base import EngineConfig
from vocasync.engines.tts import coqui, prosody
from vocasync.engines.tts import yourtts as engine_module
from vocasync.engines.tts.neural import Conditioning, Line
from vocasync.engines.tts.yourtts import YourTtsVoice
from vocasync.errors import Cancelled, PipelineError
from vocasync.progress import Silent
from vocasync.types import Audio, SpeechRequest, VoiceReference

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

LINES = ("The children are playing in the garden.", "No.", "Behind the old house there is a river, and a mill.")
FOLDER = coqui.YOURTTS
PLAIN = (("variation", 0.0), ("rhythm", 0.0))


@pytest.fixture(scope="module")
def config() -> EngineConfig:
    return EngineConfig(models=tiny("yourtts"), network=False, device="cpu")


@pytest.fixture(scope="module")
def engine(config: EngineConfig) -> YourTtsVoice:
    loaded = registry.load("tts", "yourtts", config)
    assert isinstance(loaded, YourTtsVoice)
    return loaded


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The library's own way to load and speak, from a folder whose paths were made right by hand."""
    from TTS.utils.synthesizer import Synthesizer

    models = tmp_path_factory.mktemp("library")
    put("yourtts", models)
    folder = models / FOLDER
    told = json.loads((folder / "config.json").read_text())
    told["model_args"] |= {
        "d_vector_file": [str(folder / "speakers.json")],
        "language_ids_file": str(folder / "language_ids.json"),
        "speaker_encoder_model_path": str(folder / "model_se.pth"),
        "speaker_encoder_config_path": str(folder / "config_se.json"),
        "init_discriminator": False,
    }
    (folder / "config.json").write_text(json.dumps(told))
    saved = torch.load(folder / "model_file.pth", weights_only=True)
    del saved["model"]["disc.nets.0.bias"]
    torch.save(saved, folder / "model_file.pth")
    return Synthesizer(
        tts_checkpoint=str(folder / "model_file.pth"),
        tts_config_path=str(folder / "config.json"),
        encoder_checkpoint=str(folder / "model_se.pth"),
        encoder_config=str(folder / "config_se.json"),
    ).tts_model


@pytest.fixture(scope="module")
def voice(engine: YourTtsVoice, tmp_path_factory: pytest.TempPathFactory) -> Conditioning:
    return prepared(engine, tmp_path_factory.mktemp("voice"), "en-us+m3", 50)


@pytest.fixture(scope="module")
def emotion(engine: YourTtsVoice, tmp_path_factory: pytest.TempPathFactory) -> Conditioning:
    return prepared(engine, tmp_path_factory.mktemp("emotion"), "en-us+f5", 80)


def prepared(engine: YourTtsVoice, folder: Path, name: str, pitch: int) -> Conditioning:
    soundfile.write(folder / "clip.wav", talk(name, 5.0, 16_000, pitch=pitch), 16_000, "FLOAT")
    engine.prepare(VoiceReference(folder / "clip.wav"), folder / "voice", Silent())
    return engine.load(folder / "voice")


def line(text: str, seed: int = 0, rate: float = 1.0, options: tuple[tuple[str, float], ...] = ()) -> Line:
    return Line(text, "en", rate, 1.0, seed, "", options)


# --- the same as the library ------------------------------------------------------------------------------------------
def test_the_conditioning_is_the_librarys(engine: YourTtsVoice, library: Any, tmp_path: Path) -> None:
    found = prepared(engine, tmp_path, "en-us+m3", 50).arrays["speaker"]
    with coqui.quiet():
        theirs = library.speaker_manager.compute_embedding_from_clip(str(tmp_path / "clip.wav"))
    assert np.allclose(found, theirs, atol=1e-5)


@pytest.mark.parametrize("rate", [1.0, 1.5])
def test_a_line_sounds_as_the_library_makes_it(
    engine: YourTtsVoice, library: Any, voice: Conditioning, rate: float
) -> None:
    (ours,) = engine.model.say([line(LINES[0], 3, rate, PLAIN)], voice.arrays, None)
    library.length_scale, library.inference_noise_scale, library.inference_noise_scale_dp = 1 / rate, 0.0, 0.0
    tokens = torch.tensor([library.tokenizer.text_to_ids(LINES[0], "en")])
    speaker = torch.from_numpy(voice.arrays["speaker"])[None]
    theirs = library.inference(tokens, {"d_vectors": speaker, "language_ids": torch.tensor([0])})
    assert np.abs(ours - theirs["model_outputs"][0, 0].numpy()).max() < 1e-5


def test_its_own_speakers_are_the_librarys(engine: YourTtsVoice, library: Any) -> None:
    manager = library.speaker_manager
    for name, theirs in (("female-en-5", "female-en-5"), ("female-pt-4", "female-pt-4\n"), ("male-en-2", "male-en-2")):
        assert np.allclose(engine.model._speakers[name]["speaker"], manager.get_mean_embedding(theirs), atol=1e-6)


# --- several at once --------------------------------------------------------------------------------------------------
def test_several_lines_at_once_sound_as_each_alone(engine: YourTtsVoice, voice: Conditioning) -> None:
    lines = [line(text, seed) for seed, text in enumerate(LINES * 2)]
    together = engine.model.say(lines, voice.arrays, None)
    assert len({len(sound) for sound in together}) > 2
    for one, sound in zip(lines, together, strict=True):
        (alone,) = engine.model.say([one], voice.arrays, None)
        assert len(sound) == len(alone)
        assert np.abs(sound - alone).max() < 1e-4


def test_others_random_numbers_are_left_alone(engine: YourTtsVoice, voice: Conditioning) -> None:
    before = torch.random.get_rng_state()
    engine.model.say([line(LINES[0])], voice.arrays, None)
    assert torch.equal(before, torch.random.get_rng_state())


def test_a_lines_luck_is_normal_and_does_not_depend_on_the_longest() -> None:
    short, long = (engine_module._drawn((2, 3, frames), [5, 6], 1) for frames in (1000, 4000))
    assert np.array_equal(short, long[:, :, :1000])
    assert not np.array_equal(short[0], short[1])
    assert not np.array_equal(short, engine_module._drawn((2, 3, 1000), [5, 6], 2))
    assert abs(float(long.mean())) < 0.02
    assert float(long.std()) == pytest.approx(1.0, abs=0.02)


def test_twenty_segments_take_one_conditioning(
    engine: YourTtsVoice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoder = engine.model._listener.encoder
    heard: list[int] = []
    method = encoder.compute_embedding
    monkeypatch.setattr(encoder, "compute_embedding", lambda given: (heard.append(1), method(given))[1])
    kept = prepared(engine, tmp_path, "en-us+m3", 50)
    requests = [SpeechRequest(f"Sentence {number} of twenty.", "en", seed=number) for number in range(20)]
    assert len(engine.synthesize_many(requests, kept)) == 20
    for request in requests:
        engine.synthesize(request, engine.load(tmp_path / "voice"))
    assert heard == [1]


def test_a_higher_rate_is_a_shorter_line(engine: YourTtsVoice, voice: Conditioning) -> None:
    slow, plain, fast = (
        len(engine.model.say([line(LINES[2], 0, rate, PLAIN)], voice.arrays, None)[0]) for rate in (0.7, 1.0, 2.0)
    )
    assert slow > plain > fast


@pytest.mark.parametrize("name", ["variation", "rhythm"])
def test_without_variation_every_take_is_the_same(engine: YourTtsVoice, voice: Conditioning, name: str) -> None:
    def takes(value: float) -> int:
        options = tuple({**dict(PLAIN), name: value}.items())
        said = (engine.model.say([line(LINES[0], seed, 1.0, options)], voice.arrays, None)[0] for seed in range(3))
        return len({sound.tobytes() for sound in said})

    assert takes(0.0) == 1
    assert takes(1.0) > 1


# --- tone -------------------------------------------------------------------------------------------------------------
def with_vector(one: Conditioning, vector: Any) -> Conditioning:
    return replace(one, arrays={"speaker": np.asarray(vector, np.float32)})


@pytest.mark.parametrize(
    ("other", "share"), [([1.0, 0.0], 1.0), ([0.6, 0.8], 0.6), ([0.0, 1.0], 0.0), ([-1.0, 0], 0.0)]
)
def test_as_much_of_the_emotions_voice_as_the_two_are_alike(
    engine: YourTtsVoice, other: list[float], share: float
) -> None:
    own = np.array([1.0, 0.0], np.float32)
    for strength in (0.0, 0.5, 1.0):
        asked = replace(line("x"), strength=strength)
        told = engine.model._told(asked, {"speaker": own}, {"speaker": np.array(other, np.float32)})
        assert np.allclose(told, own + strength * share * (np.array(other) - own), atol=1e-6)


def test_the_sound_moves_with_the_strength(engine: YourTtsVoice, voice: Conditioning, emotion: Conditioning) -> None:
    near = with_vector(emotion, voice.arrays["speaker"] + 0.3 * emotion.arrays["speaker"])
    lines = [replace(line(LINES[0], 0, 1.0, PLAIN), strength=strength) for strength in (0.0, 0.3, 0.6, 1.0)]
    told = [engine.model._told(one, voice.arrays, near.arrays) for one in lines]
    moved = [float(np.linalg.norm(one - voice.arrays["speaker"])) for one in told]
    assert moved[0] == 0.0
    assert moved == sorted(set(moved))
    plain, none = (engine.model.say([lines[0]], voice.arrays, given)[0] for given in (None, near.arrays))
    assert np.array_equal(plain, none)


def test_melody_and_pace_of_an_emotion_are_laid_over_the_sound(
    engine: YourTtsVoice, voice: Conditioning, emotion: Conditioning
) -> None:
    """What a trained network would keep of its own melody is moved towards the clip's as for every other engine."""
    far = with_vector(emotion, np.zeros_like(voice.arrays["speaker"]))
    request = SpeechRequest(LINES[0], "en", strength=0.8)
    plain = engine.synthesize(request, voice).audio
    laid = engine.synthesize(request, voice, far).audio
    assert np.array_equal(laid.samples, np.clip(prosody.lay(plain, far.style, 0.8).samples, -1.0, 1.0))


# --- text, voices of its own ------------------------------------------------------------------------------------------
@pytest.mark.parametrize("code", ["hi", "te", "ta", "ur", "de"])
def test_a_language_that_it_does_not_speak_is_refused(engine: YourTtsVoice, voice: Conditioning, code: str) -> None:
    with pytest.raises(PipelineError) as caught:
        engine.synthesize(SpeechRequest("x", code), voice)
    assert caught.value.code == "voice_unsupported"


@pytest.mark.parametrize(("code", "words"), [("en", "forty-two"), ("fr", "quarante-deux"), ("pt", "quarenta e dois")])
def test_numbers_are_written_out(engine: YourTtsVoice, code: str, words: str) -> None:
    tokens = [engine.model._tokens(replace(line(text), language=code)) for text in ("42", words)]
    assert tokens[0] == tokens[1]
    assert len(tokens[0]) > 10


@pytest.mark.parametrize("text", ["9" * 70, "1st 2º 3e", "12.", "ж", "$5.99 50%"])
def test_odd_numbers_and_letters_are_no_failure(engine: YourTtsVoice, voice: Conditioning, text: str) -> None:
    for code in coqui.YOURTTS_LANGUAGES:
        assert len(engine.synthesize(SpeechRequest(text, code), voice).audio.samples)


def test_its_own_voices_are_listed_once_each(config: EngineConfig) -> None:
    listed = [(one.name, one.sex) for one in coqui.yourtts_stock(config)]
    assert listed == [
        ("female-en-5", "female"),
        ("female-pt-4", "female"),
        ("male-en-2", "male"),
        ("male-pt-3", "male"),
    ]
    assert len(yourtts.SPEAKERS) == 6


# --- one voice turned into another ------------------------------------------------------------------------------------
@pytest.mark.parametrize(("seconds", "rate"), [(0.02, 16_000), (0.3, 8_000), (2.0, 44_100), (47.3, 16_000)])
def test_a_conversion_is_as_long_as_what_it_is_made_of(
    engine: YourTtsVoice, voice: Conditioning, seconds: float, rate: int
) -> None:
    source = Audio(talk("en-us+f2", seconds, rate), rate)
    made = engine.convert(source, voice, Silent())
    assert made.rate == 16_000
    assert made.samples.dtype == np.float32
    assert abs(made.duration - source.duration) < 1e-3
    assert np.isfinite(made.samples).all()
    assert np.abs(made.samples).max() <= 1
    assert np.array_equal(made.samples, engine.convert(source, voice, Silent()).samples)


def test_a_conversion_is_the_librarys(
    engine: YourTtsVoice, library: Any, emotion: Conditioning, tmp_path: Path
) -> None:
    from TTS.tts.models.vits import wav_to_spec

    path = tmp_path / "source.wav"
    soundfile.write(path, talk("en-us+m3", 2.0, 16_000)[:32_000], 16_000, "FLOAT")
    ours = engine.convert(Audio(soundfile.read(path, dtype="float32")[0], 16_000), emotion, Silent()).samples
    with torch.inference_mode(), coqui.quiet(), engine_module._own_luck([0]):
        told = library.config.audio
        sound = torch.from_numpy(soundfile.read(path, dtype="float32")[0])[None]  # the library would trim it
        heard = wav_to_spec(sound, told.fft_size, told.hop_length, told.win_length, center=False)
        source = torch.tensor(library.speaker_manager.compute_embedding_from_clip(str(path)))[None]
        target = torch.from_numpy(emotion.arrays["speaker"])[None]
        theirs, _, _ = library.inference_voice_conversion(heard, torch.tensor([heard.shape[-1]]), source, target)
    assert np.abs(ours[:28_000] - theirs.reshape(-1).numpy()[:28_000]).max() < 1e-4  # its end is filled up otherwise


def test_a_conversion_depends_on_the_voice_and_can_be_cancelled(
    engine: YourTtsVoice, voice: Conditioning, emotion: Conditioning
) -> None:
    source = Audio(talk("en-us+f2", 2.0, 16_000), 16_000)
    one, two = (engine.convert(source, given, Silent()).samples for given in (voice, emotion))
    assert not np.array_equal(one, two)

    class Unwanted(Silent):
        def check(self) -> None:
            raise Cancelled

    with pytest.raises(Cancelled):
        engine.convert(source, voice, Unwanted())


def test_pieces_of_a_long_conversion_follow_each_other_without_a_gap() -> None:
    made = np.zeros(50, np.float32)
    for start in range(0, 45, 15):
        engine_module._fade_in(made, np.ones(min(20, 50 - start), np.float32), start, 5)
    assert np.allclose(made, 1.0)


# --- files that are not right -----------------------------------------------------------------------------------------
class Mallory:
    """Runs a program when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch '{self.path}'",)


@pytest.fixture
def models(tmp_path: Path) -> Path:
    put("yourtts", tmp_path / "models")
    return tmp_path / "models"


def refused(models: Path) -> PipelineError:
    with pytest.raises(PipelineError) as caught:
        engine_module.create(EngineConfig(models=models, device="cpu"))
    return caught.value


FILES = ("model_file.pth", "model_se.pth", "config.json", "config_se.json", "speakers.json", "language_ids.json")


@pytest.mark.parametrize("name", FILES)
def test_half_a_file_is_refused_by_its_name(models: Path, name: str) -> None:
    path = models / FOLDER / name
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    error = refused(models)
    assert (error.code, error.permanent) == ("weights_damaged", True)
    assert name in str(error)


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_named_with_its_remedy(models: Path, name: str) -> None:
    (models / FOLDER / name).unlink()
    with pytest.raises(PipelineError) as caught:
        registry.load("tts", "yourtts", EngineConfig(models=models, device="cpu"))
    assert caught.value.code == "engine_not_ready"
    assert f"{name} missing" in str(caught.value)
    assert "models fetch your-tts" in str(caught.value)


@pytest.mark.parametrize("name", ["model_file.pth", "model_se.pth"])
def test_a_pickle_that_would_run_code_is_refused(models: Path, name: str) -> None:
    path = models / FOLDER / name
    torch.save({**torch.load(path, weights_only=True), "extra": Mallory(models / "ran")}, path)
    error = refused(models)
    assert error.code == "weights_unsafe"
    assert name in str(error)
    assert not (models / "ran").exists()


def test_a_configuration_names_no_classes_and_no_files_that_count(models: Path) -> None:
    path = models / FOLDER / "config.json"
    told = json.loads(path.read_text())
    told["characters"]["characters_class"] = "os.system"
    told["use_phonemes"] = True
    told["model_args"]["speaker_encoder_model_path"] = "/etc/passwd"
    path.write_text(json.dumps(told))
    before = {file.name: file.read_bytes() for file in path.parent.iterdir()}
    loaded = engine_module.create(EngineConfig(models=models, device="cpu"))
    assert loaded.synthesize(SpeechRequest("Hello.", "en"), None).audio.duration > 0
    assert {file.name: file.read_bytes() for file in path.parent.iterdir()} == before


def test_speakers_without_vectors_are_refused(models: Path) -> None:
    (models / FOLDER / "speakers.json").write_text(json.dumps({"clip.wav": {"name": "x"}}))
    assert "speakers.json" in str(refused(models))
