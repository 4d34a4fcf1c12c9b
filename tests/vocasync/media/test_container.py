from __future__ import annotations

from pathlib import Path

import pytest

from tests import factory
from vocasync.errors import PipelineError
from vocasync.media import container, ffmpeg
from vocasync.media.container import LONG_SECONDS, SoftSubtitles, Sound, Source, write_container
from vocasync.media.probe import probe
from vocasync.progress import Silent


def source(path: Path) -> Source:
    return Source(path, path.name, probe(path, path.name), "eng", "English (original)")


def codecs(path: Path) -> list[str]:
    return [one["codec_name"] for one in ffmpeg.probe(path, path.name, "-show_streams")["streams"]]


def test_a_stream_that_cannot_be_copied_after_all_is_encoded(
    talk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # MP4 has no place for Theora and Vorbis as ffmpeg writes it; here their names are trusted at first
    theora = ("-c:v", "libtheora")
    ogg = factory.video(tmp_path / "v.ogv", talk, 2, video_args=theora, audio_args=("-c:a", "libvorbis"))
    monkeypatch.setattr(container, "PICTURE_COPIED", frozenset({"theora"}))
    monkeypatch.setattr(container, "SOUND_COPIED", frozenset({"speex", "vorbis"}))
    out = tmp_path / "out.mp4"
    notes = write_container(out, source(ogg), [Sound(talk, "spa", "Español")], [], Silent())
    assert codecs(out) == ["h264", "aac", "aac"]
    assert "encoded again" in notes[0]


def test_what_fails_in_every_way_says_so(talk: Path, tmp_path: Path) -> None:
    gone = Source(tmp_path / "gone.wav", "gone.wav", probe(talk, "talk.wav"), "eng", "")
    with pytest.raises(PipelineError) as caught:
        write_container(tmp_path / "out.m4a", gone, [Sound(talk, "spa", "Español")], [], Silent())
    assert caught.value.code == "tool_failed"
    assert "gone.wav" in str(caught.value)


def test_hevc_is_tagged_for_every_player(talk: Path, tmp_path: Path) -> None:
    try:
        coded = ("-c:v", "libx265", "-x265-params", "log-level=none", "-preset", "ultrafast")
        film = factory.video(tmp_path / "v.mkv", talk, 2, video_args=coded)
    except AssertionError:
        pytest.skip("this ffmpeg has no HEVC encoder")
    out = tmp_path / "out.mp4"
    assert write_container(out, source(film), [Sound(talk, "spa", "Español")], [], Silent()) == ()
    picture = ffmpeg.probe(out, "out.mp4", "-show_streams")["streams"][0]
    assert (picture["codec_name"], picture["codec_tag_string"]) == ("hevc", "hvc1")


@pytest.mark.slow
@pytest.mark.parametrize(("gap", "pieces"), [(600.0, True), (3000.0, False)])
def test_a_long_film_is_written_in_fragments_unless_it_is_mostly_silent(
    tmp_path: Path, gap: float, pieces: bool
) -> None:
    seconds = int(LONG_SECONDS) + 60
    quiet = factory.silence(tmp_path / "quiet.wav", seconds, 8_000)
    film = factory.video(tmp_path / "film.mp4", quiet, seconds, size=(32, 32), fps=1)
    words = tmp_path / "words.srt"
    cues = [f"{n + 1}\n{clock(at)} --> {clock(at + 2)}\nHola.\n" for n, at in enumerate(range(1, seconds, int(gap)))]
    words.write_text("\n".join(cues))
    out = tmp_path / "out.mp4"
    write_container(
        out, source(film), [Sound(quiet, "spa", "Español")], [SoftSubtitles(words, "spa", "Español", gap)], Silent()
    )
    assert (b"moof" in out.read_bytes()) is pieces
    shown = probe(out, out.name)
    assert shown.duration == pytest.approx(seconds, abs=2)
    kinds = [one["codec_type"] for one in ffmpeg.probe(out, out.name, "-show_streams")["streams"]]
    assert kinds == ["video", "audio", "audio", "subtitle"]


def clock(seconds: int) -> str:
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d},000"
