from __future__ import annotations

import json
import subprocess
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from scipy.signal import correlate

from tests import factory
from vocasync.artifacts import Workspace, file_sha256
from vocasync.errors import Cancelled
from vocasync.media import ffmpeg
from vocasync.media.subtitles import parse
from vocasync.progress import Silent
from vocasync.provenance.identity import identity
from vocasync.provenance.manifest import is_ours
from vocasync.provenance.seal import State, read
from vocasync.provenance.stamp import TAG, Stamp
from vocasync.stages.ingest import Limits, extract_analysis, inspect, room_needed
from vocasync.stages.mux import DubbedTrack, Muxed, MuxRequest, mux
from vocasync.stages.products import safe_stem
from vocasync.types import Segment, Track

SEGMENTS = (
    Segment(0, 0.5, 1.5, "Hello <friend>.", confidence=0.9, translation="Hola & amigo."),
    Segment(1, 2.0, 2.9, "Bye.", translation="Adiós."),
)


def request(source: Path, folder: Path, **changes: Any) -> MuxRequest:
    """A dub of ``source`` whose voice track speaks and whose emotion track is a tone."""
    info = inspect(source, source.name, Limits())
    analysis = folder / "analysis.wav"
    extract_analysis(source, source.name, info, analysis, Silent())
    rate, length = 48_000, round(info.duration * 48_000)
    spoken = np.resize(factory.speech_samples("Hola, esto es una prueba de sonido.", "es", rate), length)
    voice = factory.write(folder / "voice-track.wav", spoken, rate)
    emotion = factory.tone(folder / "emotion-track.wav", info.duration, 440, rate)
    tracks = (DubbedTrack(Track.VOICE, voice), DubbedTrack(Track.EMOTION, emotion))
    wanted = MuxRequest(
        source, source.name, info, analysis, tracks, SEGMENTS, "en", "es", "mark-1", {"engines": {"tts": "test"}}
    )
    return replace(wanted, **changes)


def made(source: Path, folder: Path, **changes: Any) -> tuple[Muxed, Path]:
    done = mux(request(source, folder, **changes), Workspace(folder / "out"), Silent())
    return done, folder / "out"


def streams(path: Path) -> list[dict[str, Any]]:
    found = ffmpeg.probe(path, path.name, "-show_streams")["streams"]
    return list(found)


