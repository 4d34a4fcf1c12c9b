"""Choosing clean speech of a speaker; reading an emotion reference."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests import factory
from tests.vocasync.engines.tts.speech import talk
from vocasync.engines import registry
from vocasync.engines.base import EngineConfig, SpeakerEncoder, StockVoice
from vocasync.errors import Cancelled, PipelineError
from vocasync.progress import Silent
from vocasync.stages.reference import (
    ENOUGH_SECONDS,
    alike_stock,
    choose_reference,
    emotion_reference,
    nearest_stock,
    words_within,
)
from vocasync.types import Region, Segment, Word

RATE = 16_000


class Unwanted:
    def report(self, fraction: float, note: str = "") -> None:
        return None

    def check(self) -> None:
        raise Cancelled


@pytest.fixture(scope="module")
def encoder() -> SpeakerEncoder:
    loaded = registry.load("speaker", "resemblyzer", EngineConfig(network=False))
    assert isinstance(loaded, SpeakerEncoder)
    return loaded


def _write(path: Path, *parts: np.ndarray) -> tuple[Path, list[Region]]:
    """The parts one after the other, half a second apart, and where each lies."""
    regions, sound, time = [], [], 0.0
    for part in parts:
        regions.append(Region(time, time + len(part) / RATE))
        sound += [part, np.zeros(RATE // 2, np.float32)]
        time = regions[-1].end + 0.5
    soundfile.write(path, np.concatenate(sound), RATE)
    return path, regions


def test_only_what_is_theirs_is_taken(tmp_path: Path, encoder: SpeakerEncoder) -> None:
    low, high = talk("en-us+m3", 4.0, RATE), talk("en-us+f5", 3.0, RATE)
    path, regions = _write(tmp_path / "a.wav", low, high, low)
    found = choose_reference(path, [regions[0], regions[2]], encoder, Silent())
    assert found.audio == path
    assert found.regions == (regions[0], regions[2])


def test_noise_and_clipping_are_left_out(tmp_path: Path, encoder: SpeakerEncoder) -> None:
    clean = talk("en-us+m3", 8.0, RATE)
    noise = np.random.default_rng(0).standard_normal(len(clean)).astype(np.float32)
    noisy, clipped = 0.1 * clean + 0.1 * noise, np.clip(20 * clean, -1, 1)
    path, regions = _write(tmp_path / "a.wav", noisy, clean, clipped, clean)
    found = choose_reference(path, regions, encoder, Silent())
    assert found.regions == (regions[1], regions[3])


def test_another_voice_under_the_same_label_is_left_out(tmp_path: Path, encoder: SpeakerEncoder) -> None:
    low, high = talk("en-us+m3", 24.0, RATE), talk("en-us+f5", 4.0, RATE)
    parts = [low[i * 4 * RATE : (i + 1) * 4 * RATE] for i in range(6)]
    path, regions = _write(tmp_path / "a.wav", *parts[:3], high, *parts[3:])
    found = choose_reference(path, regions, encoder, Silent())
    assert regions[3] not in found.regions
    assert len(found.regions) >= 5


def test_enough_is_enough(tmp_path: Path, encoder: SpeakerEncoder) -> None:
    path, regions = _write(tmp_path / "a.wav", *[talk("en-us", 9.0, RATE)] * 8)
    found = choose_reference(path, regions, encoder, Silent())
    assert sum(region.duration for region in found.regions) == pytest.approx(ENOUGH_SECONDS, abs=0.01)
    assert list(found.regions) == sorted(found.regions, key=lambda region: region.start)


def test_short_stretches_count_where_there_is_little_else(tmp_path: Path, encoder: SpeakerEncoder) -> None:
    words = [talk("en-us", 4.0, RATE)[start * RATE // 10 :][: 6 * RATE // 10] for start in (0, 8, 16, 24)]
    path, regions = _write(tmp_path / "a.wav", *words)
    assert choose_reference(path, regions, encoder, Silent()).regions == tuple(regions)
    path, mixed = _write(tmp_path / "b.wav", *words, talk("en-us", 3.0, RATE))
    assert choose_reference(path, mixed, encoder, Silent()).regions == (mixed[4],)


def test_noisy_speech_is_better_than_none(tmp_path: Path, encoder: SpeakerEncoder) -> None:
    speech = talk("en-us", 4.0, RATE)
    noisy = speech * 0.1 + 0.1 * np.random.default_rng(0).standard_normal(len(speech)).astype(np.float32)
    path, regions = _write(tmp_path / "a.wav", noisy)
    assert choose_reference(path, regions, encoder, Silent()).regions == tuple(regions)


@pytest.mark.parametrize("regions", [[], [Region(0.0, 1.0)], [Region(3.0, 7.0)]])
def test_too_little_is_refused(tmp_path: Path, encoder: SpeakerEncoder, regions: list[Region]) -> None:
    path, _ = _write(tmp_path / "a.wav", talk("en-us", 1.5, RATE), np.zeros(6 * RATE, np.float32))
    with pytest.raises(PipelineError) as caught:
        choose_reference(path, regions, encoder, Silent())
    assert caught.value.code == "reference_too_short"


def test_it_can_be_cancelled(tmp_path: Path, encoder: SpeakerEncoder) -> None:
    path, regions = _write(tmp_path / "a.wav", talk("en-us", 4.0, RATE))
    with pytest.raises(Cancelled):
        choose_reference(path, regions, encoder, Unwanted())


VOICES = (
    StockVoice("deep", "Low 1", "male"),
    StockVoice("high", "High 1", "female"),
    StockVoice("bass", "Low 2", "male"),
)


@pytest.mark.parametrize(
    ("said", "number", "expected"),
    [("en-us+m3", 0, "deep"), ("en-us+m3", 1, "bass"), ("en-us+f5", 0, "high"), ("en-us+f5", 1, "high")],
)
def test_somebody_with_too_little_speech_gets_the_nearest_stock_voice(
    tmp_path: Path, said: str, number: int, expected: str
) -> None:
    path, regions = _write(tmp_path / "a.wav", talk("en-us", 2.0, RATE), talk(said, 0.7, RATE))
    assert nearest_stock(path, regions[1:], VOICES, number) == expected


def test_who_cannot_be_heard_gets_any_stock_voice(tmp_path: Path) -> None:
    path, regions = _write(tmp_path / "a.wav", np.zeros(RATE, np.float32))
    assert [nearest_stock(path, regions, VOICES, number) for number in range(4)] == ["deep", "high", "bass", "deep"]
    assert nearest_stock(path, [], VOICES, 1) == "high"
    assert nearest_stock(path, regions, (), 0) == ""


@pytest.mark.parametrize(
    ("height", "number", "expected"), [(110.0, 0, "deep"), (110.0, 1, "bass"), (230.0, 1, "high"), (None, 1, "high")]
)
def test_the_nearest_stock_voice_by_the_height_alone(height: float | None, number: int, expected: str) -> None:
    assert alike_stock(height, VOICES, number) == expected
    assert alike_stock(height, (), number) == ""


def test_an_emotion_reference_in_any_format(tmp_path: Path) -> None:
    source = factory.speech(factory.ENGLISH, tmp_path / "it's “happy”.wav", rate=44_100)
    factory.ffmpeg("-i", f"file:{source}", str(tmp_path / "clip.mp3"))
    found = emotion_reference(tmp_path / "clip.mp3", "clip.mp3", tmp_path / "out.wav", Silent())
    info = soundfile.info(found.audio)
    assert (info.samplerate, info.channels) == (RATE, 1)
    assert sum(region.duration for region in found.regions) > 3


def test_an_emotion_reference_without_speech_is_refused(tmp_path: Path) -> None:
    for name, write in (("silence.wav", factory.silence), ("tone.wav", factory.tone)):
        with pytest.raises(PipelineError) as caught:
            emotion_reference(write(tmp_path / name, 4.0), name, tmp_path / "out.wav", Silent())
        assert caught.value.code == "no_speech_emotion"
        assert name in str(caught.value)


def test_a_text_is_no_emotion_reference(tmp_path: Path) -> None:
    with pytest.raises(PipelineError):
        emotion_reference(factory.text_as(tmp_path / "words.wav"), "words.wav", tmp_path / "out.wav", Silent())


def test_the_words_of_chosen_stretches() -> None:
    words = tuple(Word(text, start, start + 0.4) for text, start in (("one", 0.0), ("two", 1.0), ("three", 2.0)))
    timed = Segment(0, 0.0, 2.4, "One two three.", words)
    untimed = Segment(1, 3.0, 5.0, "A whole sentence.")
    cut = Segment(2, 6.0, 9.0, "Cut off.")
    found = words_within([timed, untimed, cut], [Region(0.95, 2.45), Region(2.9, 5.05), Region(6.0, 8.0)])
    assert [word.text for word in found] == ["two", "three", "A whole sentence."]
    assert found[-1] == Word("A whole sentence.", 3.0, 5.0)
