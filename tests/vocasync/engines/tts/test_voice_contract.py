"""What every voice engine promises: the embedded one as it is, the others with tiny checkpoints or a local server.

What only training gives (words, melody, the length of speech) is asked of those that are trained; of all others, that
what is meant to make a difference makes one, and that what is not does not.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from tests.vocasync.engines.tts.makers import MAKERS
from tests.vocasync.engines.tts.speech import TEXTS, WORDS, talk
from vocasync.engines import registry
from vocasync.engines.auto import speaks
from vocasync.engines.base import EngineConfig, EngineSpec, SettingSpec, StockVoice, StreamingVoice, VoiceEngine
from vocasync.engines.tts import world
from vocasync.errors import Cancelled, PipelineError
from vocasync.progress import Silent
from vocasync.types import Audio, Match, Region, SpeechRequest, VoiceReference

TRAINED = {"espeak"}
"""Engines whose speech is speech."""

ENGINES = ("espeak", *(pytest.param(name, marks=[pytest.mark.slow, pytest.mark.timeout(600)]) for name in MAKERS))
TEXT = "Hello world, this is a test."


class Unwanted:
    def report(self, fraction: float, note: str = "") -> None:
        return None

    def check(self) -> None:
        raise Cancelled


@pytest.fixture(scope="module", params=ENGINES)
def row(request: pytest.FixtureRequest) -> EngineSpec:
    found = registry.spec("tts", request.param)
    lacking = [package for package in found.needs.packages if find_spec(package) is None]
    if lacking:
        pytest.skip(f"not installed: {', '.join(lacking)} ({found.needs.step})")
    return found


@pytest.fixture(scope="module")
def config(row: EngineSpec, tmp_path_factory: pytest.TempPathFactory) -> EngineConfig:
    maker = MAKERS.get(row.name, lambda folder: EngineConfig(cache=folder, network=False))
    return maker(tmp_path_factory.mktemp(row.name))


@pytest.fixture(scope="module")
def engine(row: EngineSpec, config: EngineConfig) -> VoiceEngine:
    loaded = registry.load("tts", row.name, config)
    assert isinstance(loaded, VoiceEngine)
    assert loaded.name == row.name
    return loaded


@pytest.fixture(scope="module")
def stock(row: EngineSpec, config: EngineConfig) -> tuple[StockVoice, ...]:
    return registry.stock_voices(row.name, config)


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> VoiceReference:
    path = tmp_path_factory.mktemp("reference") / "a voice's “reference”.wav"
    soundfile.write(path, talk("en-us+m3", 5.0, 16_000), 16_000)
    return VoiceReference(path, transcript=WORDS, language="en")


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
def other(engine: VoiceEngine, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Another voice."""
    folder = tmp_path_factory.mktemp("other")
    soundfile.write(folder / "clip.wav", talk("en-us+f2", 5.0, 22_050, pitch=70), 22_050)
    engine.prepare(VoiceReference(folder / "clip.wav", transcript=WORDS, language="en"), folder / "voice", Silent())
    return engine.load(folder / "voice")


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


def spoken(row: EngineSpec) -> list[str]:
    """Those of the texts' languages that the engine speaks."""
    return [code for code in TEXTS if speaks(row, code)]


def same(one: Audio, two: Audio) -> bool:
    return np.array_equal(one.samples, two.samples)


def check_sound(engine: VoiceEngine, audio: Audio) -> None:
    """It is sound at all, and as it is promised to be."""
    assert audio.rate == engine.sample_rate
    assert audio.samples.dtype == np.float32
    assert audio.samples.ndim == 1
    assert len(audio.samples)
    assert np.isfinite(audio.samples).all()
    assert np.abs(audio.samples).max() <= 1


def test_the_embedded_voice_is_ready_without_downloads() -> None:
    assert registry.readiness(registry.spec("tts", "espeak"), EngineConfig(network=False)).ready


def test_every_engine_is_asked_to_keep_its_promises() -> None:
    assert {row.name for row in registry.specs("tts")} == {"espeak", *MAKERS}


def test_it_says_what_it_is(engine: VoiceEngine) -> None:
    assert engine.version
    assert engine.max_chars > 0
    assert engine.batch >= 1
    assert getattr(engine, "memory_bytes", 0) >= 0


def test_speaks_its_languages(engine: VoiceEngine, row: EngineSpec, voice: Any) -> None:
    assert "en" in spoken(row)
    for code in spoken(row):
        audio = engine.synthesize(SpeechRequest(TEXTS[code], code), voice).audio
        check_sound(engine, audio)
        if engine.name in TRAINED:
            assert 0.5 < audio.duration < 6
            assert np.abs(audio.samples).max() > 0.05


