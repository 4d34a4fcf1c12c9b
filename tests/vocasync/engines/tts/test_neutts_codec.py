"""A person's clip in NeuTTS, with the real codec and random weights: where `make neutts` was run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch

from tests.tiny import put, tiny
from tests.tiny.neutts import CODES
from tests.vocasync.engines.tts.speech import talk
from vocasync.engines.base import EngineConfig
from vocasync.engines.tts import neutts, neutts_codec
from vocasync.engines.tts.neural import NeuralVoice
from vocasync.engines.tts.neutts_codec import Encoder
from vocasync.engines.tts.phones import phones
from vocasync.errors import PipelineError
from vocasync.progress import Silent
from vocasync.types import Audio, Region, SpeechRequest, VoiceReference, Word

pytest.importorskip("neucodec", reason="not installed: make neutts", exc_type=ImportError)
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

WORDS = tuple(Word(word, start, start + 0.4) for start, word in enumerate(("so", "this", "is", "it", "now")))


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    put("neutts", folder)
    (folder / "neucodec").symlink_to(tiny("neucodec") / "neucodec")
    return folder


@pytest.fixture(scope="module")
def engine(models: Path) -> NeuralVoice:
    made = neutts.create(EngineConfig(models=models, device="cpu"))
    encoder: Any = made.model._encoder  # type: ignore[attr-defined]
    few = encoder.codes  # the codec knows 65,536 codes, the tiny model 256 of them
    encoder.codes = lambda audio: few(audio) % CODES
    return made


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clip") / "clip.wav"
    soundfile.write(path, talk("en-us+f5", 6.0, 22_050), 22_050)
    return path


def test_codes_are_those_of_the_library(models: Path) -> None:
    encoder = Encoder(models / "neucodec", "cpu")
    sound = talk("en-us", 2.0, 16_000)
    codes = encoder.codes(Audio(sound, 16_000))
    with torch.inference_mode():
        theirs = encoder._model.encode_code(torch.from_numpy(sound)[None, None])
    assert np.array_equal(codes, theirs.numpy().reshape(-1))
    assert abs(len(codes) - 100) <= 1
    assert codes.dtype == np.int32
    assert codes.min() >= 0
    assert codes.max() < neutts_codec.CODES


def test_a_clip_with_its_words_tells_a_voice(engine: NeuralVoice, clip: Path, tmp_path: Path) -> None:
    reference = VoiceReference(clip, (Region(0.9, 4.6),), words=WORDS, language="en")
    engine.prepare(reference, tmp_path / "voice", Silent())
    voice = engine.load(tmp_path / "voice")
    assert str(voice.arrays["phones"]) == phones("this is it now", "en-us")
    assert abs(len(voice.arrays["codes"]) - 3.6 * 50) < 10
    request = SpeechRequest("Where is it?", "en")
    said = engine.synthesize(request, voice).audio.samples
    assert not np.array_equal(said, engine.synthesize(request, None).audio.samples)
    assert np.array_equal(said, engine.synthesize(request, engine.load(tmp_path / "voice")).audio.samples)


def test_a_clip_without_words_colours_a_voice(engine: NeuralVoice, clip: Path, tmp_path: Path) -> None:
    engine.prepare(VoiceReference(clip), tmp_path / "voice", Silent())
    assert "codes" not in engine.load(tmp_path / "voice").arrays


def test_a_tone_is_told_by_its_clip(engine: NeuralVoice, clip: Path, tmp_path: Path) -> None:
    assert engine.model.styled
    engine.prepare_emotion(VoiceReference(clip, words=WORDS, language="en"), tmp_path / "told", Silent())
    engine.prepare_emotion(VoiceReference(clip), tmp_path / "laid", Silent())
    engine.prepare(VoiceReference(clip, (Region(0.0, 3.0),)), tmp_path / "voice", Silent())
    voice = engine.load(tmp_path / "voice")
    for given in (None, voice):
        plain = engine.synthesize(SpeechRequest("Where is it?", "en"), given).audio.samples
        for name in ("told", "laid"):
            tone = engine.load(tmp_path / name)
            none, half, full = (
                engine.synthesize(SpeechRequest("Where is it?", "en", strength=strength), given, tone).audio.samples
                for strength in (0.0, 0.5, 1.0)
            )
            assert np.array_equal(none, plain)
            assert len({sound.tobytes() for sound in (plain, half, full)}) == 3


def test_a_damaged_codec_is_named(models: Path, tmp_path: Path) -> None:
    put("neutts", tmp_path)
    (tmp_path / "neucodec").mkdir()
    for path in (models / "neucodec").iterdir():
        (tmp_path / "neucodec" / path.name).symlink_to(path)
    weights = tmp_path / "neucodec" / "pytorch_model.bin"
    whole = torch.load(weights, weights_only=True)
    weights.unlink()
    torch.save({name: tensor for name, tensor in whole.items() if not name.startswith("fc_prior")}, weights)
    with pytest.raises(PipelineError) as caught:
        neutts.create(EngineConfig(models=tmp_path, device="cpu"))
    assert caught.value.code == "weights_damaged"
    assert "fc_prior" in str(caught.value)
