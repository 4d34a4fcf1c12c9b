"""A script from its text to its files, with the real embedded engines."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from tests import factory
from vocasync.artifacts import Workspace
from vocasync.engines.base import EngineConfig
from vocasync.errors import Cancelled, PipelineError
from vocasync.pipelines.base import SegmentEdit
from vocasync.pipelines.local import Work, run
from vocasync.pipelines.script import FORMATS, ScriptPipeline, ScriptRequest
from vocasync.progress import Silent
from vocasync.provenance.manifest import Origin
from vocasync.stages.manuscript import Form
from vocasync.types import SpeakerVoice, SpeechMark, Track, VoiceKind, VoiceReference

TEXT = "Good morning. It is late already.\n\nThe children are playing."
Speak = Callable[..., ScriptPipeline]


def quietly(stage: str, fraction: float, whole: float) -> None:
    """Nobody watches."""


@pytest.fixture
def config(tmp_path: Path) -> EngineConfig:
    return EngineConfig(network=False, cache=tmp_path / "cache", models=tmp_path / "models")


@pytest.fixture
def speak(tmp_path: Path, config: EngineConfig) -> Speak:
    """Speak the text (or what ``changes`` say) in the test's own workspace."""

    def work(**changes: Any) -> ScriptPipeline:
        asked: dict[str, Any] = {"text": TEXT, "language": "en", "name": "letter.txt"}
        request = ScriptRequest(**(asked | changes))
        done = run(Work(ScriptPipeline, request, Workspace(tmp_path / "work"), config), quietly)
        assert done is not None
        return done

    return work


@pytest.fixture(scope="module")
def voice(tmp_path_factory: pytest.TempPathFactory) -> SpeakerVoice:
    """A voice of the library: half a minute of somebody."""
    folder = tmp_path_factory.mktemp("voice")
    clip = factory.speech(f"{factory.ENGLISH} " * 3, folder / "voice.wav", "en+f4", 24_000)
    return SpeakerVoice(VoiceKind.PROFILE, VoiceReference(clip), "f" * 64, folder=folder / "conditionings")


def times(folder: Path) -> dict[str, int]:
    """When each take was written."""
    return {path.name: path.stat().st_mtime_ns for path in sorted(folder.glob("takes/*/*.wav"))}


def refusal(speak: Speak, **changes: Any) -> str:
    with pytest.raises(PipelineError) as caught:
        speak(**changes)
    return caught.value.code


def test_a_text_is_spoken_from_its_beginning_to_its_end(speak: Speak, tmp_path: Path) -> None:
    done = speak(formats=FORMATS)
    result, out = done.result(), tmp_path / "work" / "out"
    assert [segment.text for segment in result.transcript.segments] == [
        "Good morning.",
        "It is late already.",
        "The children are playing.",
    ]
    assert all(one.text == one.translation for one in result.transcript.segments)
    for one, take in zip(result.transcript.segments, result.takes, strict=True):
        assert (one.start, one.end) == pytest.approx((take.start, take.start + take.duration))
    first, second, third = result.transcript.segments
    assert first.start == 0
    assert 0.2 < second.start - first.end < third.start - second.end, "paragraphs pause longer"
    sound = soundfile.info(out / "voice.wav")
    assert sound.duration == pytest.approx(third.end, abs=0.001)
    assert result.media.duration == pytest.approx(sound.duration, abs=0.01)
    kinds = {artifact.path: artifact.kind for artifact in result.artifacts}
    assert [kinds[f"voice.{ending}"] for ending in FORMATS] == ["audio"] * 3
    assert set(kinds.values()) == {"audio", "subtitles", "peaks", "transcript", "manifest", "archive"}
    for artifact in result.artifacts:
        assert (out / artifact.path).stat().st_size == artifact.size > 0
    assert "Good morning." in (out / "subtitles.vtt").read_text()
    assert (done.needs_review(), done.speakers()) == (False, ())


def test_what_each_sound_is_and_when_is_kept_with_its_take(speak: Speak, tmp_path: Path) -> None:
    takes = speak().result().takes
    ws = Workspace(tmp_path / "work")
    for take in takes:
        marks = ws.read(take.path.removesuffix("wav") + "marks.json", tuple[SpeechMark, ...])
        sounds = [mark for mark in marks if mark.kind == "phoneme"]
        assert len(sounds) > 5
        assert 0 <= sounds[0].start < 0.1
        assert sounds[-1].end == pytest.approx(take.duration, abs=0.12)
        assert all(one.end <= other.start + 1e-6 for one, other in pairwise(sounds))