def test_other_words_and_another_voice_sound_otherwise(engine: VoiceEngine, voice: Any, other: Any) -> None:
    plain = engine.synthesize(SpeechRequest(TEXT, "en"), voice).audio
    assert not same(plain, engine.synthesize(SpeechRequest(LINE, "en"), voice).audio)
    assert not same(plain, engine.synthesize(SpeechRequest(TEXT, "en"), other).audio)


@pytest.mark.parametrize("with_voice", [True, False])
def test_the_same_request_sounds_the_same(engine: VoiceEngine, voice: Any, emotion: Any, with_voice: bool) -> None:
    request = SpeechRequest(TEXT, "en")
    given = (voice, emotion) if with_voice else (None, None)
    first = engine.synthesize(request, *given)
    engine.synthesize(SpeechRequest("Something else.", "en", seed=5), *given)
    assert same(first.audio, engine.synthesize(request, *given).audio)


def test_another_seed_is_another_take_where_it_says_so(engine: VoiceEngine, voice: Any) -> None:
    takes = [engine.synthesize(SpeechRequest(LINE, "en", seed=seed), voice).audio for seed in range(4)]
    assert (
        len({take.samples.tobytes() for take in takes}) > 1
        if engine.seeded
        else all(same(take, takes[0]) for take in takes)
    )


def test_several_together_come_in_their_order(engine: VoiceEngine, voice: Any, emotion: Any) -> None:
    texts = (LINE, "Yes.", "", f"{LINE} {TEXT} " * 3, TEXT)
    requests = [SpeechRequest(text, "en", seed=seed) for seed, text in enumerate(texts)]
    assert engine.synthesize_many([], voice) == []
    said = [one.audio for one in engine.synthesize_many(requests, voice, emotion)]
    assert len(said) == len(requests)
    for audio in said:
        check_sound(engine, audio)
    again = engine.synthesize_many(requests, voice, emotion)
    assert all(same(one, two.audio) for one, two in zip(said, again, strict=True))
    assert min(range(5), key=lambda number: said[number].duration) == 2, "nothing to say takes the least time"


