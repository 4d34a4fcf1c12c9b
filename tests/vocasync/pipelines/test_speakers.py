"""A conversation of three, each dubbed with their own voice: told apart, mended by hand, given other voices."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from tests import factory
from tests.vocasync.pipelines.conftest import RATE, clock, quietly
from vocasync.artifacts import Workspace
from vocasync.engines import registry
from vocasync.engines.base import EngineConfig, SpeakerEncoder
from vocasync.media.audio import read, read_slice
from vocasync.pipelines import kept
from vocasync.pipelines.base import DubRequest, Outcome, SegmentEdit
from vocasync.pipelines.context import DubContext
from vocasync.pipelines.dub import DubPipeline
from vocasync.pipelines.kept import take_name
from vocasync.pipelines.local import Work, run
from vocasync.types import SpeakerVoice, VoiceKind, VoiceReference

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

VOICES = ("en-us+m3", "en-us+f5", "en-us+klatt2")
SAID = (
    (0, "Good morning to all of you, and welcome to this long table."),
    (1, "Thank you very much, we are very happy to be here today."),
    (2, "The weather was cold this morning, but the sun is shining now."),
    (0, "My brother bought a new car and drove it across the country."),
    (1, "I never thought that we would meet again after all these years."),
    (2, "Nobody knows where the money went or who took it from the bank."),
    (0, "Please open the window and tell me what you can see outside."),
    (1, "The children are playing in the garden behind the old house."),
    (2, "There is a small river on the other side of the mountain."),
)
WHO = [speaker for speaker, _ in SAID]
CONFIG = EngineConfig(network=False)

Asked = Callable[..., DubRequest]


@pytest.fixture(scope="session")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Asked:
    """What is asked of a dub of the conversation; its words are given, not who says them."""
    folder = tmp_path_factory.mktemp("conversation")
    parts, cues, at = [np.zeros(RATE // 2, np.float32)], [], 0.5
    for number, (speaker, text) in enumerate(SAID, 1):
        said = factory.speech_samples(text, VOICES[speaker], wpm=150)
        cues.append(f"{number}\n{clock(at)} --> {clock(at + len(said) / RATE)}\n{text}\n")
        parts += [said, np.zeros(RATE * 7 // 10, np.float32)]
        at += len(said) / RATE + 0.7
    sound = np.concatenate(parts)
    sound += np.random.default_rng(0).normal(0, 3e-4, len(sound)).astype(np.float32)
    factory.write(folder / "talk.wav", sound)
    (folder / "talk.srt").write_text("\n".join(cues), encoding="utf-8")

    def request(**changes: Any) -> DubRequest:
        given = DubRequest(
            source=folder / "talk.wav",
            source_name="talk.wav",
            source_language="en",
            target_language="es",
            subtitles=folder / "talk.srt",
            subtitles_name="talk.srt",
            speaker_count=3,
            reviewed=True,
        )
        return replace(given, **changes)

    return request


def dubbed(request: DubRequest, root: Path) -> DubPipeline:
    done = run(Work(DubPipeline, request, Workspace(root), CONFIG), quietly)
    assert done is not None, "the dub stopped for review"
    return done


@pytest.fixture(scope="session")
def first(asked: Asked, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The workspace of the conversation, dubbed as it is."""
    root = tmp_path_factory.mktemp("first") / "work"
    dubbed(asked(), root)
    return root


@pytest.fixture
def root(first: Path, tmp_path: Path) -> Path:
    """The same workspace, to go on with."""
    shutil.copytree(first, tmp_path / "work", copy_function=shutil.copy2)
    return tmp_path / "work"


def result(root: Path) -> Outcome:
    return Workspace(root).read(kept.RESULT, Outcome)


def moved(**to: int) -> dict[int, SegmentEdit]:
    """Segments given to other speakers: ``moved(s3=1)``."""
    return {int(name[1:]): SegmentEdit(speaker=speaker) for name, speaker in to.items()}