def packets(path: Path, stream: str) -> str:
    """The hash of a stream's packets as they are in the file, without its name."""
    command = ["ffmpeg", "-v", "error", "-i", str(path), "-map", stream, "-c", "copy", "-f", "streamhash", "-"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split("=")[-1].strip()


def times(path: Path, stream: str) -> list[float]:
    """When each picture is shown."""
    command = [
        "ffprobe",
        "-v",
        "error",
        "-select_streams",
        stream,
        "-show_entries",
        "packet=pts_time",
        "-of",
        "csv=p=0",
    ]
    told = subprocess.run([*command, str(path)], capture_output=True, text=True, check=True).stdout
    return sorted(float(line.strip(",")) for line in told.split())


def heard(path: Path, stream: int) -> np.ndarray:
    return np.concatenate(list(ffmpeg.decode_blocks(path, 16_000, stream=stream)))


def lag(one: np.ndarray, other: np.ndarray) -> float:
    """How much later ``one`` is than ``other``, in seconds."""
    return (int(np.argmax(correlate(one, other, "full"))) - len(other) + 1) / 16_000


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return factory.speech(factory.ENGLISH, tmp_path_factory.mktemp("talk") / "talk.wav")


@pytest.fixture(scope="module")
def dubbed(talk: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Muxed, Path, Path]:
    """An ordinary video's result: what was answered, its folder, and the source."""
    folder = tmp_path_factory.mktemp("dubbed")
    source = factory.video(folder / "My talk.mp4", talk, 4, rotation=90)
    return *made(source, folder), source


# --- the video -----------------------------------------------------------------------------------------------------
def test_picture_and_sound_of_the_original_are_untouched(dubbed: tuple[Muxed, Path, Path]) -> None:
    done, out, source = dubbed
    assert done.notes == ()
    assert packets(out / "dubbed.mp4", "0:v") == packets(source, "0:v")
    assert packets(out / "dubbed.mp4", "0:a:2") == packets(source, "0:a")
    assert times(out / "dubbed.mp4", "v") == times(source, "v")


def test_rotation_is_kept(dubbed: tuple[Muxed, Path, Path]) -> None:
    _, out, source = dubbed
    before, after = inspect(source, "a", Limits()).video, inspect(out / "dubbed.mp4", "b", Limits()).video
    assert before is not None
    assert after is not None
    assert after.rotation == before.rotation == 90


def test_every_stream_says_what_it_is(dubbed: tuple[Muxed, Path, Path]) -> None:
    _, out, _ = dubbed
    said = [
        (one["codec_type"], one["codec_name"], one["tags"].get("language"), one["tags"]["handler_name"])
        for one in streams(out / "dubbed.mp4")[1:]
    ]
    assert said == [
        ("audio", "aac", "spa", "Español (speaker's voice)"),
        ("audio", "aac", "spa", "Español (with emotion)"),
        ("audio", "aac", "eng", "English (original)"),
        ("subtitle", "mov_text", "spa", "Español"),
        ("subtitle", "mov_text", "eng", "English"),
    ]
    sounds = [one for one in streams(out / "dubbed.mp4") if one["codec_type"] == "audio"]
    assert [one["disposition"]["default"] for one in sounds] == [1, 0, 0]


def test_it_plays_before_it_is_all_there(dubbed: tuple[Muxed, Path, Path]) -> None:
    content = (dubbed[1] / "dubbed.mp4").read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")


def test_tracks_are_in_the_video_as_they_were_stitched(dubbed: tuple[Muxed, Path, Path]) -> None:
    _, out, source = dubbed
    voice = heard(out / "voice.wav", 0)
    for file, stream in (("dubbed.mp4", 1), ("voice.mp3", 0)):
        assert lag(heard(out / file, stream), voice) == pytest.approx(0, abs=0.002), file
    own = heard(source, 1)
    for file, stream in (("dubbed.mp4", 3), ("original.mp3", 0)):
        assert lag(heard(out / file, stream), own) == pytest.approx(0, abs=0.002), file


def test_soft_subtitles_can_be_read_back(dubbed: tuple[Muxed, Path, Path], tmp_path: Path) -> None:
    for stream, words in ((0, ["Hola & amigo.", "Adiós."]), (1, ["Hello <friend>.", "Bye."])):
        out = tmp_path / "s.vtt"
        factory.ffmpeg("-i", str(dubbed[1] / "dubbed.mp4"), "-map", f"0:s:{stream}", str(out))
        cues = parse(out, "s.vtt").cues
        assert [one.start for one in cues] == [0.5, 2.0]
        assert len(cues) == len(words)
        assert cues[1].text == words[1]


@pytest.mark.parametrize("name", ["late.mp4", "late.mkv", "late.ts", "late.mov"])
def test_picture_and_sound_stay_together(name: str, talk: Path, tmp_path: Path) -> None:
    source = factory.video(tmp_path / name, talk, 4, audio_offset=0.5)
    _, out = made(source, tmp_path)
    begin = min(times(source, "v")[0], times(source, "a")[0])
    shown = times(out / "dubbed.mp4", "v")
    assert shown == pytest.approx([at - begin for at in times(source, "v")], abs=0.002)
    assert lag(heard(out / "dubbed.mp4", 3), heard(source, 1)) == pytest.approx(0, abs=0.005)
    assert lag(heard(out / "dubbed.mp4", 1), heard(out / "voice.wav", 0)) == pytest.approx(0, abs=0.002)


def test_a_variable_frame_rate_stays_one(talk: Path, tmp_path: Path) -> None:
    source = factory.vfr_video(tmp_path / "v.mp4", talk, 4)
    _, out = made(source, tmp_path)
    assert times(out / "dubbed.mp4", "v") == times(source, "v")
    assert packets(out / "dubbed.mp4", "0:v") == packets(source, "0:v")


def test_odd_sizes_are_copied(talk: Path, tmp_path: Path) -> None:
    source = factory.video(tmp_path / "v.mp4", talk, 2, (161, 121))
    _, out = made(source, tmp_path)
    assert packets(out / "dubbed.mp4", "0:v") == packets(source, "0:v")


@pytest.mark.parametrize(
    ("name", "codec", "size"),
    [("v.webm", ("-c:v", "libvpx", "-b:v", "200k"), (162, 121)), ("v.avi", ("-c:v", "mpeg4"), (160, 120))],
)
def test_what_mp4_players_cannot_show_is_encoded_again(
    name: str, codec: tuple[str, ...], size: tuple[int, int], talk: Path, tmp_path: Path
) -> None:
    sound = ("-c:a", "libopus") if name == "v.webm" else ("-c:a", "libmp3lame")
    source = factory.video(tmp_path / name, talk, 3, (160, size[1]), video_args=codec, audio_args=sound)
    done, out = made(source, tmp_path)
    picture = streams(out / "dubbed.mp4")[0]
    assert (picture["codec_name"], picture["pix_fmt"], picture["height"] % 2) == ("h264", "yuv420p", 0)
    assert "encoded again" in done.notes[0]
    assert len(times(out / "dubbed.mp4", "v")) == pytest.approx(75, abs=2)
    assert packets(out / "dubbed.mp4", "0:a:2") == packets(source, "0:a")
    again = mux(request(source, tmp_path), Workspace(out), Silent())
    assert again.notes == done.notes  # kept with the file, when it need not be made again


def test_sound_that_mp4_cannot_hold_is_encoded_again(talk: Path, tmp_path: Path) -> None:
    source = factory.video(tmp_path / "v.mov", talk, 2, audio_args=("-c:a", "pcm_s16le"))
    _, out = made(source, tmp_path)
    assert streams(out / "dubbed.mp4")[3]["codec_name"] == "aac"
    assert packets(out / "dubbed.mp4", "0:v") == packets(source, "0:v")


def test_sound_alone_gives_an_m4a(talk: Path, tmp_path: Path) -> None:
    source = factory.picture_with_cover(tmp_path / "song.mp3", talk)
    done, out = made(source, tmp_path)
    assert (done.artifacts[0].path, done.artifacts[0].mime) == ("dubbed.m4a", "audio/mp4")
    said = [(one["codec_name"], one["tags"]["language"]) for one in streams(out / "dubbed.m4a")]
    assert said == [("aac", "spa"), ("aac", "spa"), ("aac", "eng")]


# --- the other files -----------------------------------------------------------------------------------------------
def test_all_files_are_there(dubbed: tuple[Muxed, Path, Path]) -> None:
    done, out, _ = dubbed
    assert [(one.path, one.name) for one in done.artifacts] == [
        ("dubbed.mp4", "My talk.es.mp4"),
        ("subtitles.source.srt", "My talk.original.en.srt"),
        ("subtitles.source.vtt", "My talk.original.en.vtt"),
        ("subtitles.target.srt", "My talk.es.srt"),
        ("subtitles.target.vtt", "My talk.es.vtt"),
        ("voice.wav", "My talk.es.voice.wav"),
        ("voice.mp3", "My talk.es.voice.mp3"),
        ("emotion.wav", "My talk.es.emotion.wav"),
        ("emotion.mp3", "My talk.es.emotion.mp3"),
        ("original.mp3", "My talk.original.mp3"),
        ("original.peaks.json", "My talk.original.peaks.json"),
        ("voice.peaks.json", "My talk.voice.peaks.json"),
        ("emotion.peaks.json", "My talk.emotion.peaks.json"),
        ("transcript.json", "My talk.transcript.json"),
        ("manifest.json", "My talk.manifest.json"),
        ("everything.zip", "My talk.es.zip"),
    ]
    for one in done.artifacts:
        assert one.size == (out / one.path).stat().st_size > 0
    left = {path.name for path in out.iterdir() if not path.name.endswith(".mark")}
    assert left == {one.path for one in done.artifacts} | {"notes.json"}


def test_what_the_text_files_say(dubbed: tuple[Muxed, Path, Path]) -> None:
    _, out, _ = dubbed
    assert [one.text for one in parse(out / "subtitles.target.srt", "s").cues] == ["Hola & amigo.", "Adiós."]
    assert "Hello &lt;friend&gt;." in (out / "subtitles.source.vtt").read_text()
    told = json.loads((out / "transcript.json").read_text())
    assert (told["source_language"], told["target_language"]) == ("en", "es")
    assert told["segments"][0]["translation"] == "Hola & amigo."
    assert json.loads((out / "manifest.json").read_text())["engines"] == {"tts": "test"}
    outline = json.loads((out / "voice.peaks.json").read_text())["data"]
    assert len(outline) == 3600
    assert max(outline) > 0.1
    assert min(outline) < -0.1


def test_one_archive_holds_everything(dubbed: tuple[Muxed, Path, Path]) -> None:
    done, out, _ = dubbed
    with zipfile.ZipFile(out / "everything.zip") as archive:
        assert archive.testzip() is None
        expected = {one.name: one for one in done.artifacts if one.kind not in ("peaks", "archive")}
        assert set(archive.namelist()) == set(expected)
        for entry in archive.infolist():
            one = expected[entry.filename]
            stored = one.kind in ("video", "audio")
            assert entry.compress_type == (zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED)
            assert archive.read(entry) == (out / one.path).read_bytes()


def test_the_wav_is_the_stitched_track(dubbed: tuple[Muxed, Path, Path]) -> None:
    out = dubbed[1]
    assert (out / "voice.wav").read_bytes() == (out.parent / "voice-track.wav").read_bytes()
    assert soundfile.info(out / "voice.wav").samplerate == 48_000


# --- again, half-way, and under odd names --------------------------------------------------------------------------
def test_what_is_there_is_not_made_again(talk: Path, tmp_path: Path) -> None:
    source = factory.video(tmp_path / "v.mp4", talk, 2)
    wanted = request(source, tmp_path)
    out = Workspace(tmp_path / "out")
    first = mux(wanted, out, Silent())
    stamps = {one.path: (out.root / one.path).stat().st_mtime_ns for one in first.artifacts}
    archive = (out.root / "everything.zip").read_bytes()
    (out.root / "voice.mp3").unlink()
    assert mux(wanted, out, Silent()) == first
    changed = [path for path, stamp in stamps.items() if (out.root / path).stat().st_mtime_ns != stamp]
    assert changed == ["voice.mp3"]
    mux(replace(wanted, mark="mark-2"), out, Silent())
    assert (out.root / "everything.zip").read_bytes() == archive  # the same inputs give the same files


def test_nothing_half_done_is_left(talk: Path, tmp_path: Path) -> None:
    class Gone(Silent):
        """Wants it no more after some time."""

        left = [25]

        def check(self) -> None:
            self.left[0] -= 1
            if self.left[0] < 0:
                raise Cancelled

    wanted = request(factory.video(tmp_path / "v.mp4", talk, 3), tmp_path)
    out = Workspace(tmp_path / "out")
    with pytest.raises(Cancelled):
        mux(wanted, out, Gone())
    assert not [path.name for path in out.root.iterdir() if path.name.startswith(".")]
    assert not (out.root / "everything.zip").exists()
    assert mux(wanted, out, Silent()).artifacts[-1].size > 0


def test_the_room_that_is_asked_for_is_enough(talk: Path, tmp_path: Path) -> None:
    source = factory.video(tmp_path / "v.mp4", talk, 6)
    done, _ = made(source, tmp_path)
    written = sum(one.size for one in done.artifacts) + (tmp_path / "analysis.wav").stat().st_size
    takes = 2 * 6 * 2 * 48_000
    spare = 64 * 2**20
    assert written + takes < room_needed(inspect(source, "v.mp4", Limits()), 2) - spare < 2 * (written + takes)


def test_a_new_voice_in_the_same_language(talk: Path, tmp_path: Path) -> None:
    done, _ = made(factory.video(tmp_path / "v.mp4", talk, 2), tmp_path, target_language="en")
    assert len({one.name for one in done.artifacts}) == len(done.artifacts)


def test_nobody_says_anything(talk: Path, tmp_path: Path) -> None:
    done, out = made(factory.video(tmp_path / "v.mp4", talk, 2), tmp_path, segments=())
    assert [one["codec_type"] for one in streams(out / "dubbed.mp4")] == ["video", "audio", "audio", "audio"]
    assert not {"subtitles", "transcript"} & {artifact.kind for artifact in done.artifacts}


@pytest.mark.parametrize("name", ['it\'s "new"\nline.mp4', "-y.mp4", "..\\..\\etc%00d.mp4"])
def test_files_of_odd_names(name: str, talk: Path, tmp_path: Path) -> None:
    source = factory.video(tmp_path / "v.mp4", talk, 2).rename(tmp_path / name)
    done, out = made(source, tmp_path)
    assert {path.parent for path in out.rglob("*")} == {out}
    for one in done.artifacts:
        assert not set(one.name) & set("/\\\n\"'")
        assert not one.name.startswith(("-", "."))


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("talk.mp4", "talk"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\film.final.mov", "film.final"),
        ('it\'s "mine".mp4', "it_s _mine"),
        ("new\nline\x00.mp4", "newline"),
        ("-rf.mp4", "rf"),
        ("...", "dub"),
        ("", "dub"),
        ("日本語 हिन्दी.mp4", "日本語 हिन्दी"),
        ("x" * 300 + ".mp4", "x" * 80),
    ],
)
def test_stems_are_fit_for_file_names(name: str, stem: str) -> None:
    assert safe_stem(name) == stem


