"""Scores: takes against references, with baselines on the same material."""

from __future__ import annotations

import json
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

Material = tuple[list[Take], dict[Track, VoiceReference]]

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
    references = {
        Track.VOICE: _reference(tmp_path / "speaker.wav", "en-us+m3"),
        Track.EMOTION: _reference(tmp_path / "emotion.wav", "en-us+f5"),
    }
    return takes, references


def _score(
    root: Path, given: Material, engine: VoiceEngine, encoder: SpeakerEncoder
) -> tuple[Scores, tuple[Take, ...]]:
    return score(root, given[0], given[1], engine, SEGMENTS, "en", encoder, Silent())


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
    takes, references = material
    scores, _ = _score(tmp_path, (takes[:1], {Track.VOICE: references[Track.VOICE]}), engine, encoder)
    assert set(scores.tracks) == {"voice"}
    assert set(scores.tracks["voice"]) == {"speaker"}
    assert set(scores.baselines) == {"self", "untreated"}


def test_one_short_clip_is_compared_half_with_half(
    tmp_path: Path,
    material: Material,
    engine: VoiceEngine,
    encoder: SpeakerEncoder,
) -> None:
    takes, references = material
    whole = VoiceReference(references[Track.VOICE].audio)
    assert 0.8 < _score(tmp_path, (takes[:1], {Track.VOICE: whole}), engine, encoder)[0].baselines["self"] <= 1
    short = VoiceReference(whole.audio, (Region(0.0, 1.5),))
    assert "self" not in _score(tmp_path, (takes[:1], {Track.VOICE: short}), engine, encoder)[0].baselines


def test_a_reference_without_sound_is_refused(tmp_path: Path, engine: VoiceEngine, encoder: SpeakerEncoder) -> None:
    soundfile.write(tmp_path / "silence.wav", np.zeros(48_000), 16_000)
    with pytest.raises(PipelineError) as caught:
        _score(tmp_path, ([], {Track.VOICE: VoiceReference(tmp_path / "silence.wav")}), engine, encoder)
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
        score(tmp_path, material[0], material[1], engine, SEGMENTS, "en", encoder, Unwanted())
