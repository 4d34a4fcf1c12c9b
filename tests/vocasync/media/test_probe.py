from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests import factory
from vocasync.errors import PipelineError
from vocasync.media.probe import probe, readable_seconds


def code(path: Path) -> str:
    with pytest.raises(PipelineError) as caught:
        probe(path, "the “file”")
    assert "the “file”" in str(caught.value)
    return caught.value.code


def test_a_video(talk: Path, tmp_path: Path) -> None:
    info = probe(factory.video(tmp_path / "v.mp4", talk, 3, (162, 120), 30), "v.mp4")
    assert info.video is not None
    assert info.audio is not None
    assert (info.container, info.duration) == ("mp4", pytest.approx(3, abs=0.1))
    assert (info.video.codec, info.video.width, info.video.height, info.video.fps) == ("h264", 162, 120, 30)
    assert (info.video.rotation, info.video.variable_rate) == (0, False)
    assert (info.audio.codec, info.audio.rate, info.audio.channels) == ("aac", 16_000, 1)


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_rotation_is_clockwise(degrees: int, talk: Path, tmp_path: Path) -> None:
    info = probe(factory.video(tmp_path / "v.mp4", talk, 1, rotation=degrees), "v.mp4")
    assert info.video is not None
    assert info.video.rotation == degrees


def test_odd_sizes_and_variable_rates(talk: Path, tmp_path: Path) -> None:
    odd = probe(factory.video(tmp_path / "odd.mp4", talk, 1, (161, 121)), "odd.mp4")
    varying = probe(factory.vfr_video(tmp_path / "vfr.mp4", talk, 4), "vfr.mp4")
    assert odd.video is not None
    assert varying.video is not None
    assert (odd.video.width, odd.video.height) == (161, 121)
    assert varying.video.variable_rate


def test_a_cover_is_no_video(talk: Path, tmp_path: Path) -> None:
    info = probe(factory.picture_with_cover(tmp_path / "c.mp3", talk), "c.mp3")
    assert info.video is None
    assert info.audio is not None
    assert info.container == "mp3"


def test_a_name_without_meaning_does_not_matter(talk: Path, tmp_path: Path) -> None:
    path = tmp_path / "talk.txt"
    path.write_bytes(talk.read_bytes())
    assert probe(path, "talk.txt").container == "wav"


def test_a_recording_that_claims_no_duration(talk: Path, tmp_path: Path) -> None:
    path = tmp_path / "live.webm"
    picture = ("-f", "lavfi", "-i", "testsrc=size=64x64:rate=10:duration=4")
    factory.ffmpeg(*picture, "-i", str(talk), "-t", "4", "-c:v", "libvpx", "-live", "1", str(path))
    assert b"\x44\x89" not in path.read_bytes()[:400]  # Matroska's Duration is really not there
    assert probe(path, "live.webm").duration == pytest.approx(4, abs=0.2)


def test_how_far_a_cut_file_can_be_read(talk: Path, tmp_path: Path) -> None:
    whole = factory.video(tmp_path / "v.mkv", talk, 5)
    cut = factory.truncated(whole, tmp_path / "cut.mkv", 0.5)
    assert readable_seconds(whole, "v.mkv") == pytest.approx(5, abs=0.2)
    assert 1 < readable_seconds(cut, "cut.mkv") < 4


def test_nothing(tmp_path: Path) -> None:
    path = tmp_path / "nothing.mp4"
    path.touch()
    assert code(path) == "empty_file"


@pytest.mark.parametrize("name", ["t.mp4", "t.mp3", "t.aac", "t.mkv", "t.wav", "t.ts", "t.mpg", "t"])
def test_text_under_any_name(name: str, tmp_path: Path) -> None:
    assert code(factory.text_as(tmp_path / name)) == "not_media"


@pytest.mark.parametrize("name", ["i.png", "i.jpg", "i.gif", "i.bmp", "i.webp"])
def test_pictures(name: str, tmp_path: Path) -> None:
    path = factory.image(tmp_path / name)
    assert code(path) == "not_media"
    assert code(path.rename(tmp_path / "i.mp4")) == "not_media"


def test_noise(tmp_path: Path) -> None:
    import random

    path = tmp_path / "noise.mp3"
    path.write_bytes(random.Random(1).randbytes(20_000))
    assert code(path) == "not_media"


def test_an_mp4_without_its_index(talk: Path, tmp_path: Path) -> None:
    whole = factory.video(tmp_path / "v.mp4", talk, 3)
    assert code(factory.truncated(whole, tmp_path / "cut.mp4", 0.6)) == "unfinished_media"


@pytest.mark.parametrize("make", [factory.hls_playlist, factory.concat_list, factory.dash_manifest])
@pytest.mark.parametrize("name", ["film.mp4", "film.m3u8", "film.wav"])
def test_playlists(
    make: Callable[[Path, str], Path], name: str, tmp_path: Path, visited: tuple[str, list[str]]
) -> None:
    address, paths = visited
    assert code(make(tmp_path / name, f"{address}/secret.ts")) == "disguised_playlist"
    assert code(make(tmp_path / name, "/etc/passwd")) == "disguised_playlist"
    assert paths == []


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf\r\n #EXTM3U\nhttp://127.0.0.1/a.ts\n",
        "#EXTM3U\nhttp://127.0.0.1/a.ts\n".encode("utf-16"),
        b"http://127.0.0.1/a.mp4\nhttp://127.0.0.1/b.mp4\n",
        b"file '/etc/passwd'\nduration 5\n"[:19] + b"\n",
        b"/etc/passwd\n",
        b"[playlist]\nFile1=/etc/passwd\n",
        b"<?xml version='1.0'?>\n<!-- x --><asx version='3'><entry/></asx>",
        b"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\n",
    ],
)
def test_other_lists_of_files(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    path.write_bytes(content)
    assert code(path) == "disguised_playlist"


def test_real_recordings(shared_media: Path) -> None:
    film = probe(shared_media / "shared-assets" / "friday.mp4", "friday.mp4")
    assert film.video is not None
    assert film.audio is not None
    assert (film.video.width, film.audio.rate, round(film.duration, 1)) == (640, 44_100, 6.2)
    assert probe(shared_media / "LipNet" / "bbaf2n.mpg", "bbaf2n.mpg").video is not None
