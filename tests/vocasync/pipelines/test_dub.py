"""The whole of a dub, with the real embedded engines."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests import factory
from tests.tiny.whisper import scripted_whisper
from tests.vocasync.pipelines.conftest import LINES, SECONDS, Dub
from vocasync.errors import PipelineError
from vocasync.pipelines.base import SegmentEdit
from vocasync.types import FitKind

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

LATE = 0.02
"""Seconds that a take may start away from its segment."""


def onset(path: Path, around: float) -> float:
    """When sound begins in a track near a time, in seconds: the first sample above -50 dBFS after silence."""
    samples, rate = soundfile.read(path, dtype="float32")
    first = int((around - 0.3) * rate)
    loud = np.flatnonzero(np.abs(samples[first : int((around + 0.3) * rate)]) > 10 ** (-50 / 20))
    return (first + int(loud[0])) / rate


def times(folder: Path) -> dict[str, int]:
    """When each take was written."""
    return {path.name: path.stat().st_mtime_ns for path in sorted(folder.glob("takes/voice/*.wav"))}


def streams(path: Path) -> list[dict[str, object]]:
    """What ffprobe says of a file's streams."""
    command = ["ffprobe", "-v", "error", "-show_streams", "-of", "json", str(path)]
    found: list[dict[str, object]] = json.loads(subprocess.check_output(command))["streams"]
    return found


def test_a_talk_comes_out_whole(dub: Dub, tmp_path: Path) -> None:
    emotion = factory.speech("What a day! I have never been so happy in my life!", tmp_path / "tone.wav", "en+f4")
    result = dub(emotion=emotion, emotion_name="tone.wav").result()
    assert [segment.text for segment in result.transcript.segments] == [text for _, text in LINES]
    assert all(segment.translation not in ("", segment.text) for segment in result.transcript.segments)
    out = tmp_path / "work" / "out"
    for track in ("voice", "emotion"):
        assert soundfile.info(out / f"{track}.wav").duration == pytest.approx(SECONDS, abs=0.05)
        for start, _ in LINES:
            assert onset(out / f"{track}.wav", start) == pytest.approx(start, abs=LATE)
    assert [one["codec_type"] for one in streams(out / "dubbed.mp4")] == ["video", *["audio"] * 3, *["subtitle"] * 2]
    assert result.scores["tracks"]["voice"]["speaker"] <= 1.0
    assert set(result.scores["baselines"]) >= {"self", "untreated"}
    assert {take.index for take in result.takes} == {0, 1, 2}
    for artifact in result.artifacts:
        assert (out / artifact.path).stat().st_size == artifact.size > 0


def test_what_is_there_is_not_made_again_and_an_edit_speaks_one_segment(dub: Dub, tmp_path: Path) -> None:
    dub()
    first = times(tmp_path / "work")
    track = (tmp_path / "work" / "out" / "voice.wav").read_bytes()
    dub()
    assert times(tmp_path / "work") == first
    edited = dub(edits={1: SegmentEdit(translation="Los niños duermen.")}).result()
    again = times(tmp_path / "work")
    assert {name for name in first if first[name] != again[name]} == {"00001.wav"}
    assert edited.transcript.segments[1].translation == "Los niños duermen."
    assert (tmp_path / "work" / "out" / "voice.wav").read_bytes() != track


def test_a_corrected_text_is_translated_again(dub: Dub) -> None:
    before = dub().result().transcript.segments
    after = dub(edits={0: SegmentEdit(text="Good night.")}).result().transcript.segments
    assert after[0].text == "Good night."
    assert after[0].translation != before[0].translation
    assert after[1:] == before[1:]


def test_subtitles_in_the_target_language_are_spoken_as_they_are(dub: Dub, tmp_path: Path) -> None:
    hindi = tmp_path / "talk.hi.vtt"
    hindi.write_text(
        "WEBVTT\n\n00:00.600 --> 00:02.400\nसुप्रभात।\n\n00:02.800 --> 00:05.500\nबच्चे बगीचे में खेल रहे हैं।\n", "utf-8"
    )
    result = dub(target_language="hi", subtitles=hindi, subtitles_name="talk.hi.vtt", subtitles_are="target").result()
    assert result.transcript.segments[0].translation == "सुप्रभात।"
    assert "translation" not in result.engines
    assert all(take.duration > 0.2 for take in result.takes)


def test_a_pasted_transcript_is_placed_on_the_sound(dub: Dub) -> None:
    words = " ".join(text for _, text in LINES)
    result = dub(subtitles=None, subtitles_name="", transcript=words).result()
    starts = [segment.start for segment in result.transcript.segments]
    assert starts == pytest.approx([start for start, _ in LINES], abs=0.25)


def test_the_language_is_heard_where_it_was_not_given(dub: Dub, tmp_path: Path) -> None:
    weights = tmp_path / "models" / "whisper" / "tiny.pt"
    weights.parent.mkdir(parents=True)
    scripted_whisper(weights, "Good morning my friends", "en", 0.2, 1.6)
    asked = {"subtitles": None, "subtitles_name": "", "source_language": "auto", "recognizer": "whisper"}
    result = dub(**asked, model_size="tiny").result()
    assert result.transcript.language == "en"
    assert "Good morning my friends" in result.transcript.segments[0].text
    assert result.engines["recognition"] == "whisper tiny"


def test_sound_alone_comes_out_as_sound(dub: Dub, tmp_path: Path) -> None:
    sound = factory.speech("Please open the window.", tmp_path / "note.wav")
    words = tmp_path / "note.srt"
    words.write_text("1\n00:00:00,000 --> 00:00:01,500\nPlease open the window.\n")
    result = dub(source=sound, source_name="note.wav", subtitles=words, subtitles_name="note.srt").result()
    assert result.media.video is None
    assert "dubbed.m4a" in {artifact.path for artifact in result.artifacts}
    assert any("too little clear speech" in note for note in result.notes)


def test_a_sentence_without_room_is_said_whole_and_reported(dub: Dub, tmp_path: Path) -> None:
    words = tmp_path / "tight.srt"
    long = "This is a very long sentence that nobody could ever say in so little time, not even in a hurry."
    words.write_text(f"1\n00:00:00,600 --> 00:00:01,600\n{long}\n\n2\n00:00:01,700 --> 00:00:03,000\nNo.\n")
    result = dub(subtitles=words, subtitles_name="tight.srt").result()
    first = next(take for take in result.takes if take.index == 0)
    assert first.fit is FitKind.OVERFLOW
    assert first.overflow > 1
    assert any("longer than the time" in note for note in result.notes)


def test_silence_is_refused(dub: Dub, tmp_path: Path) -> None:
    hiss = np.random.default_rng(0).normal(0, 0.003, 16_000 * 4).astype(np.float32)
    quiet = factory.write(tmp_path / "hiss.wav", hiss)
    with pytest.raises(PipelineError, match="No speech"):
        dub(source=quiet, source_name="hiss.wav", subtitles=None, subtitles_name="")