def stale(request: DubRequest, root: Path) -> set[int]:
    """The segments that would be spoken again; nothing before them is to be made again."""
    ctx = DubContext(request, Workspace(root), CONFIG)
    assert ctx.ws.has(kept.DIARIZED, ctx.diarized_mark)
    assert ctx.ws.has(kept.TRANSLATION, ctx.translation_mark)
    return {
        segment.index
        for segment, slot in ctx.spoken
        for track in ctx.tracks
        if not ctx.ws.has(take_name(track, segment) + ".json", ctx.take_mark(track, segment, slot))
    }


def of(*speakers: int) -> set[int]:
    """The segments of speakers."""
    return {index for index, speaker in enumerate(WHO) if speaker in speakers}


@pytest.fixture(scope="session")
def encoder() -> SpeakerEncoder:
    loaded = registry.load("speaker", "resemblyzer", CONFIG)
    assert isinstance(loaded, SpeakerEncoder)
    return loaded


# --- as it is ---------------------------------------------------------------------------------------------------------
def test_everybody_is_told_apart_and_has_a_voice_of_their_own(first: Path) -> None:
    made = result(first)
    assert [segment.speaker for segment in made.transcript.segments] == WHO
    assert [info.number for info in made.speakers] == [0, 1, 2]
    assert all(len(info.embedding) == 256 for info in made.speakers)
    assert made.engines["speakers"] == "resemblyzer"
    assert {path.name for path in first.glob("voice/*.npz")} == {f"speaker-{number}.npz" for number in range(3)}
    assert made.notes == ()


def test_each_dubbed_speaker_is_nearest_to_themself(first: Path, asked: Asked, encoder: SpeakerEncoder) -> None:
    made = result(first)
    segments = made.transcript.segments
    real = [
        np.mean(
            [encoder.embed(read_slice(asked().source, one.start, one.end)) for one in segments if one.speaker == who], 0
        )
        for who in range(3)
    ]
    for who in range(3):
        takes = [take for take in made.takes if segments[take.index].speaker == who]
        voice = np.mean([encoder.embed(read(first / take.path)) for take in takes], axis=0)
        assert int(np.argmax([voice @ other for other in real])) == who


def test_scores_are_there_for_each_and_for_all(first: Path) -> None:
    scores = result(first).scores
    assert set(scores["speakers"]) == {"0", "1", "2"}
    means = [own["tracks"]["voice"]["speaker"] for own in scores["speakers"].values()]
    assert min(means) <= scores["tracks"]["voice"]["speaker"] <= max(means)
    for own in scores["speakers"].values():
        assert set(own["baselines"]) == {"self", "untreated"}
        assert own["tracks"]["voice"]["speaker"] > own["baselines"]["untreated"]


def test_nothing_is_known_before_its_step(asked: Asked, tmp_path: Path) -> None:
    pipeline = DubPipeline(asked(), Workspace(tmp_path), CONFIG)
    assert (pipeline.speakers(), pipeline.transcript()) == (None, None)
    for stage in ("ingest", "transcribe"):
        while units := pipeline.plan(stage):
            for unit in units:
                pipeline.run(stage, unit.name, _Nobody())
        pipeline.finish(stage)
    assert (pipeline.speakers(), pipeline.transcript()) == (None, None), "segments may still be split"


class _Nobody:
    def report(self, fraction: float, note: str = "") -> None:
        return None

    def check(self) -> None:
        return None


# --- what a change makes stale ----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "voice",
    [
        SpeakerVoice(VoiceKind.STOCK, stock="f5"),
        SpeakerVoice(VoiceKind.PROFILE, VoiceReference(Path("v.wav")), "mark"),
        SpeakerVoice(options=(("rate", 0.9),)),
    ],
)
def test_another_voice_for_a_speaker_is_spoken_by_them_alone(asked: Asked, root: Path, voice: SpeakerVoice) -> None:
    assert stale(asked(), root) == set()
    assert stale(asked(voices={1: voice}), root) == of(1)
    assert stale(asked(voices={1: SpeakerVoice(), 7: voice}), root) == set()


def test_a_segment_that_is_moved_is_spoken_alone(asked: Asked, root: Path) -> None:
    assert stale(asked(edits=moved(s3=1)), root) == {3}
    assert stale(asked(edits={3: SegmentEdit(speaker=0)}), root) == set()
    assert stale(asked(edits=moved(s3=7)), root) == {3}


