"""A recording converted piece by piece."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from tests import factory
from vocasync.media.audio import length
from vocasync.progress import Progress, Silent
from vocasync.stages import convert, stitch
from vocasync.types import Audio, Match, Region, Take, Track, VoiceReference

RATE = 16_000


class Same:
    """A converter whose every voice is the one that speaks, at half the level."""

    name, version, sample_rate = "same", "1", RATE

    def prepare(self, reference: VoiceReference, path: Path, progress: Progress) -> None:
        path.touch()

    def load(self, path: Path) -> Any:
        return path

    def convert(self, audio: Audio, source: Any, voice: Any, progress: Progress, match: Match = Match.CLOSE) -> Audio:
        return Audio((audio.samples / 2).astype(np.float32), audio.rate)


def talking(*stretches: tuple[float, float]) -> tuple[Region, ...]:
    return tuple(Region(*one) for one in stretches)


def test_a_short_recording_is_one_piece_and_nothing_is_none() -> None:
    assert convert.pieces(talking((0.5, 3.0)), 4.0) == talking((0.0, 4.0))
    assert convert.pieces((), 4.0) == talking((0.0, 4.0))
    assert convert.pieces((), 0.0) == ()


def test_long_ones_are_cut_in_pauses_and_where_there_is_none_all_the_same() -> None:
    spoken = talking((1.0, 9.0), (10.0, 18.0), (19.0, 70.0), (71.0, 75.0))
    found = convert.pieces(spoken, 76.0)
    assert found[0] == Region(0.0, 18.5)
    assert found[-1].end == 76.0
    assert all(piece.duration <= convert.LONGEST for piece in found)
    assert all(one.end == other.start for one, other in pairwise(found))


def test_pieces_join_without_a_seam_and_as_loud_as_before(tmp_path: Path) -> None:
    said = np.tile(factory.speech_samples(), 4)
    path = factory.write(tmp_path / "said.wav", said)
    how = convert.Converting(Same(), None, None, Match.CLOSE, None)
    takes = []
    for number, piece in enumerate(convert.pieces((), length(path))):
        out = tmp_path / f"{number}.wav"
        where = convert.convert(path, piece, how, out, Silent())
        assert soundfile.info(out).duration == pytest.approx(where.duration, abs=1e-3)
        takes.append(Take(number, Track.CONVERTED, out.name, where.start, where.duration, where.duration))
    assert len(takes) > 1
    whole = tmp_path / "whole.wav"
    stitch.stitch(tmp_path, takes, length(path), None, whole, Silent(), RATE, levelled=True)
    made, _ = soundfile.read(whole, dtype="float32")
    assert len(made) == len(said)
    ends = round(stitch.FADE_SECONDS * RATE)
    assert np.abs(made - said)[ends:-ends].max() < 2e-3


class Directions:
    """An encoder that hears three notes as three voices."""

    name, dimensions = "directions", 3

    def embed(self, audio: Audio) -> Any:
        spectrum = np.abs(np.fft.rfft(audio.samples))
        heard = np.array([spectrum[round(note * audio.duration)] for note in (220, 440, 880)], np.float32)
        return heard / np.linalg.norm(heard)

    def windows(self, audio: Audio, per_second: float) -> Any:
        raise AssertionError("nobody is told apart here")


def test_what_was_moved_is_compared_with_both(tmp_path: Path) -> None:
    recording = factory.tone(tmp_path / "recording.wav", 4.0, 220)
    converted = factory.tone(tmp_path / "converted.wav", 4.0, 440)
    spoken = factory.tone(tmp_path / "voice.wav", 4.0, 880)
    where = tuple(enumerate(talking((0.0, 1.0), (1.0, 4.0))))
    wanted = np.array([0.0, 1.0, 0.0], np.float32)
    asked = convert.Compared(recording, converted, {"voice": spoken}, where, wanted)
    found = convert.compare(asked, Directions(), Silent())
    assert found.tracks["converted"] == pytest.approx({"speaker": 1.0, "original": 0.0}, abs=0.01)
    assert found.tracks["voice"] == pytest.approx({"speaker": 0.0, "original": 0.0}, abs=0.01)
    assert found.baselines == pytest.approx({"recording": 0.0}, abs=0.01)
    assert [(take.index, take.start, take.duration) for take in found.takes] == [(0, 0.0, 1.0), (1, 1.0, 3.0)]
    assert found.takes[1].similarity == pytest.approx({"speaker": 1.0, "original": 0.0}, abs=0.01)
