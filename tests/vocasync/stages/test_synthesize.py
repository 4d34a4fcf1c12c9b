"""Segments spoken and fitted, with the embedded voice, and with engines that misbehave."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from vocasync.engines.base import EngineConfig
from vocasync.engines.tts import espeak, world
from vocasync.errors import PipelineError
from vocasync.progress import Progress
from vocasync.stages.fit import Slot
from vocasync.media.audio import stretched
from vocasync.stages.synthesize import SpeakSettings, speak, trimmed
from vocasync.types import Audio, FitKind, Segment, Speech, SpeechRequest, Take, Track, VoiceReference

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
    asked: list[SpeechRequest] = field(default_factory=list)

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


def spoken(engine: Any, slot: Slot, folder: Path, text: str = TEXT, **settings: Any) -> tuple[Take, np.ndarray]:
    segment = Segment(3, slot.start, slot.start + slot.length, "said", translation=text)
    out = folder / "take.wav"
    take = speak(
        segment, slot, Track.VOICE, engine, None, None, SpeakSettings("en", **settings), out, "takes/voice/3.wav"
    )
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
    assert len(silent.asked) <= 3  # one second try, however often it is spoken


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