def test_a_real_film(shared_media: Path, tmp_path: Path) -> None:
    source = shared_media / "shared-assets" / "friday.mp4"
    _, out = made(source, tmp_path)
    assert packets(out / "dubbed.mp4", "0:v") == packets(source, "0:v")
    assert packets(out / "dubbed.mp4", "0:a:2") == packets(source, "0:a")


# --- where it comes from -------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def stamp(tmp_path_factory: pytest.TempPathFactory) -> Stamp:
    made_from = {"id": "7", "voices": [{"name": "Ana “la voz”"}]}
    return Stamp(made_from, identity(tmp_path_factory.mktemp("site") / "keys", "dub.example.org"))


@pytest.fixture(scope="module")
def stamped(talk: Path, stamp: Stamp, tmp_path_factory: pytest.TempPathFactory) -> tuple[Muxed, Path, Path]:
    folder = tmp_path_factory.mktemp("stamped")
    source = factory.video(folder / "My talk.mp4", talk, 4)
    return *made(source, folder, stamp=stamp), source


VOICED = {"dubbed.mp4": "video/mp4", "voice.wav": "audio/wav", "voice.mp3": "audio/mpeg", "emotion.wav": "audio/wav"}


def tag(path: Path) -> str:
    tags: dict[str, str] = ffmpeg.probe(path, path.name, "-show_format")["format"].get("tags", {})
    return tags.get("comment", "")