def test_two_who_are_one_speak_with_one_voice(asked: Asked, root: Path) -> None:
    assert stale(asked(edits=moved(s1=0, s4=0, s7=0)), root) == of(0, 1)


def test_words_that_are_corrected_stay_with_whoever_says_them(asked: Asked, root: Path) -> None:
    edits = {4: SegmentEdit(translation="Nunca."), **moved(s3=1)}
    ctx = DubContext(asked(edits=edits), Workspace(root), CONFIG)
    assert ctx.ws.has(kept.DIARIZED, ctx.diarized_mark)
    assert not ctx.ws.has(kept.TRANSLATION, ctx.translation_mark)
    assert [segment.speaker for segment in ctx.heard.transcript.segments] == [0, 1, 2, 1, *WHO[4:]]


def test_another_number_of_speakers_is_looked_for_anew(asked: Asked, root: Path) -> None:
    ctx = DubContext(asked(speaker_count=2), Workspace(root), CONFIG)
    assert ctx.ws.has(kept.TRANSCRIPT, ctx.transcript_mark)
    assert not ctx.ws.has(kept.DIARIZED, ctx.diarized_mark)
    made = dubbed(asked(speaker_count=2), root).result()
    assert [info.number for info in made.speakers] == [0, 1]


def test_one_speaker_is_not_looked_for(asked: Asked, tmp_path: Path) -> None:
    made = dubbed(asked(speaker_count=1), tmp_path / "work").result()
    assert {segment.speaker for segment in made.transcript.segments} == {0}
    assert [info.number for info in made.speakers] == [0]
    assert "speakers" not in made.engines
    assert set(made.scores["speakers"]) == {"0"}
    assert made.scores["speakers"]["0"]["tracks"] == made.scores["tracks"]


# --- hand edits and other voices, all the way -------------------------------------------------------------------------
def times(root: Path) -> dict[str, int]:
    return {path.stem: path.stat().st_mtime_ns for path in sorted(root.glob("takes/voice/*.wav"))}


def test_hand_edits_and_chosen_voices(asked: Asked, root: Path, tmp_path: Path, encoder: SpeakerEncoder) -> None:
    """Somebody new for segment 6, 1 and 2 made one person, whom a stock voice dubs; a voice of the library for 0."""
    library = factory.speech(" ".join(text for _, text in SAID[:4]), tmp_path / "library.wav", "en-us+f2")
    before = times(root)
    edits = moved(s6=5, s2=1, s5=1, s8=1)
    voices = {
        0: SpeakerVoice(VoiceKind.PROFILE, VoiceReference(library), "fingerprint of the library's voice"),
        1: SpeakerVoice(VoiceKind.STOCK, stock="klatt4"),
    }
    pipeline = dubbed(asked(edits=edits, voices=voices), root)
    infos, made = pipeline.speakers(), pipeline.result()
    assert infos is not None
    assert [info.number for info in infos] == [0, 1, 5]
    assert made.speakers == infos
    assert [segment.speaker for segment in made.transcript.segments] == [0, 1, 1, 0, 1, 1, 5, 1, 1]
    assert {name for name, at in times(root).items() if at != before[name]} == set(before)
    takes = {take.index: take for take in made.takes}
    assert all("speaker" in takes[index].similarity for index in (0, 3, 6))
    assert not any("speaker" in takes[index].similarity for index in (1, 2, 4, 5, 7, 8))
    assert made.scores["speakers"]["1"]["tracks"] == {"voice": {}}
    own, theirs = encoder.embed(read(library)), encoder.embed(read_slice(asked().source, 0.5, 4.0))
    spoken = encoder.embed(read(root / takes[0].path))
    assert spoken @ own > spoken @ theirs, "the voice of the library, not the one in the video"


def test_a_moved_segment_alone_is_spoken_again(asked: Asked, root: Path) -> None:
    before, voice = times(root), {path: path.stat().st_mtime_ns for path in root.glob("voice/*")}
    made = dubbed(asked(edits=moved(s3=1)), root).result()
    assert {name for name, at in times(root).items() if at != before[name]} == {"00003"}
    assert {path: path.stat().st_mtime_ns for path in voice} == voice
    assert made.transcript.segments[3].speaker == 1
    assert made.speakers[1].seconds > result(root.parent / "work").speakers[0].seconds


