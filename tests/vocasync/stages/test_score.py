"""Scores: takes against references, with baselines on the same material."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.vocasync.engines.tts.speech import talk
from vocasync.artifacts import dumps
from vocasync.engines import registry
from vocasync.engines.base import EngineConfig, SpeakerEncoder, VoiceEngine
from vocasync.errors import Cancelled, PipelineError
from vocasync.progress import Silent
from vocasync.stages.score import Scores, score
from vocasync.types import Region, Segment, Take, Track, VoiceReference

Material = tuple[list[Take], dict[int, VoiceReference], VoiceReference | None]

CONFIG = EngineConfig(network=False)
SEGMENTS = [
    Segment(index, 4.0 * index, 4.0 * index + 3, "x", translation=text)
    for index, text in enumerate(("Please open the window.", "", "The children are playing in the garden."))
]


@pytest.fixture(scope="module")
def encoder() -> SpeakerEncoder:
    loaded = registry.load("speaker", "resemblyzer", CONFIG)
    assert isinstance(loaded, SpeakerEncoder)
    return loaded


@pytest.fixture(scope="module")
def engine() -> VoiceEngine:
    loaded = registry.load("tts", "espeak", CONFIG)
    assert isinstance(loaded, VoiceEngine)
    return loaded


def _reference(path: Path, voice: str) -> VoiceReference:
    soundfile.write(path, talk(voice, 9.0, 16_000), 16_000)
    return VoiceReference(path, (Region(0.0, 3.0), Region(3.0, 6.0), Region(6.0, 9.0)))


def _take(root: Path, index: int, track: Track, samples: np.ndarray) -> Take:
    name = f"{track}-{index}.wav"
    soundfile.write(root / name, samples, 22_050)
    return Take(index, track, name, 4.0 * index, len(samples) / 22_050, 3.0)


@pytest.fixture
def material(tmp_path: Path) -> Material:
    low, high = talk("en-us+m3", 3.0, 22_050), talk("en-us+f5", 3.0, 22_050)
    takes = [
        _take(tmp_path, 0, Track.VOICE, low),
        _take(tmp_path, 2, Track.VOICE, np.zeros(22_050)),
        _take(tmp_path, 0, Track.EMOTION, high),
    ]
    speakers = {0: _reference(tmp_path / "speaker.wav", "en-us+m3")}
    return takes, speakers, _reference(tmp_path / "emotion.wav", "en-us+f5")


def _score(
    root: Path, given: Material, engine: VoiceEngine, encoder: SpeakerEncoder, segments: list[Segment] = SEGMENTS
) -> tuple[Scores, tuple[Take, ...]]:
    return score(root, *given, engine, segments, "en", encoder, Silent())


def test_each_take_is_nearest_to_its_own_voice(
    tmp_path: Path,
    material: Material,
    engine: VoiceEngine,
    encoder: SpeakerEncoder,
) -> None:
    scores, takes = _score(tmp_path, material, engine, encoder)
    assert [(take.index, take.track) for take in takes] == [(take.index, take.track) for take in material[0]]
    assert takes[0].similarity["speaker"] > takes[0].similarity["emotion"] + 0.1
    assert takes[1].similarity == {}  # silence has no voice
    assert takes[2].similarity["emotion"] > takes[2].similarity["speaker"] + 0.1
    assert scores.tracks["voice"] == pytest.approx(takes[0].similarity)
    assert scores.tracks["emotion"] == pytest.approx(takes[2].similarity)


def test_the_baselines_frame_the_scores(
    tmp_path: Path,
    material: Material,
    engine: VoiceEngine,
    encoder: SpeakerEncoder,
) -> None:
    scores, _ = _score(tmp_path, material, engine, encoder)
    assert set(scores.baselines) == {"self", "untreated", "emotion_self", "emotion_untreated"}
    assert scores.baselines["self"] > 0.9
    assert scores.baselines["emotion_self"] > scores.baselines["emotion_untreated"] + 0.1
    assert all(-1 <= value <= 1 for value in scores.baselines.values())
    assert json.loads(dumps(scores))["baselines"] == pytest.approx(scores.baselines)


def test_without_an_emotion_there_is_nothing_about_it(
    tmp_path: Path,
    material: Material,
    engine: VoiceEngine,
    encoder: SpeakerEncoder,
) -> None:
    takes, speakers, _ = material
    scores, _ = _score(tmp_path, (takes[:1], speakers, None), engine, encoder)
    assert set(scores.tracks) == {"voice"}
    assert set(scores.tracks["voice"]) == {"speaker"}
    assert set(scores.baselines) == {"self", "untreated"}


def test_short_clips_are_compared_half_with_half(
    tmp_path: Path,
    material: Material,
    engine: VoiceEngine,
    encoder: SpeakerEncoder,
) -> None:
    takes, speakers, _ = material
    whole = VoiceReference(speakers[0].audio)
    assert 0.8 < _score(tmp_path, (takes[:1], {0: whole}, None), engine, encoder)[0].baselines["self"] <= 1
    bits = VoiceReference(whole.audio, tuple(Region(start, start + 0.9) for start in (0.0, 2.0, 4.0)))
    assert 0.8 < _score(tmp_path, (takes[:1], {0: bits}, None), engine, encoder)[0].baselines["self"] <= 1
    short = VoiceReference(whole.audio, (Region(0.0, 1.5),))
    assert "self" not in _score(tmp_path, (takes[:1], {0: short}, None), engine, encoder)[0].baselines


@pytest.fixture
def conversation(tmp_path: Path) -> tuple[list[Segment], Material]:
    """A low voice, a high one that speaks twice as long, and somebody with a stock voice."""
    segments = [replace(SEGMENTS[0], index=index, speaker=index) for index in range(3)]
    lows, highs = talk("en-us+m3", 2.0, 22_050), talk("en-us+f5", 4.0, 22_050)
    takes = [_take(tmp_path, index, Track.VOICE, sound) for index, sound in enumerate((lows, highs, lows))]
    low, high = (_reference(tmp_path / f"{name}.wav", f"en-us+{name}") for name in ("m3", "f5"))
    return segments, (takes, {0: low, 1: high}, None)


def test_each_speaker_is_compared_with_themself(
    tmp_path: Path, conversation: tuple[list[Segment], Material], engine: VoiceEngine, encoder: SpeakerEncoder
) -> None:
    segments, (takes, voices, _) = conversation
    scores, scored = _score(tmp_path, (takes, voices, None), engine, encoder, segments)
    _, crossed = _score(tmp_path, (takes, {0: voices[1], 1: voices[0]}, None), engine, encoder, segments)
    for right, wrong in zip(scored[:2], crossed[:2], strict=True):
        assert right.similarity["speaker"] > wrong.similarity["speaker"] + 0.1
    first, second = (scores.speakers[number] for number in ("0", "1"))
    assert first.tracks == {"voice": {"speaker": pytest.approx(scored[0].similarity["speaker"])}}
    assert set(first.baselines) == set(second.baselines) == {"self", "untreated"}
    for name in ("self", "untreated"):
        expected = (first.baselines[name] + 2 * second.baselines[name]) / 3
        assert scores.baselines[name] == pytest.approx(expected)
    means = [one.tracks["voice"]["speaker"] for one in (first, second)]
    assert scores.tracks["voice"]["speaker"] == pytest.approx((means[0] + 2 * means[1]) / 3)


def test_a_stock_voice_is_like_nobody(
    tmp_path: Path, conversation: tuple[list[Segment], Material], engine: VoiceEngine, encoder: SpeakerEncoder
) -> None:
    segments, (takes, voices, _) = conversation
    tone = voices[1]
    scores, scored = _score(tmp_path, (takes, voices, tone), engine, encoder, segments)
    assert set(scored[2].similarity) == {"emotion"}
    assert set(scores.speakers["2"].tracks["voice"]) == {"emotion"}
    assert set(scores.speakers["2"].baselines) == {"emotion_self", "emotion_untreated"}
    alone, _ = _score(tmp_path, (takes[2:], {}, None), engine, encoder, segments[2:])
    assert alone.tracks == {"voice": {}}
    assert alone.baselines == {}
    assert json.loads(dumps(alone))["speakers"] == {"2": {"tracks": {"voice": {}}, "baselines": {}}}


def test_a_reference_without_sound_is_refused(tmp_path: Path, engine: VoiceEngine, encoder: SpeakerEncoder) -> None:
    soundfile.write(tmp_path / "silence.wav", np.zeros(48_000), 16_000)
    with pytest.raises(PipelineError) as caught:
        _score(tmp_path, ([], {0: VoiceReference(tmp_path / "silence.wav")}, None), engine, encoder)
    assert caught.value.code == "no_speech"


def test_it_can_be_cancelled(
    tmp_path: Path,
    material: Material,
    engine: VoiceEngine,
    encoder: SpeakerEncoder,
) -> None:
    class Unwanted:
        def report(self, fraction: float, note: str = "") -> None:
            return None

        def check(self) -> None:
            raise Cancelled

    with pytest.raises(Cancelled):
        score(tmp_path, *material, engine, SEGMENTS, "en", encoder, Unwanted())