@pytest.mark.parametrize("name", sorted(VOICED))
def test_every_dubbed_file_says_where_it_comes_from(name: str, stamped: tuple[Muxed, Path, Path], stamp: Stamp) -> None:
    _, out, _ = stamped
    told = tag(out / name)
    assert told.startswith(TAG)
    content = json.loads(told.removeprefix(TAG))
    assert is_ours(content, stamp.identity)
    assert content["voices"] == stamp.manifest["voices"]
    found = read(out / name, VOICED[name], stamp.identity)
    assert found is not None
    assert (found.state, found.manifest) == (State.OURS, stamp.manifest)


def test_the_original_is_not_called_ours(stamped: tuple[Muxed, Path, Path], stamp: Stamp) -> None:
    _, out, _ = stamped
    assert tag(out / "original.mp3") == ""
    assert read(out / "original.mp3", "audio/mpeg", stamp.identity) is None


def test_picture_and_sound_are_the_same_with_a_stamp(stamped: tuple[Muxed, Path, Path]) -> None:
    _, out, source = stamped
    assert packets(out / "dubbed.mp4", "0:v") == packets(source, "0:v")
    assert packets(out / "dubbed.mp4", "0:a:2") == packets(source, "0:a")
    assert packets(out / "voice.wav", "0:a") == packets(out.parent / "voice-track.wav", "0:a")


def test_the_tag_survives_a_stream_copy(stamped: tuple[Muxed, Path, Path], stamp: Stamp, tmp_path: Path) -> None:
    _, out, _ = stamped
    copy = tmp_path / "copy.mp4"
    command = ["ffmpeg", "-v", "error", "-i", str(out / "dubbed.mp4"), "-map", "0:v", "-map", "0:a", "-c", "copy"]
    subprocess.run([*command, str(copy)], check=True)
    assert is_ours(json.loads(tag(copy).removeprefix(TAG)), stamp.identity)
    assert read(copy, "video/mp4", stamp.identity) is None


def test_the_signed_manifest_names_the_hash_of_every_file(stamped: tuple[Muxed, Path, Path], stamp: Stamp) -> None:
    done, out, _ = stamped
    content = json.loads((out / "manifest.json").read_text())
    assert is_ours(content, stamp.identity)
    assert content["provenance"] == stamp.manifest
    assert content["engines"] == {"tts": "test"}
    assert set(VOICED) < set(content["files"])
    for path, sha256 in content["files"].items():
        assert sha256 == file_sha256(out / path)
    assert {one.path: one.sha256 for one in done.artifacts}.items() >= content["files"].items()