def test_an_emotion_moves_every_voice(asked: Asked, root: Path, tmp_path: Path) -> None:
    tone = factory.speech("What a day! I have never been so happy in my life!", tmp_path / "tone.wav", "en+f4")
    voices = {2: SpeakerVoice(VoiceKind.STOCK, stock="m6")}
    made = dubbed(asked(emotion=tone, emotion_name="tone.wav", voices=voices), root).result()
    assert len(made.takes) == 2 * len(SAID)
    assert set(made.scores["speakers"]["2"]["tracks"]) == {"voice", "emotion"}
    for index in range(3):
        plain, moved_ = (soundfile.read(root / f"takes/{track}/0000{index}.wav")[0] for track in ("voice", "emotion"))
        assert len(plain) != len(moved_) or not np.array_equal(plain, moved_)


def test_somebody_who_hardly_speaks_gets_a_stock_voice(asked: Asked, tmp_path: Path) -> None:
    """A voice of half a second cannot be matched; it must not become the main speaker's."""
    talk = factory.speech_samples(" ".join(text for speaker, text in SAID if not speaker), "en-us+m3")
    word = factory.speech_samples("No!", "en-us+f5")
    sound = np.concatenate([talk, np.zeros(RATE, np.float32), word, np.zeros(RATE, np.float32)])
    factory.write(tmp_path / "talk.wav", sound)
    ends = [len(talk) / RATE, len(talk) / RATE + 1, (len(talk) + len(word)) / RATE + 1]
    cues = f"{vtt(0)} --> {vtt(ends[0])}\n<v Anna>{SAID[0][1]}\n\n{vtt(ends[1])} --> {vtt(ends[2])}\n<v Ben>No!\n"
    (tmp_path / "talk.vtt").write_text(f"WEBVTT\n\n{cues}", encoding="utf-8")
    given = {"source": tmp_path / "talk.wav", "subtitles": tmp_path / "talk.vtt", "subtitles_name": "talk.vtt"}
    made = dubbed(asked(**given, speaker_count=None), tmp_path / "work").result()
    assert [info.name for info in made.speakers] == ["Anna", "Ben"]
    assert "speakers" not in made.engines, "nobody had to be told apart"
    assert any("too little clear speech of Ben" in note for note in made.notes)
    assert "speaker" in made.takes[0].similarity
    assert "speaker" not in made.takes[1].similarity
    stock = Workspace(tmp_path / "work").load("voice/speaker-1.json")["stock"]
    assert stock in {voice.name for voice in registry.stock_voices("espeak", CONFIG) if voice.sex == "female"}


def vtt(seconds: float) -> str:
    return clock(seconds).replace(",", ".")


# --- real recordings --------------------------------------------------------------------------------------------------
def test_three_real_people(
    shared_media: Path, tmp_path: Path, encoder: SpeakerEncoder, capsys: pytest.CaptureFixture[str]
) -> None:
    source = shared_media / "falcon" / "test.wav"
    request = DubRequest(source, "test.wav", target_language="es", source_language="en", reviewed=True)
    made = dubbed(request, tmp_path / "work").result()
    segments = made.transcript.segments
    turns = [line.split() for line in (shared_media / "derived/falcon_test.rttm").read_text().splitlines()]
    spans = [(float(turn[3]), float(turn[3]) + float(turn[4])) for turn in turns]
    assert len(made.speakers) == 3
    for segment in segments:
        middle = (segment.start + segment.end) / 2
        assert spans[segment.speaker][0] < middle < spans[segment.speaker][1]
    real = [encoder.embed(read_slice(source, *span)) for span in spans]
    takes: list[list[Path]] = [[], [], []]
    for take in made.takes:
        takes[segments[take.index].speaker].append(tmp_path / "work" / take.path)
    dubs = [np.mean([encoder.embed(read(path)) for path in paths], axis=0) for paths in takes]
    likeness = np.array([[float(dub @ person / np.linalg.norm(dub)) for person in real] for dub in dubs])
    with capsys.disabled():
        print(f"\neach dubbed speaker (a row) against each real one:\n{likeness.round(3)}")
    assert list(likeness.argmax(axis=1)) == [0, 1, 2]
