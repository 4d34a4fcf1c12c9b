"""Segments spoken and fitted, with the embedded voice, and with engines that misbehave."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from vocasync.engines import registry
from vocasync.engines.base import EngineConfig, Recognition
from vocasync.engines.tts import espeak, world
from vocasync.errors import Cancelled, PipelineError
from vocasync.media.audio import stretched
from vocasync.progress import Progress, Silent
from vocasync.stages.drift import Listener
from vocasync.stages.fit import Slot
from vocasync.stages.synthesize import SpeakSettings, speak, trimmed, write
from vocasync.types import Audio, FitKind, Region, Segment, Speech, SpeechRequest, Take, Track, VoiceReference

TEXT = "The children are playing in the garden behind the old house."
RATE = 16_000


@dataclass
class Tone:
    """A small voice engine: a tone as long as its ``seconds``, in silence; ``levels`` by seed."""

    seconds: float = 2.0
    levels: tuple[float, ...] = (0.5,)
    name: str = "tone"
    version: str = "1"
    sample_rate: int = RATE
    max_chars: int = 1000
    batch: int = 1
    seeded: bool = True
    paced: bool = True
    asked: list[SpeechRequest] = field(default_factory=list)
    together: list[int] = field(default_factory=list)

    def prepare(self, reference: VoiceReference, path: Path, progress: Progress) -> None: ...

    def prepare_emotion(self, reference: VoiceReference, path: Path, progress: Progress) -> None: ...

    def load(self, path: Path) -> Any: ...

    def synthesize(self, request: SpeechRequest, voice: Any | None, emotion: Any | None = None) -> Speech:
        self.asked.append(request)
        level = self.levels[min(request.seed, len(self.levels) - 1)]
        time = np.arange(round(self.seconds / request.rate * RATE)) / RATE
        silence = np.zeros(RATE // 2)
        sound = np.clip(np.concatenate([silence, level * np.sin(2 * np.pi * 220 * time), silence]), -1, 1)
        return Speech(Audio(sound.astype(np.float32), RATE))

    def synthesize_many(
        self, requests: Sequence[SpeechRequest], voice: Any | None, emotion: Any | None = None
    ) -> list[Speech]:
        self.together.append(len(requests))
        return [self.synthesize(request, voice, emotion) for request in requests]


def spoken(engine: Any, slot: Slot, folder: Path, text: str = TEXT, **settings: Any) -> tuple[Take, np.ndarray]:
    segment = Segment(3, slot.start, slot.start + slot.length, "said", translation=text)
    out = folder / "take.wav"
    (said,) = speak([(segment, slot)], engine, None, None, SpeakSettings("en", **settings), Silent())
    take = write(said, slot, Track.VOICE, None, out, "takes/voice/3.wav")
    samples, rate = soundfile.read(out, dtype="float32")
    assert soundfile.info(out).subtype == "PCM_16"
    assert rate == engine.sample_rate
    assert take.duration == pytest.approx(len(samples) / rate)
    assert (take.index, take.start, take.slot, take.path) == (3, slot.start, slot.length, "takes/voice/3.wav")
    return take, samples


def test_a_take_starts_with_its_first_sound_and_ends_without_a_click(tmp_path: Path) -> None:
    take, samples = spoken(Tone(), Slot(3, 1.0, 2.1, 0.0), tmp_path)
    assert (take.fit, take.rate, take.stretch) == (FitKind.NATURAL, 1.0, 1.0)
    assert take.duration == pytest.approx(2.0, abs=0.05)
    assert np.flatnonzero(np.abs(samples) > 0.05)[0] < 0.01 * RATE
    assert abs(samples[0]) < 0.01
    assert abs(samples[-1]) < 0.01


def test_one_that_is_too_long_is_spoken_faster(tmp_path: Path) -> None:
    engine = Tone(2.4)
    take, _ = spoken(engine, Slot(3, 0.0, 2.05, 0.0), tmp_path)
    assert take.fit is FitKind.RATE
    assert [request.rate for request in engine.asked] == [1.0, pytest.approx(1.2, abs=0.03)]
    assert take.duration <= 2.07


def test_then_stretched_then_let_into_the_silence_then_reported(tmp_path: Path) -> None:
    stretched_take, _ = spoken(Tone(2.9), Slot(3, 0.0, 2.0, 0.0), tmp_path)
    assert stretched_take.fit is FitKind.STRETCH
    assert 0.85 <= stretched_take.stretch < 1
    assert stretched_take.duration == pytest.approx(2.0, abs=0.03)
    borrowing, _ = spoken(Tone(4.0), Slot(3, 0.0, 2.0, 1.0), tmp_path)
    assert (borrowing.fit, borrowing.stretch, borrowing.overflow) == (FitKind.BORROW, 0.85, 0.0)
    assert borrowing.borrowed == pytest.approx(borrowing.duration - 2.0, abs=0.01)
    overflowing, samples = spoken(Tone(8.0), Slot(3, 0.0, 2.0, 1.0), tmp_path)
    assert overflowing.fit is FitKind.OVERFLOW
    assert overflowing.overflow == pytest.approx(overflowing.duration - 3.0, abs=0.01)
    assert len(samples) / RATE == pytest.approx(8.0 / 1.4 * 0.85, abs=0.05)  # never cut


def test_a_silent_take_is_tried_once_more_with_another_seed(tmp_path: Path) -> None:
    engine = Tone(levels=(0.0, 0.5))
    take, samples = spoken(engine, Slot(3, 0.0, 2.1, 0.0), tmp_path)
    assert [request.seed for request in engine.asked[:2]] == [0, 1]
    assert take.problems == ()
    assert np.abs(samples).max() > 0.4


def test_what_stays_wrong_is_said(tmp_path: Path) -> None:
    silent = Tone(levels=(0.0,))
    take, samples = spoken(silent, Slot(3, 0.0, 2.1, 0.0), tmp_path)
    assert take.problems == ("silent",)
    assert len(samples)
    assert spoken(Tone(levels=(9.0,)), Slot(3, 0.0, 2.1, 0.0), tmp_path)[0].problems == ("clipped",)
    assert spoken(Tone(0.1), Slot(3, 0.0, 2.1, 0.0), tmp_path)[0].problems == ("too_short",)
    assert spoken(Tone(50.0), Slot(3, 0.0, 2.1, 0.0), tmp_path)[0].problems == ("too_long",)
    assert {request.seed for request in silent.asked} == {0, 1, 2}, "said again twice, not more"


# --- several together -------------------------------------------------------------------------------------------------
LONG = "The children are playing in the garden behind the old house, and nobody has told them that it is late already."


def work_of(*texts: str, length: float = 2.1) -> list[tuple[Segment, Slot]]:
    """A segment a text, in slots of the same length."""
    starts = [10.0 * place for place in range(len(texts))]
    return [
        (Segment(place, start, start + length, "said", translation=text), Slot(place, start, length, 0.0))
        for place, (start, text) in enumerate(zip(starts, texts, strict=True))
    ]


class Scripted(Tone):
    """Sounds by text and seed: a length in seconds, or the level of a tone of two seconds."""

    def __init__(
        self, lengths: dict[str, tuple[float, ...]], levels: dict[str, tuple[float, ...]], **fields: Any
    ) -> None:
        super().__init__(**fields)
        self.lengths_by_text, self.levels_by_text = lengths, levels

    def synthesize(self, request: SpeechRequest, voice: Any | None, emotion: Any | None = None) -> Speech:
        lengths = self.lengths_by_text.get(request.text, (2.0,))
        levels = self.levels_by_text.get(request.text, (0.5,))
        self.seconds = lengths[min(request.seed, len(lengths) - 1)]
        self.levels = (levels[min(request.seed, len(levels) - 1)],)
        return super().synthesize(request, voice, emotion)


def test_all_together_then_those_at_another_rate_together_then_those_that_failed_together() -> None:
    engine = Scripted({"b" * 30: (2.4,), "d" * 30: (2.4,)}, {"c" * 30: (0.0, 0.5), "e" * 30: (9.0, 9.0, 0.5)}, batch=8)
    texts = [letter * 30 for letter in "abcdef"]
    said = speak(work_of(*texts), engine, None, None, SpeakSettings("en"), Silent())
    assert engine.together == [6, 2, 2, 1]
    assert [one.rate == 1.0 for one in said] == [True, False, True, False, True, True]
    assert [one.problems for one in said] == [()] * 6
    by_text = {text[0]: {one.seed for one in engine.asked if one.text == text} for text in texts}
    assert by_text == {"a": {0}, "b": {0}, "c": {0, 1}, "d": {0}, "e": {0, 1, 2}, "f": {0}}


def test_no_more_together_than_the_engine_says_at_once() -> None:
    engine = Tone(batch=4)
    speak(work_of(*[TEXT] * 10), engine, None, None, SpeakSettings("en"), Silent())
    assert engine.together == [4, 4, 2]


def test_the_best_of_three_is_kept() -> None:
    clipped_then_silent = Scripted({}, {TEXT: (9.0, 0.0, 0.0)})
    (said,) = speak(work_of(TEXT), clipped_then_silent, None, None, SpeakSettings("en"), Silent())
    assert said.problems == ("clipped",)
    engine = Scripted({TEXT: (0.1, 60.0, 2.0)}, {TEXT: (9.0, 9.0, 9.0)})
    (said,) = speak(work_of(TEXT), engine, None, None, SpeakSettings("en"), Silent())
    assert said.problems == ("clipped",), "what is only clipped is better than what is clipped and too short"


def test_an_engine_for_which_a_seed_means_nothing_is_not_asked_again() -> None:
    engine = Tone(levels=(0.0,), seeded=False)
    (said,) = speak(work_of(TEXT), engine, None, None, SpeakSettings("en"), Silent())
    assert (said.problems, len(engine.asked)) == (("silent",), 1)


def test_an_engine_without_a_rate_of_its_own_is_asked_once_and_stretched(tmp_path: Path) -> None:
    engine = Tone(2.6, paced=False)
    take, samples = spoken(engine, Slot(3, 0.0, 2.0, 0.0), tmp_path)
    assert [request.rate for request in engine.asked] == [1.0]
    assert (take.fit, take.rate) == (FitKind.RATE, pytest.approx(1.3, abs=0.03))
    assert take.duration == pytest.approx(2.0, abs=0.03)
    f0 = world.analyse(Audio(samples, RATE)).f0
    assert np.median(f0[f0 > 0]) == pytest.approx(220, rel=0.03), "its pitch is kept"


class Tight(Tone):
    """Its memory holds two at once."""

    def synthesize_many(
        self, requests: Sequence[SpeechRequest], voice: Any | None, emotion: Any | None = None
    ) -> list[Speech]:
        if len(requests) > 2:
            raise MemoryError("too many")
        return super().synthesize_many(requests, voice, emotion)


def test_what_does_not_go_together_goes_one_by_one() -> None:
    engine = Tight(batch=4)
    said = speak(work_of(*[TEXT] * 6), engine, None, None, SpeakSettings("en"), Silent())
    assert len(said) == 6
    assert engine.together == [1, 1, 1, 1, 2]


def test_of_several_the_one_that_breaks_the_engine_is_named() -> None:
    class Choking(Tone):
        def synthesize(self, request: SpeechRequest, voice: Any | None, emotion: Any | None = None) -> Speech:
            if request.text == LONG:
                raise ValueError("a word it cannot say")
            return super().synthesize(request, voice, emotion)

    with pytest.raises(PipelineError) as caught:
        speak(work_of(TEXT, TEXT, LONG, TEXT), Choking(batch=4), None, None, SpeakSettings("en"), Silent())
    assert (caught.value.code, caught.value.params["index"]) == ("voice_failed", 3)
    assert "a word it cannot say" in str(caught.value)


@dataclass
class Watched:
    """Somebody who calls the work off after so many looks."""

    looks: int
    told: list[float] = field(default_factory=list)

    def report(self, fraction: float, note: str = "") -> None:
        self.told.append(fraction)

    def check(self) -> None:
        self.looks -= 1
        if self.looks < 0:
            raise Cancelled


def test_it_tells_how_far_it_is_and_can_be_called_off_between_batches() -> None:
    watched = Watched(99)
    speak(work_of(*[TEXT] * 10), Tone(2.6, batch=2), None, None, SpeakSettings("en"), watched)
    assert watched.told == sorted(watched.told)
    assert 0 < watched.told[0] < watched.told[-1] < 1
    engine = Tone(batch=2)
    with pytest.raises(Cancelled):
        speak(work_of(*[TEXT] * 10), engine, None, None, SpeakSettings("en"), Watched(3))
    assert len(engine.asked) == 6


# --- what is heard ----------------------------------------------------------------------------------------------------
class Reading:
    """A voice whose words are scripted by seed, with the embedded voice as its sound."""

    name, version, sample_rate, max_chars, batch, seeded, paced = "reading", "1", 22_050, 600, 4, True, True

    def __init__(self, *words: str) -> None:
        self.words = words
        self.voice = espeak.create(EngineConfig())
        self.seeds: list[int] = []

    def synthesize_many(
        self, requests: Sequence[SpeechRequest], voice: Any | None, emotion: Any | None = None
    ) -> list[Speech]:
        self.seeds += [request.seed for request in requests]
        said = [self.words[min(request.seed, len(self.words) - 1)] or request.text for request in requests]
        return [self.voice.synthesize(SpeechRequest(text, "en", stock="f5"), None) for text in said]


@pytest.fixture(scope="module")
def listener() -> Listener:
    return Listener(
        registry.load("asr", "pocketsphinx", EngineConfig()), "en", registry.spec("asr", "pocketsphinx").drift
    )


CLEAR = "Thank you very much."


def test_a_take_that_says_something_else_is_said_again(listener: Listener) -> None:
    engine = Reading("Gaudy lazy pirate elephants obviously ogle Uruguay", "")
    (said,) = speak(work_of(CLEAR), engine, None, None, SpeakSettings("en", listener=listener), Silent())  # type: ignore[arg-type]
    assert said.problems == ()
    assert said.drift is not None
    assert said.drift < 0.3
    assert set(engine.seeds) == {0, 1}


def test_of_takes_that_all_drift_the_nearest_is_kept_and_told_of(listener: Listener) -> None:
    engine = Reading("Gaudy lazy pirate elephants obviously ogle Uruguay", f"{CLEAR} {CLEAR}", "Go away")
    (said,) = speak(work_of(CLEAR), engine, None, None, SpeakSettings("en", listener=listener), Silent())  # type: ignore[arg-type]
    assert "drifted" in said.problems
    assert said.drift == pytest.approx(1.0, abs=0.3), "the one that says it twice"
    assert set(engine.seeds) == {0, 1, 2}


def test_a_batch_is_heard_in_one_go_and_each_take_by_itself() -> None:
    recognizer = Counting()
    listener = Listener(recognizer, "en", 0.75)
    engine = Reading("")
    texts = ("See you tomorrow.", CLEAR, "Wait for me.")
    said = speak(work_of(*texts, length=3.0), engine, None, None, SpeakSettings("en", listener=listener), Silent())  # type: ignore[arg-type]
    assert recognizer.regions == [3]
    assert [one.problems for one in said] == [()] * 3
    assert max(one.drift or 0.0 for one in said) < 0.4


class Counting:
    """The real recogniser, with what it was given."""

    name, region_seconds, punctuates = "counting", 10.0, False

    def __init__(self) -> None:
        self.inner = registry.load("asr", "pocketsphinx", EngineConfig())
        self.regions: list[int] = []

    def recognize(self, audio: Audio, regions: Sequence[Region], language: str, progress: Progress) -> Recognition:
        self.regions.append(len(regions))
        found: Recognition = self.inner.recognize(audio, regions, language, progress)
        return found


def test_silence_is_not_listened_to(listener: Listener) -> None:
    settings = SpeakSettings("en", listener=listener)
    (said,) = speak(work_of(TEXT), Tone(levels=(0.0,)), None, None, settings, Silent())
    assert (said.problems, said.drift) == (("silent",), None)


# --- one at a time ----------------------------------------------------------------------------------------------------
def test_an_engine_that_breaks_is_a_failure_of_this_segment(tmp_path: Path) -> None:
    class Broken(Tone):
        def synthesize(self, request: SpeechRequest, voice: Any | None, emotion: Any | None = None) -> Speech:
            raise ZeroDivisionError("by nought")

    with pytest.raises(PipelineError) as caught:
        spoken(Broken(), Slot(3, 0.0, 2.0, 0.0), tmp_path)
    assert caught.value.code == "voice_failed"
    assert caught.value.params["index"] == 4
    assert not caught.value.permanent


@pytest.mark.parametrize("factor", [0.85, 0.93, 1.2, 1.35])
def test_stretching_changes_length_and_keeps_pitch(factor: float) -> None:
    audio = espeak.create(EngineConfig()).synthesize(SpeechRequest(TEXT, "en"), None).audio
    longer = stretched(audio, factor)
    assert longer.duration == pytest.approx(audio.duration * factor, rel=0.005)
    pitches = [np.median(f0[f0 > 0]) for f0 in (world.analyse(one).f0 for one in (audio, longer))]
    assert pitches[1] == pytest.approx(pitches[0], rel=0.03)


def test_trimming_silence_alone_leaves_a_moment_of_it() -> None:
    assert 0 < trimmed(Audio(np.zeros(16_000, np.float32), 16_000)).duration < 0.1
    assert 0 < trimmed(Audio(np.zeros(0, np.float32), 16_000)).duration < 0.1


@pytest.mark.parametrize("length", [1.5, 2.2, 3.5, 6.0])
def test_the_embedded_voice_in_slots_of_many_lengths(tmp_path: Path, length: float) -> None:
    take, samples = spoken(espeak.create(EngineConfig()), Slot(3, 0.5, length, 2.0), tmp_path)
    assert take.problems == ()
    assert take.overflow == 0
    assert take.duration <= length + take.borrowed + 0.02
    assert np.flatnonzero(np.abs(samples) > 0.01)[0] < 0.02 * 22_050
    again, same = spoken(espeak.create(EngineConfig()), Slot(3, 0.5, length, 2.0), tmp_path)
    assert again == take
    assert np.array_equal(samples, same)