def test_nothing_is_made_twice_and_an_edit_speaks_one_sentence(speak: Speak, tmp_path: Path) -> None:
    before = speak().result()
    first = times(tmp_path / "work")
    assert speak().result() == before
    assert times(tmp_path / "work") == first
    edited = speak(edits={1: SegmentEdit(translation="It is not late at all, I would say.")}).result()
    again = times(tmp_path / "work")
    assert {name for name in first if first[name] != again[name]} == {"00001.wav"}
    assert edited.transcript.segments[1].text == "It is not late at all, I would say."
    longer = edited.transcript.segments[1].duration - before.transcript.segments[1].duration
    assert longer > 0.3
    moved = edited.transcript.segments[2].start - before.transcript.segments[2].start
    assert moved == pytest.approx(longer, abs=1e-3), "what follows comes later"
    shorter = speak(edits={1: SegmentEdit(text="")}).result()
    assert {take.index for take in shorter.takes} == {0, 2}


def test_work_goes_on_where_it_was_lost(tmp_path: Path, config: EngineConfig) -> None:
    """After every stage a new process takes it up."""
    request = ScriptRequest(TEXT, "en")
    made: dict[Path, int] = {}
    while True:
        pipeline = ScriptPipeline(request, Workspace(tmp_path / "work"), config)
        todo = next((stage for stage in pipeline.stages if pipeline.plan(stage)), None)
        if todo is None:
            break
        for unit in pipeline.plan(todo):
            pipeline.run(todo, unit.name, Silent())
        now = {path: path.stat().st_mtime_ns for path in (tmp_path / "work").rglob("*") if path.is_file()}
        assert all(now[path] == time for path, time in made.items()), f"{todo} made something again"
        made = now
    assert pipeline.result().takes


def test_sentences_are_shared_out_among_processes(tmp_path: Path, config: EngineConfig) -> None:
    text = " ".join(f"This is sentence number {number}." for number in range(20))
    pipeline = ScriptPipeline(ScriptRequest(text, "en"), Workspace(tmp_path), config)
    units = pipeline.plan("synthesize")
    assert len(units) == 4
    assert sum(unit.weight for unit in units) == len(text) - 19, "characters, without the spaces between sentences"


def test_it_can_be_called_off(tmp_path: Path, config: EngineConfig) -> None:
    class Unwanted:
        def report(self, fraction: float, note: str = "") -> None:
            return None

        def check(self) -> None:
            raise Cancelled

    pipeline = ScriptPipeline(ScriptRequest(TEXT, "en"), Workspace(tmp_path), config)
    with pytest.raises(Cancelled):
        pipeline.run("synthesize", pipeline.plan("synthesize")[0].name, Unwanted())
    assert not list(tmp_path.rglob("*.wav"))


@pytest.mark.parametrize("form", [Form.MARKDOWN, Form.SUBTITLES])
def test_other_forms(speak: Speak, form: Form) -> None:
    texts = {
        Form.MARKDOWN: "# Title\n\nSome *words*.\n\n```\ncode\n```\n",
        Form.SUBTITLES: "1\n00:00:01,000 --> 00:00:02,000\nTitle\n\n2\n00:00:03,000 --> 00:00:04,000\nSome words.\n",
    }
    result = speak(text=texts[form], form=form).result()
    assert [segment.text for segment in result.transcript.segments] == ["Title", "Some words."]


def test_scripts_that_cannot_be_spoken_are_refused_before_anything_is_made(speak: Speak, tmp_path: Path) -> None:
    assert refusal(speak, text="😀") == "script_unspeakable"
    assert refusal(speak, text="Привет") == "script_writing"
    assert refusal(speak, text="one two three", most_words=2) == "script_long"
    assert refusal(speak, language="xx") == "unknown_language"
    assert refusal(speak, language="hi", text="नमस्ते", voice_engine="sv2tts") == "voice_unsupported"
    assert refusal(speak, edits={number: SegmentEdit(text="") for number in range(3)}) == "script_unspeakable"
    assert not list((tmp_path / "work").rglob("*.wav"))


@pytest.mark.slow
def test_right_to_left_text(speak: Speak) -> None:
    result = speak(text="مرحبا بكم. كيف حالكم؟", language="ar").result()
    assert [segment.text for segment in result.transcript.segments] == ["مرحبا بكم.", "كيف حالكم؟"]
    assert all(take.duration > 0.3 for take in result.takes)


