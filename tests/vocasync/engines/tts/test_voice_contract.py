"""What every voice engine promises, tried on each one that is ready here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from tests.vocasync.engines.tts.speech import TEXTS, talk
from vocasync.engines import registry
from vocasync.engines.base import EngineConfig, VoiceEngine
from vocasync.errors import Cancelled, PipelineError
from vocasync.progress import Silent
from vocasync.types import Region, SpeechRequest, VoiceReference

CONFIG = EngineConfig(network=False)
READY = [spec.name for spec in registry.specs("tts") if registry.readiness(spec, CONFIG).ready]


class Unwanted:
    def report(self, fraction: float, note: str = "") -> None:
        return None

    def check(self) -> None:
        raise Cancelled


@pytest.fixture(scope="module", params=READY)
def engine(request: pytest.FixtureRequest) -> VoiceEngine:
    loaded = registry.load("tts", request.param, CONFIG)
    assert isinstance(loaded, VoiceEngine)
    return loaded


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> VoiceReference:
    path = tmp_path_factory.mktemp("reference") / "a voice's “reference”.wav"
    soundfile.write(path, talk("en-us+m3", 5.0, 16_000), 16_000)
    return VoiceReference(path)


@pytest.fixture(scope="module")
def voice(engine: VoiceEngine, reference: VoiceReference, tmp_path_factory: pytest.TempPathFactory) -> Any:
    path = tmp_path_factory.mktemp("voice") / "conditioning"
    engine.prepare(reference, path, Silent())
    return engine.load(path)


@pytest.fixture(scope="module")
def emotion(engine: VoiceEngine, reference: VoiceReference, tmp_path_factory: pytest.TempPathFactory) -> Any:
    path = tmp_path_factory.mktemp("emotion") / "conditioning"
    engine.prepare_emotion(reference, path, Silent())
    return engine.load(path)


def test_at_least_one_voice_engine_is_ready_without_downloads() -> None:
    assert "espeak" in READY


@pytest.mark.parametrize("code", TEXTS)
def test_speaks(engine: VoiceEngine, voice: Any, code: str) -> None:
    said = engine.synthesize(SpeechRequest(TEXTS[code], code), voice)
    assert said.audio.rate == engine.sample_rate
    assert said.audio.samples.dtype == np.float32
    assert said.audio.samples.ndim == 1
    assert 0.5 < said.audio.duration < 6
    assert 0.05 < np.abs(said.audio.samples).max() <= 1


@pytest.mark.parametrize("with_voice", [True, False])
def test_the_same_request_sounds_the_same(engine: VoiceEngine, voice: Any, emotion: Any, with_voice: bool) -> None:
    request = SpeechRequest("Hello world, this is a test.", "en")
    given = (voice, emotion) if with_voice else (None, None)
    first = engine.synthesize(request, *given)
    engine.synthesize(SpeechRequest("Quelque chose d'autre.", "fr"), *given)
    assert np.array_equal(first.audio.samples, engine.synthesize(request, *given).audio.samples)


def test_a_conditioning_read_twice_gives_the_same_sound(
    engine: VoiceEngine, reference: VoiceReference, tmp_path: Path
) -> None:
    engine.prepare(reference, tmp_path / "one", Silent())
    request = SpeechRequest("Hello world.", "en")
    one, two = (engine.synthesize(request, engine.load(tmp_path / "one")) for _ in range(2))
    assert np.array_equal(one.audio.samples, two.audio.samples)


def test_rate_changes_the_length(engine: VoiceEngine, voice: Any) -> None:
    text = "The children are playing in the garden behind the old house."
    slow, plain, fast = (
        engine.synthesize(SpeechRequest(text, "en", rate=rate), voice).audio.duration for rate in (0.8, 1.0, 1.4)
    )
    assert slow > 1.1 * plain
    assert fast < 0.85 * plain


@pytest.mark.parametrize("with_voice", [True, False])
@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "…?!",
        "😀👍🏽",
        "1234567890 $5.99 50% a@b.c",
        "Hi 😀!",
        "C:\\x\\y",
        "<speak>hello</speak>",
        "x" * 900,
        "a.b," * 200,
        "Ünïcödé ﷽ ꙮ",
        "\ud800 lone",
        "a\0b",
    ],
)
def test_odd_texts_are_safe(engine: VoiceEngine, voice: Any, text: str, with_voice: bool) -> None:
    audio = engine.synthesize(SpeechRequest(text, "en"), voice if with_voice else None).audio
    assert len(audio.samples)
    assert np.isfinite(audio.samples).all()
    assert np.abs(audio.samples).max() <= 1


def test_marks_lie_inside_the_sound(engine: VoiceEngine, voice: Any) -> None:
    text = "First a sentence, then another one. " * (engine.max_chars * 5 // 4 // 36)
    said = engine.synthesize(SpeechRequest(text, "en"), voice)
    assert said.audio.duration > 20
    starts = [mark.start for mark in said.marks if mark.kind == "word"]
    assert starts == sorted(starts)
    assert all(0 <= mark.start < mark.end <= said.audio.duration + 0.01 for mark in said.marks)


def test_an_unknown_language_is_refused(engine: VoiceEngine, voice: Any) -> None:
    with pytest.raises(PipelineError):
        engine.synthesize(SpeechRequest("x", "tlh"), voice)


@pytest.mark.parametrize("seconds", [0.0, 0.3, 1.0])
def test_too_short_a_reference_is_refused(engine: VoiceEngine, tmp_path: Path, seconds: float) -> None:
    soundfile.write(tmp_path / "short.wav", talk("en-us", 5.0, 16_000)[: round(seconds * 16_000)], 16_000)
    with pytest.raises(PipelineError) as caught:
        engine.prepare(VoiceReference(tmp_path / "short.wav"), tmp_path / "out", Silent())
    assert caught.value.code == "reference_too_short"


def test_silence_is_no_reference(engine: VoiceEngine, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "silence.wav", np.zeros(80_000, np.float32), 16_000)
    with pytest.raises(PipelineError) as caught:
        engine.prepare(VoiceReference(tmp_path / "silence.wav"), tmp_path / "out", Silent())
    assert caught.value.code == "reference_too_short"


def test_regions_beyond_the_end_do_no_harm(engine: VoiceEngine, reference: VoiceReference, tmp_path: Path) -> None:
    regions = (Region(0.0, 4.0), Region(4.5, 60.0), Region(70.0, 80.0))
    engine.prepare(VoiceReference(reference.audio, regions), tmp_path / "out", Silent())
    assert engine.load(tmp_path / "out") is not None


def test_preparing_can_be_cancelled(engine: VoiceEngine, reference: VoiceReference, tmp_path: Path) -> None:
    with pytest.raises(Cancelled):
        engine.prepare(reference, tmp_path / "out", Unwanted())