def test_threads_may_share_it(engine: VoiceEngine, voice: Any, other: Any) -> None:
    def say(place: int, given: Any) -> None:
        heard[place] = engine.synthesize(SpeechRequest(TEXT, "en"), given).audio

    heard: dict[int, Audio] = {}
    for place, given in enumerate((voice, other)):
        say(place, given)
    alone = dict(heard)
    threads = [threading.Thread(target=say, args=(place, given)) for place, given in enumerate((voice, other) * 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(same(heard[place], alone[place % 2]) for place in range(4))


def test_what_streams_gives_its_sound_in_pieces(engine: VoiceEngine, voice: Any, emotion: Any) -> None:
    if not isinstance(engine, StreamingVoice):
        pytest.skip("it does not stream")
    text = f"{LINE} " * math.ceil(2.5 * engine.max_chars / len(LINE))
    found = list(engine.stream(SpeechRequest(text, "en"), voice))
    assert len(found) > 2
    for piece in found:
        check_sound(engine, piece)
    assert any(piece.samples.any() for piece in found)
    early = engine.stream(SpeechRequest(text, "en"), voice, emotion)
    next(early)
    del early  # nobody wants the rest: the engine is free again
    check_sound(engine, engine.synthesize(SpeechRequest(TEXT, "en"), voice).audio)


def test_a_conditioning_read_twice_gives_the_same_sound(
    engine: VoiceEngine, reference: VoiceReference, tmp_path: Path
) -> None:
    engine.prepare(reference, tmp_path / "one", Silent())
    request = SpeechRequest("Hello world.", "en")
    one, two = (engine.synthesize(request, engine.load(tmp_path / "one")) for _ in range(2))
    assert np.array_equal(one.audio.samples, two.audio.samples)


def test_a_conditioning_is_arrays_and_nothing_that_runs(
    engine: VoiceEngine, reference: VoiceReference, tmp_path: Path
) -> None:
    engine.prepare(reference, tmp_path / "voice", Silent())
    engine.prepare_emotion(reference, tmp_path / "emotion", Silent())
    for name in ("voice", "emotion"):
        with np.load(tmp_path / name, allow_pickle=False) as kept:
            assert all(kept[array].dtype.kind in "fiubU" for array in kept.files)


def test_rate_changes_the_length(engine: VoiceEngine, voice: Any) -> None:
    slow, plain, fast = (
        engine.synthesize(SpeechRequest(LINE, "en", rate=rate), voice).audio for rate in (0.8, 1.0, 1.4)
    )
    if engine.name in TRAINED or not engine.paced:
        assert slow.duration > 1.1 * plain.duration
        assert fast.duration < 0.85 * plain.duration
    else:
        assert not same(slow, plain)
        assert not same(fast, plain)


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
    assert said.audio.duration > 20 or engine.name not in TRAINED
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
MOST_STOCK = 12
"""Of an engine that brings a hundred voices, so many are heard."""


def some(voices: Sequence[StockVoice]) -> list[StockVoice]:
    return list(voices[:: math.ceil(len(voices) / MOST_STOCK)]) if voices else []


def test_each_stock_voice_is_one_of_its_own(engine: VoiceEngine, stock: tuple[StockVoice, ...]) -> None:
    assert len({one.name for one in stock}) == len({one.label for one in stock}) == len(stock)
    voices = some(stock)
    said = {one.name: engine.synthesize(_own_line(one), None).audio for one in voices}
    assert len({audio.samples.tobytes() for audio in said.values()}) == len(voices)
    if engine.name in TRAINED:
        heights = {one.name: melody(said[one.name]) for one in voices}
        lows = [heights[one.name] for one in voices if one.sex == "male"]
        highs = [heights[one.name] for one in voices if one.sex == "female"]
        assert max(lows, default=0.0) < min(highs, default=1000.0)


def _own_line(one: StockVoice) -> SpeechRequest:
    """The line, or that of the first of a voice's languages."""
    code = "en" if not one.languages or "en" in one.languages else min(one.languages)
    return SpeechRequest(LINE if code == "en" else TEXTS.get(code, LINE), code, stock=one.name)


def test_a_stock_voice_speaks_the_languages_that_it_names(
    engine: VoiceEngine, row: EngineSpec, stock: tuple[StockVoice, ...]
) -> None:
    for one in some(stock):
        assert all(speaks(row, code) for code in one.languages)
        for code in set(spoken(row)) & (one.languages or set(TEXTS)):
            audio = engine.synthesize(SpeechRequest(TEXTS[code], code, stock=one.name), None).audio
            check_sound(engine, audio)
            assert audio.duration > 0.5 or engine.name not in TRAINED


def test_a_stock_voice_that_is_not_there_is_refused(engine: VoiceEngine) -> None:
    with pytest.raises(PipelineError) as caught:
        engine.synthesize(SpeechRequest(LINE, "en", stock="../nobody"), None)
    assert caught.value.code == "stock_unknown"


def test_an_emotion_moves_a_stock_voice_too(engine: VoiceEngine, stock: tuple[StockVoice, ...], excited: Any) -> None:
    low = next((one.name for one in stock if one.sex == "male"), "")
    none, half, full = (
        engine.synthesize(SpeechRequest(LINE, "en", strength=strength, stock=low), None, excited).audio
        for strength in (0.0, 0.5, 1.0)
    )
    if engine.name in TRAINED:
        assert melody(none) < melody(half) < melody(full)
    else:
        assert same(none, engine.synthesize(SpeechRequest(LINE, "en", stock=low), None).audio)
        assert len({audio.samples.tobytes() for audio in (none, half, full)}) == 3


def test_an_emotion_moves_a_given_voice(engine: VoiceEngine, voice: Any, excited: Any) -> None:
    none, half, full = (
        engine.synthesize(SpeechRequest(LINE, "en", strength=strength), voice, excited).audio
        for strength in (0.0, 0.5, 1.0)
    )
    assert len({audio.samples.tobytes() for audio in (none, half, full)}) == 3
    if engine.name not in TRAINED:
        assert same(none, engine.synthesize(SpeechRequest(LINE, "en"), voice).audio)


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
"""What each setting of a trained engine promises, by its name."""


def differs(heard: Heard, setting: SettingSpec) -> None:
    """What a setting of an untrained engine promises: its ends are not alike, and its default is what is unsaid."""
    low, high = (heard.with_((setting.name, value), emotion=True) for value in (setting.low, setting.high))
    assert not same(low, high), setting.name
    assert same(heard.with_((setting.name, setting.default)), heard.with_()), setting.name


def test_each_setting_does_what_it_says(engine: VoiceEngine, row: EngineSpec, voice: Any, excited: Any) -> None:
    heard = Heard(engine, voice, excited)
    for setting in row.settings:
        assert setting.low <= setting.default <= setting.high
        if engine.name in TRAINED:
            CHECKS[setting.name](heard)
        else:
            differs(heard, setting)


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