@pytest.mark.slow
def test_a_voice_of_the_library_is_compared_with_itself(speak: Speak, voice: SpeakerVoice, tmp_path: Path) -> None:
    tone = factory.speech("What a day! I have never been so happy in my life!", tmp_path / "tone.wav", "en+f4")
    result = speak(voice=voice, emotion=tone, emotion_name="tone.wav", emotion_strength=0.5).result()
    assert set(result.scores["tracks"]["emotion"]) == {"speaker", "emotion"}
    assert set(result.scores["baselines"]) >= {"self", "untreated"}
    assert {take.track for take in result.takes} == {Track.EMOTION}
    assert all("speaker" in take.similarity for take in result.takes)
    assert "emotion.wav" in {artifact.path for artifact in result.artifacts}
    first = times(tmp_path / "work")
    speak(voice=voice, emotion=tone, emotion_name="tone.wav", emotion_strength=1.0)
    again = times(tmp_path / "work")
    assert all(first[name] != again[name] for name in first), "another strength is another tone"


@pytest.mark.slow
def test_a_clip_brought_on_the_spot(speak: Speak, tmp_path: Path) -> None:
    clip = factory.speech(f"{factory.ENGLISH} " * 2, tmp_path / "clip.wav", "en+f4", 24_000)
    result = speak(reference=clip, reference_name="clip.wav").result()
    assert result.scores["tracks"]["voice"]["speaker"] > result.scores["baselines"]["untreated"]
    too_short = factory.speech("No.", tmp_path / "short.wav")
    assert refusal(speak, reference=too_short, reference_name="short.wav") == "reference_too_short"


def test_a_finished_recording_is_taken_as_it_is(speak: Speak, tmp_path: Path) -> None:
    sound = factory.speech("Please open the window.", tmp_path / "note.wav")
    result = speak(text="", sound=sound, sound_name="note.wav", language="cs").result()
    assert (result.takes, result.transcript.segments, result.engines, result.scores["tracks"]) == ((), (), {}, {})
    assert any("no subtitles" in note for note in result.notes), "nothing here recognises Czech"
    made, _ = soundfile.read(tmp_path / "work" / "out" / "voice.wav")
    given, _ = soundfile.read(sound)
    assert len(made) == pytest.approx(3 * len(given), abs=48)
    assert np.corrcoef(made[::3][: len(given)], given)[0, 1] > 0.99
    quiet = factory.silence(tmp_path / "quiet.wav", 2.0)
    assert refusal(speak, text="", sound=quiet, sound_name="quiet.wav") == "no_speech"
    assert refusal(speak, text="", sound=factory.text_as(tmp_path / "a.wav"), sound_name="a.wav") == "not_media"


@pytest.mark.slow
def test_what_is_said_in_a_recording_becomes_its_subtitles(speak: Speak, shared_media: Path, tmp_path: Path) -> None:
    sound = shared_media / "whisper" / "jfk.flac"
    result = speak(text="", sound=sound, sound_name="jfk.flac").result()
    assert result.engines == {"recognition": "pocketsphinx"}
    words = [word for segment in result.transcript.segments for word in segment.words]
    assert "country" in {word.text.strip(".,?").lower() for word in words}
    assert all(0 <= word.start < word.end <= 11.1 for word in words)
    assert "subtitles" in {artifact.kind for artifact in result.artifacts}
    assert any("doubtful" in note for note in result.notes), "the small recogniser is not sure of them"
    corrected = speak(
        text="", sound=sound, sound_name="jfk.flac", edits={0: SegmentEdit(text="And so, my fellow Americans.")}
    ).result()
    assert corrected.transcript.segments[0].text == "And so, my fellow Americans."
    assert "my fellow Americans." in (tmp_path / "work" / "out" / "subtitles.srt").read_text()


def test_what_made_it_is_in_the_files(speak: Speak, tmp_path: Path) -> None:
    origin = Origin(tmp_path / "keys", "https://dub.example.org", "7", "Alice", "2026-01-01T00:00:00Z")
    result = speak(origin=origin).result()
    out = tmp_path / "work" / "out"
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["provenance"]["engines"]["voice"].startswith("espeak")
    assert set(manifest["files"]) == {"voice.wav", "voice.mp3", "subtitles.srt", "subtitles.vtt"}
    assert b"dub.example.org" in (out / "voice.wav").read_bytes()
    assert result.engines["voice"].startswith("espeak")


@pytest.mark.slow
def test_memory_is_flat_in_the_length(tmp_path: Path, config: EngineConfig) -> None:
    def peak(count: int) -> int:
        text = " ".join(f"This is sentence number {number}." for number in range(count))
        pipeline = ScriptPipeline(ScriptRequest(text, "en"), Workspace(tmp_path / str(count)), config)
        for unit in pipeline.plan("synthesize"):
            pipeline.run("synthesize", unit.name, Silent())
        tracemalloc.start()
        for stage in ("stitch", "score", "mux"):
            for unit in pipeline.plan(stage):
                pipeline.run(stage, unit.name, Silent())
        highest = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return highest

    few, many = peak(10), peak(100)
    assert many < few + 12 * 2**20, "ten times the text; its sound alone has 40 MB"
