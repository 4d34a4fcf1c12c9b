"""What every voice engine promises, tried on each one that is ready here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from tests.vocasync.engines.tts.speech import TEXTS, talk
from vocasync.engines import registry
from vocasync.engines.base import EngineConfig, EngineSpec, VoiceEngine
from vocasync.engines.tts import world
from vocasync.errors import Cancelled, PipelineError
from vocasync.progress import Silent
from vocasync.types import Audio, Match, Region, SpeechRequest, VoiceReference

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


@pytest.fixture(scope="module")
def row(engine: VoiceEngine) -> EngineSpec:
    return registry.spec("tts", engine.name)


@pytest.fixture(scope="module")
def excited(engine: VoiceEngine, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The style of a high, lively voice."""
    folder = tmp_path_factory.mktemp("excited")
    soundfile.write(folder / "clip.wav", talk("en-us+f5", 5.0, 16_000, pitch=80), 16_000)
    engine.prepare_emotion(VoiceReference(folder / "clip.wav"), folder / "style", Silent())
    return engine.load(folder / "style")


def melody(audio: Audio) -> float:
    """The median F0 in Hz."""
    f0 = world.analyse(audio, careful=True).f0
    return float(np.median(f0[f0 > 0]))


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


# --- stock voices -----------------------------------------------------------------------------------------------------
LINE = "The children are playing in the garden behind the old house."


def test_each_stock_voice_is_one_of_its_own(engine: VoiceEngine, row: EngineSpec) -> None:
    voices = registry.stock_voices(row.name, CONFIG)
    said = {one.name: engine.synthesize(SpeechRequest(LINE, "en", stock=one.name), None).audio for one in voices}
    heights = {one.name: melody(said[one.name]) for one in voices}
    assert len({audio.samples.tobytes() for audio in said.values()}) == len(voices)
    assert len({one.label for one in voices}) == len(voices)
    lows = [heights[one.name] for one in voices if one.sex == "male"]
    highs = [heights[one.name] for one in voices if one.sex == "female"]
    assert max(lows, default=0.0) < min(highs, default=1000.0)


def test_a_stock_voice_speaks_the_languages_that_it_names(engine: VoiceEngine, row: EngineSpec) -> None:
    for one in registry.stock_voices(row.name, CONFIG):
        for code in one.languages or TEXTS:
            said = engine.synthesize(SpeechRequest(TEXTS[code], code, stock=one.name), None)
            assert said.audio.duration > 0.5


def test_a_stock_voice_that_is_not_there_is_refused(engine: VoiceEngine) -> None:
    with pytest.raises(PipelineError) as caught:
        engine.synthesize(SpeechRequest(LINE, "en", stock="../nobody"), None)
    assert caught.value.code == "stock_unknown"


def test_an_emotion_moves_a_stock_voice_too(engine: VoiceEngine, row: EngineSpec, excited: Any) -> None:
    low = next(one.name for one in registry.stock_voices(row.name, CONFIG) if one.sex == "male")
    plain, half, full = (
        melody(engine.synthesize(SpeechRequest(LINE, "en", strength=strength, stock=low), None, excited).audio)
        for strength in (0.0, 0.5, 1.0)
    )
    assert plain < half < full


# --- settings ---------------------------------------------------------------------------------------------------------
class Heard:
    """A line said with settings."""

    def __init__(self, engine: VoiceEngine, voice: Any, emotion: Any) -> None:
        self.engine, self.voice, self.emotion = engine, voice, emotion

    def with_(self, *options: tuple[str, float], emotion: bool = False, match: Match = Match.CLOSE) -> Audio:
        request = SpeechRequest(LINE, "en", match=match, options=options)
        return self.engine.synthesize(request, self.voice, self.emotion if emotion else None).audio


def clarity(heard: Heard) -> None:
    """From the closest match to the clearest, with the way between (what each is worth is measured elsewhere)."""
    close, between, clear = (heard.with_(("clarity", value)) for value in (0.0, 0.5, 1.0))
    assert np.array_equal(close.samples, heard.with_().samples)
    assert np.array_equal(clear.samples, heard.with_(match=Match.CLEAR).samples)
    assert np.array_equal(clear.samples, heard.with_(("clarity", 1.0), match=Match.CLOSE).samples)
    distances = [float(np.square(one.samples - clear.samples).mean()) for one in (close, between)]
    assert 0 < distances[1] < distances[0]


def style_strength(heard: Heard) -> None:
    none, half, full = (melody(heard.with_(("style_strength", value), emotion=True)) for value in (0.0, 0.5, 1.0))
    assert none < half < full
    assert none == pytest.approx(melody(heard.with_()), rel=0.01)
    assert full == melody(heard.with_(emotion=True))


def rate(heard: Heard) -> None:
    slow, plain, fast = (heard.with_(("rate", value)).duration for value in (0.7, 1.0, 1.3))
    assert slow > 1.15 * plain
    assert fast < 0.87 * plain
    assert plain == heard.with_().duration


CHECKS = {check.__name__: check for check in (clarity, style_strength, rate)}
"""What each setting promises, by its name: an engine with another one brings its check."""


def test_each_setting_does_what_it_says(engine: VoiceEngine, row: EngineSpec, voice: Any, excited: Any) -> None:
    for setting in row.settings:
        assert setting.low <= setting.default <= setting.high
        CHECKS[setting.name](Heard(engine, voice, excited))


def test_settings_of_other_engines_change_nothing(engine: VoiceEngine, voice: Any) -> None:
    plain = engine.synthesize(SpeechRequest(LINE, "en"), voice).audio.samples
    odd = engine.synthesize(SpeechRequest(LINE, "en", options=(("wobble", 9.0),)), voice).audio.samples
    assert np.array_equal(plain, odd)


def test_settings_beyond_their_range_are_its_ends(engine: VoiceEngine, row: EngineSpec, voice: Any) -> None:
    for setting in row.settings:
        far, end = (
            engine.synthesize(SpeechRequest(LINE, "en", options=((setting.name, value),)), voice).audio.samples
            for value in (setting.high + 100, setting.high)
        )
        assert np.array_equal(far, end)
