"""What is around every neural model: with a small model that says each letter as a tone."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
import soundfile

from tests.vocasync.engines.tts.speech import talk
from vocasync.engines.base import StreamingVoice, VoiceEngine
from vocasync.engines.tts import world
from vocasync.engines.tts.neural import Arrays, Line, NeuralVoice
from vocasync.engines.tts.style import measure
from vocasync.errors import Cancelled, PipelineError
from vocasync.progress import Silent
from vocasync.types import Audio, FloatArray, SpeechRequest, VoiceReference

RATE = 16_000
LONGEST = 24
LETTER = 0.06  # seconds
QUIET = 0.2  # seconds before and after a line


class Bells:
    """A model: a letter is a tone at its own height, raised by a voice, in silence. Says no line that is too long."""

    name, version, sample_rate, device, memory_bytes = "bells", "7", RATE, "cpu", 321
    languages = frozenset({"en", "hi"})
    stocks = frozenset({"high", "low"})
    seeded, paced, styled = True, False, False

    def __init__(self, batch: int = 4) -> None:
        self.batch = batch
        self.asked: list[list[Line]] = []
        self.told: list[Arrays | None] = []
        self.conditioned: list[VoiceReference] = []
        self.inside = 0

    def most_chars(self, code: str) -> int:
        return LONGEST if code == "en" else LONGEST // 2

    def condition(self, clip: Audio, reference: VoiceReference) -> Arrays:
        self.conditioned.append(reference)
        return {"height": np.asarray(1.5), "clip": clip.samples[:100]}

    def say(self, lines: Sequence[Line], voice: Arrays | None, emotion: Arrays | None) -> list[FloatArray]:
        self.inside += 1
        assert self.inside == 1, "one batch at a time"
        assert len(lines) <= self.batch
        self.asked.append(list(lines))
        self.told.append(emotion)
        sounds = [self._bells(line, voice) for line in lines]
        self.inside -= 1
        return sounds

    def _bells(self, line: Line, voice: Arrays | None) -> FloatArray:
        assert 0 < len(line.text) <= self.most_chars(line.language)
        height = 1.0 if voice is None else float(voice["height"])
        quiet = np.zeros(round(QUIET * RATE), np.float32)
        return np.concatenate([quiet, *(_bell(char, height, line) for char in line.text if char.isalnum()), quiet])


def _bell(char: str, height: float, line: Line) -> FloatArray:
    time = np.arange(round(LETTER * RATE / line.rate)) / RATE
    tone = 0.3 * np.sin(2 * np.pi * height * (200 + 7 * (ord(char) % 32) + line.seed) * time)
    return tone.astype(np.float32)


class Streaming(Bells):
    """Gives a letter after the other."""

    def __init__(self) -> None:
        super().__init__(1)
        self.given = 0
        self.going_on = threading.Event()
        self.going_on.set()

    def stream(self, line: Line, voice: Arrays | None, emotion: Arrays | None) -> Iterator[FloatArray]:
        for char in line.text:
            if self.given:
                assert self.going_on.wait(10)
            self.given += 1
            yield _bell(char, 1.0, line) if char.isalnum() else np.zeros(0, np.float32)


class Counting(Bells):
    """Three words at most, however short."""

    def too_long(self, text: str, code: str) -> bool:
        return len(text.split()) > 3


def request(text: str, code: str = "en", **fields: Any) -> SpeechRequest:
    return SpeechRequest(text, code, **fields)


def texts(model: Bells) -> list[str]:
    return [line.text for batch in model.asked for line in batch]


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> VoiceReference:
    path = tmp_path_factory.mktemp("reference") / "clip.wav"
    soundfile.write(path, talk("en-us+f5", 4.0, 22_050, pitch=80), 22_050)
    return VoiceReference(path, transcript="Some words.")


def prepared(engine: NeuralVoice, reference: VoiceReference, folder: Path, kind: str = "prepare") -> Any:
    getattr(engine, kind)(reference, folder / kind, Silent())
    return engine.load(folder / kind)


def test_it_is_a_voice_engine_that_tells_what_its_model_is() -> None:
    engine = NeuralVoice(Bells())
    assert isinstance(engine, VoiceEngine)
    assert isinstance(engine, StreamingVoice)
    assert (engine.name, engine.version, engine.sample_rate, engine.batch) == ("bells", "7", RATE, 4)
    assert (engine.memory_bytes, engine.device, engine.seeded, engine.paced) == (321, "cpu", True, False)
    assert engine.max_chars == LONGEST


# --- texts ------------------------------------------------------------------------------------------------------------
def test_long_texts_are_cut_below_the_limit_of_their_language_and_nothing_is_lost() -> None:
    text = "One sentence, with clauses; another one. And a third, which is the longest of all of them!"
    for code, most in (("en", LONGEST), ("hi", LONGEST // 2)):
        model = Bells()
        said = NeuralVoice(model).synthesize(request(text, code), None).audio
        lines = sorted(texts(model), key=text.index)
        assert max(map(len, lines)) <= most
        assert "".join("".join(lines).split()) == "".join(text.split())
        letters = sum(char.isalnum() for char in text)
        assert said.duration > letters * LETTER


def test_what_counts_otherwise_than_in_characters_is_cut_again() -> None:
    model = Counting()
    NeuralVoice(model).synthesize(request("a b c d e f g h i j"), None)
    assert all(len(text.split()) <= 3 or len(text) < 8 for text in texts(model))
    assert "".join(sorted("".join(texts(model)).replace(" ", ""))) == "abcdefghij"


def test_a_model_that_finds_everything_too_long_is_given_it_all_the_same() -> None:
    class Fussy(Bells):
        def too_long(self, text: str, code: str) -> bool:
            return True

    model = Fussy()
    NeuralVoice(model).synthesize(request("Nothing is short enough"), None)
    assert all(len(text) < 8 for text in texts(model))


def test_nothing_to_say_is_a_moment_of_silence() -> None:
    model = Bells()
    said = NeuralVoice(model).synthesize(request("…!"), None).audio
    assert not said.samples.any()
    assert said.duration == pytest.approx(0.1)
    assert model.asked == []


def test_languages_and_voices_that_it_does_not_have_are_refused() -> None:
    engine = NeuralVoice(Bells())
    for asked, code in (
        (request("x", "fr"), "voice_unsupported"),
        (request("x", "tlh"), "unknown_language"),
        (request("x", stock="nobody"), "stock_unknown"),
    ):
        with pytest.raises(PipelineError) as caught:
            engine.synthesize(asked, None)
        assert caught.value.code == code
    assert engine.synthesize(request("x", stock="high"), None).audio.duration > 0


# --- together ---------------------------------------------------------------------------------------------------------
def test_lines_are_said_together_those_of_like_length_first_and_come_in_their_order() -> None:
    many = ["One two three four five.", "Six.", "Seven eight nine ten.", "A.", "Eleven.", "Twelve thirteen fourteen."]
    model = Bells()
    together = NeuralVoice(model).synthesize_many([request(text) for text in many], None)
    assert [len(batch) for batch in model.asked] == [4, 3]
    longest = [max(len(line.text) for line in batch) for batch in model.asked]
    assert longest == sorted(longest)
    for text, said in zip(many, together, strict=True):
        alone = NeuralVoice(Bells()).synthesize(request(text), None)
        assert np.array_equal(said.audio.samples, alone.audio.samples), text


def test_only_what_is_alike_goes_together() -> None:
    asked = [
        request("one"),
        request("two", "hi"),
        request("three", options=(("warmth", 0.5),)),
        request("four", stock="low"),
        request("five", seed=3),
        request("six", strength=0.5),
    ]
    model = Bells(8)
    NeuralVoice(model).synthesize_many(asked, None)
    assert sorted(sorted(line.text for line in batch) for batch in model.asked) == [
        ["five", "one"],
        ["four"],
        ["six"],
        ["three"],
        ["two"],
    ]
    assert dict(model.asked[0][0].options).get("warmth", 0.1) == 0.1
    assert {line.seed for batch in model.asked for line in batch} == {0, 3}


def test_threads_take_turns() -> None:
    model = Bells()
    engine = NeuralVoice(model)
    errors: list[BaseException] = []

    def say() -> None:
        try:
            for _ in range(5):
                engine.synthesize(request("Some words to say."), None)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=say) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert len(model.asked) == 20


def test_what_is_no_number_is_silence_and_what_is_too_loud_is_clipped() -> None:
    class Broken(Bells):
        def say(self, lines: Sequence[Line], voice: Arrays | None, emotion: Arrays | None) -> list[FloatArray]:
            sound = np.full(RATE, np.nan, np.float32)
            sound[RATE // 4 : RATE // 2] = 3.0
            return [sound] * len(lines)

    said = NeuralVoice(Broken()).synthesize(request("x"), None).audio.samples
    assert np.isfinite(said).all()
    assert np.abs(said).max() == 1.0


# --- rates, voices, tones ---------------------------------------------------------------------------------------------
def heights(audio: Audio) -> float:
    """Hz of the strongest partial."""
    spectrum = np.abs(np.fft.rfft(audio.samples))
    return float(np.argmax(spectrum) * audio.rate / len(audio.samples))


def test_a_rate_that_the_model_does_not_know_is_made_by_stretching() -> None:
    engine = NeuralVoice(Bells())
    plain, fast = (engine.synthesize(request("aaaaaaaaaaaa", rate=rate), None).audio for rate in (1.0, 1.4))
    assert fast.duration == pytest.approx(plain.duration / 1.4, rel=0.02)
    assert heights(fast) == pytest.approx(heights(plain), rel=0.03)


def test_a_model_that_knows_rates_is_told() -> None:
    class Paced(Bells):
        paced = True

    model = Paced()
    said = NeuralVoice(model).synthesize(request("aaaaaaaaaaaa", rate=1.5), None).audio
    assert model.asked[0][0].rate == 1.5
    assert said.duration == pytest.approx(12 * LETTER / 1.5, rel=0.05)


def test_a_conditioning_is_what_the_model_made_of_the_clip(reference: VoiceReference, tmp_path: Path) -> None:
    model = Bells()
    engine = NeuralVoice(model)
    voice = prepared(engine, reference, tmp_path)
    assert model.conditioned == [reference]
    assert len(voice.arrays["clip"]) == 100
    plain, raised = (engine.synthesize(request("aaaa"), given).audio for given in (None, voice))
    assert heights(raised) == pytest.approx(1.5 * heights(plain), rel=0.08)


def test_a_tone_that_a_model_cannot_be_told_is_laid_over_its_sound(reference: VoiceReference, tmp_path: Path) -> None:
    class Speaking(Bells):
        def _bells(self, line: Line, voice: Arrays | None) -> FloatArray:
            return talk("en-us+m3", 3.0, RATE)

    model = Speaking()
    engine = NeuralVoice(model)
    tone = prepared(engine, reference, tmp_path, "prepare_emotion")
    assert model.conditioned == [], "its style is all that is needed"
    found = [engine.synthesize(request("x", strength=strength), None, tone).audio for strength in (0.0, 0.5, 1.0)]
    melodies = [float(np.median(f0[f0 > 0])) for f0 in (world.analyse(one).f0 for one in found)]
    assert melodies[0] < melodies[1] < melodies[2]
    assert np.array_equal(found[0].samples, engine.synthesize(request("x"), None).audio.samples)
    assert model.told == [None] * 4


def test_a_model_that_follows_tones_is_told_and_nothing_is_laid(reference: VoiceReference, tmp_path: Path) -> None:
    class Styled(Bells):
        styled = True

    model = Styled()
    engine = NeuralVoice(model)
    tone = prepared(engine, reference, tmp_path, "prepare_emotion")
    with_tone = engine.synthesize(request("aaaa", strength=0.7), None, tone).audio
    assert model.told[0] is not None
    assert model.asked[0][0].strength == 0.7
    assert np.array_equal(with_tone.samples, engine.synthesize(request("aaaa"), None).audio.samples)


def test_a_tone_that_was_measured_is_laid_over_whatever_a_model_follows(reference: VoiceReference) -> None:
    class Styled(Bells):
        styled = True

        def _bells(self, line: Line, voice: Arrays | None) -> FloatArray:
            return talk("en-us+m3", 2.0, RATE)

    model = Styled()
    engine = NeuralVoice(model)
    own = measure(world.analyse(Audio(talk("en-us+m3", 2.0, RATE), RATE)))
    tone = engine.toned(replace(own, f0_mean=own.f0_mean + 0.3))
    plain, laid = (engine.synthesize(request("x"), None, given).audio for given in (None, tone))
    low, high = (world.height(one) for one in (plain, laid))
    assert low is not None
    assert high is not None
    assert high / low == pytest.approx(np.exp(0.3), rel=0.1)
    assert model.told == [None, None], "there is nothing that it could follow"
    assert NeuralVoice(Streaming()).toned(own) is None, "it would not stream any more"


def test_a_model_that_takes_part_of_a_tone_gets_the_rest_laid_over(reference: VoiceReference, tmp_path: Path) -> None:
    class Partly(Bells):
        styled = True
        laid: Literal[True] = True

        def _bells(self, line: Line, voice: Arrays | None) -> FloatArray:
            return talk("en-us+m3", 3.0, RATE)

    model = Partly()
    engine = NeuralVoice(model)
    tone = prepared(engine, reference, tmp_path, "prepare_emotion")
    plain, laid = (engine.synthesize(request("x"), None, given).audio for given in (None, tone))
    assert model.told[1] is not None
    assert not np.array_equal(plain.samples, laid.samples)


def test_what_a_publisher_wants_marked_is_marked() -> None:
    class Marking(Bells):
        def mark(self, audio: Audio) -> Audio:
            return Audio(audio.samples * np.float32(0.5), audio.rate)

    plain, marked = (NeuralVoice(model).synthesize(request("aaaa"), None).audio for model in (Bells(), Marking()))
    assert np.abs(marked.samples).max() == pytest.approx(0.5 * np.abs(plain.samples).max())


def test_preparing_can_be_called_off(reference: VoiceReference, tmp_path: Path) -> None:
    class Unwanted:
        def report(self, fraction: float, note: str = "") -> None: ...

        def check(self) -> None:
            raise Cancelled

    model = Bells()
    with pytest.raises(Cancelled):
        NeuralVoice(model).prepare(reference, tmp_path / "voice", Unwanted())
    assert model.conditioned == []
    assert not (tmp_path / "voice").exists()


# --- streams ----------------------------------------------------------------------------------------------------------
TEXT = "One sentence. Another one, with clauses; and more."


def test_a_model_that_cannot_stream_gives_line_by_line_what_it_would_say_at_once() -> None:
    pieces = list(NeuralVoice(Bells()).stream(request(TEXT), None))
    whole = NeuralVoice(Bells()).synthesize(request(TEXT), None).audio
    assert len(pieces) > 4
    assert np.array_equal(np.concatenate([piece.samples for piece in pieces]), whole.samples)


def test_a_line_is_said_when_it_is_asked_for() -> None:
    model = Bells()
    stream = NeuralVoice(model).stream(request(TEXT), None)
    next(stream)
    assert len(model.asked) == 1


def test_what_a_model_streams_comes_through_as_it_is_made() -> None:
    model = Streaming()
    model.going_on.clear()
    stream = NeuralVoice(model).stream(request(TEXT), None)
    first = next(stream)
    assert model.given == 1, "it waits after its first letter"
    model.going_on.set()
    assert first.duration == pytest.approx(LETTER)
    assert all(len(piece.samples) for piece in stream)
    assert model.asked == []


@pytest.mark.parametrize("fields", [{"rate": 1.3}, {"strength": 1.0}])
def test_what_has_to_be_changed_afterwards_comes_line_by_line(
    reference: VoiceReference, tmp_path: Path, fields: dict[str, Any]
) -> None:
    model = Streaming()
    engine = NeuralVoice(model)
    tone = prepared(engine, reference, tmp_path, "prepare_emotion") if "strength" in fields else None
    list(engine.stream(request(TEXT, **fields), None, tone))
    assert model.given == 0
    assert model.asked


def test_a_stream_that_nobody_wants_any_more_leaves_the_model_to_others() -> None:
    engine = NeuralVoice(Streaming())
    stream = engine.stream(request(TEXT), None)
    next(stream)
    stream.close()  # type: ignore[attr-defined]
    assert len(on_a_thread(lambda: engine.synthesize(request("x"), None))) == 1
    assert not [thread for thread in threading.enumerate() if thread.name == "ahead"]


def test_who_takes_a_stream_slowly_keeps_nobody_waiting() -> None:
    engine = NeuralVoice(Streaming())
    stream = engine.stream(request(TEXT), None)
    next(stream)
    assert len(on_a_thread(lambda: engine.synthesize(request("x"), None))) == 1
    rest = list(stream)
    assert sum(piece.duration for piece in rest) > LETTER * 30, "and loses nothing"


def test_what_breaks_in_a_stream_is_told_after_what_was_said_before() -> None:
    class Breaking(Streaming):
        def stream(self, line: Line, voice: Arrays | None, emotion: Arrays | None) -> Iterator[FloatArray]:
            yield _bell("a", 1.0, line)
            raise RuntimeError("a fault")

    stream = NeuralVoice(Breaking()).stream(request("one"), None)
    assert next(stream).duration == pytest.approx(LETTER)
    with pytest.raises(RuntimeError, match="a fault"):
        next(stream)


def on_a_thread(make: Callable[[], Any]) -> list[Any]:
    """What another thread is given, [] where it waits for ever."""
    made: list[Any] = []
    thread = threading.Thread(target=lambda: made.append(make()), daemon=True)
    thread.start()
    thread.join(10)
    return made


def test_a_stream_refuses_what_it_cannot_say_at_once() -> None:
    with pytest.raises(PipelineError):
        next(NeuralVoice(Bells()).stream(request("x", "fr"), None))


def test_closing_reaches_what_the_model_holds() -> None:
    class Holding(Bells):
        closed = 0

        def close(self) -> None:
            self.closed += 1

    model = Holding()
    NeuralVoice(model).close()
    assert model.closed == 1
    NeuralVoice(Bells()).close()
