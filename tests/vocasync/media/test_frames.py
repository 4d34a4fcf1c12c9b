from __future__ import annotations

import json
import subprocess
import tracemalloc
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import psutil
import pytest
import soundfile

from tests import factory
from vocasync.errors import Cancelled, PipelineError
from vocasync.media.container import SoftSubtitles
from vocasync.media.frames import Film, encode, film, rate_of, read
from vocasync.media.marks import marked
from vocasync.types import Picture

FPS = 25.0
RATE = 48_000


class Cancelling:
    """Cancels at the given check."""

    def __init__(self, at: int) -> None:
        self._left = at

    def report(self, fraction: float, note: str = "") -> None:
        return None

    def check(self) -> None:
        self._left -= 1
        if self._left <= 0:
            raise Cancelled


def tools_at_work() -> list[str]:
    return [child.name() for child in psutil.Process().children() if child.name().startswith("ff")]


def bars(count: int, first: int = 0, size: tuple[int, int] = (96, 128)) -> Iterator[Picture]:
    """Grey pictures whose number is their brightness in the left half."""
    for number in range(first, first + count):
        picture = np.full((*size, 3), 128, np.uint8)
        picture[:, : size[1] // 2] = 20 + 4 * number
        yield picture


def numbers(pictures: Iterator[Picture]) -> list[int]:
    """Which of ``bars`` they are."""
    return [round((float(one[4:-4, 4:40].mean()) - 20) / 4) for one in pictures]


def streams(path: Path) -> list[dict[str, object]]:
    command = ["ffprobe", "-v", "error", "-show_streams", "-of", "json", str(path)]
    found: list[dict[str, object]] = json.loads(subprocess.check_output(command))["streams"]
    return found


def times(path: Path) -> np.ndarray:
    """When each picture of a film is shown."""
    command = ["ffprobe", "-v", "error", "-select_streams", "v", "-show_entries", "frame=pts_time", "-of", "csv=p=0"]
    return np.array([float(line.strip(",")) for line in subprocess.check_output([*command, path]).decode().split()])


def silence(path: Path, seconds: float) -> Path:
    return factory.silence(path, seconds, RATE)


# --- in ---------------------------------------------------------------------------------------------------------------
def test_pictures_come_at_the_rate_that_is_asked_for(tmp_path: Path) -> None:
    source = factory.video(tmp_path / "a.mp4", None, 2.0, fps=30)
    assert [len(list(read(source, fps, "a.mp4"))) for fps in (10, 25, 30)] == [20, 50, 60]
    first = next(read(source, 25, "a.mp4"))
    assert first.shape == (120, 160, 3)
    assert first.dtype == np.uint8


def test_uneven_rates_are_made_even(tmp_path: Path) -> None:
    source = factory.vfr_video(tmp_path / "v.mp4", factory.tone(tmp_path / "t.wav", 4.0), 4.0)
    assert len(list(read(source, 25, "v.mp4"))) == pytest.approx(100, abs=2)


@pytest.mark.parametrize(("rotation", "shape"), [(90, (160, 120, 3)), (180, (120, 160, 3))])
def test_pictures_are_turned_as_a_player_turns_them(tmp_path: Path, rotation: int, shape: tuple[int, ...]) -> None:
    source = factory.video(tmp_path / "a.mp4", None, 0.2, rotation=rotation)
    assert next(read(source, 25, "a.mp4")).shape == shape


def test_large_pictures_are_scaled_down_and_small_ones_left(tmp_path: Path) -> None:
    source = factory.video(tmp_path / "a.mp4", None, 0.2)
    assert next(read(source, 25, "a.mp4", longest=80)).shape == (60, 80, 3)
    assert next(read(source, 25, "a.mp4", longest=4000)).shape == (120, 160, 3)


def test_what_a_playlist_names_is_not_opened(tmp_path: Path) -> None:
    playlist = factory.hls_playlist(tmp_path / "a.mp4", str(factory.video(tmp_path / "b.mp4", None, 0.2)))
    with pytest.raises(PipelineError) as caught:
        list(read(playlist, 25, "a.mp4"))
    assert caught.value.code == "tool_failed"


def test_one_picture_is_in_memory_at_a_time(tmp_path: Path) -> None:
    source = factory.video(tmp_path / "a.mp4", None, 4.0, size=(640, 480))
    one = 640 * 480 * 3
    tracemalloc.start()
    count = sum(1 for _ in read(source, 25, "a.mp4"))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 100
    assert peak < 5 * one


def test_reading_can_be_left_and_called_off(tmp_path: Path) -> None:
    source = factory.video(tmp_path / "a.mp4", None, 20.0)
    with closing(read(source, 25, "a.mp4")) as pictures:
        next(pictures)
    assert not tools_at_work()
    with pytest.raises(Cancelled):
        list(read(source, 25, "a.mp4", Cancelling(60)))
    assert not tools_at_work()


# --- out --------------------------------------------------------------------------------------------------------------
def made(folder: Path, fps: float = FPS, counts: tuple[int, ...] = (20, 15, 3), **more: object) -> Path:
    """A film of several pieces with a beep at its 30th picture, in which the other half turns white."""
    pieces, first = [], 0
    for count in counts:
        pictures = list(bars(count, first))
        for number, picture in enumerate(pictures, first):
            if number >= 30:
                picture[:, 64:] = 255
        pieces.append(folder / f"{first}.h264")
        assert encode(iter(pictures), pieces[-1], fps, "film", mark=False) == count
        first += count
    sound = np.zeros(round(first / rate_of(fps) * RATE), np.float32)
    beep = round(30 / rate_of(fps) * RATE)
    sound[beep:] = factory.tone_samples(len(sound[beep:]) / RATE, 880, RATE)
    wav = factory.write(folder / "sound.wav", sound, RATE)
    film(Film(tuple(pieces), fps, wav, "eng", "English", **more), folder / "out.mp4", "film")  # type: ignore[arg-type]
    return folder / "out.mp4"


def test_pieces_make_one_film_with_its_sound_in_time(tmp_path: Path) -> None:
    out = made(tmp_path)
    assert numbers(read(out, FPS, "out.mp4")) == list(range(38))
    assert np.diff(times(out)) == pytest.approx(np.full(37, 0.04), abs=1e-6)
    picture, sound = streams(out)
    assert (picture["codec_name"], picture["pix_fmt"], picture["color_space"]) == ("h264", "yuv420p", "bt709")
    assert (picture["avg_frame_rate"], picture["r_frame_rate"]) == ("25/1", "25/1")
    assert float(str(picture["duration"])) == pytest.approx(38 / 25, abs=1e-3)
    assert sound["codec_name"] == "aac"
    assert float(str(sound["duration"])) == pytest.approx(38 / 25, abs=0.02)
    seen = next(n for n, one in enumerate(read(out, FPS, "o")) if one[10:-10, 90:120].mean() > 240)
    factory.ffmpeg("-i", str(out), "-ar", str(RATE), str(tmp_path / "heard.wav"))
    heard, _ = soundfile.read(tmp_path / "heard.wav")
    onset = np.flatnonzero(np.abs(heard) > 0.1)[0] / RATE
    assert onset == pytest.approx(seen / FPS, abs=1 / FPS / 2)


@pytest.mark.parametrize(("fps", "exactly"), [(30.0, "30/1"), (29.97, "30000/1001"), (23.976, "24000/1001")])
def test_rates_are_exact(tmp_path: Path, fps: float, exactly: str) -> None:
    picture = streams(made(tmp_path, fps))[0]
    assert (picture["avg_frame_rate"], picture["nb_frames"]) == (exactly, "38")


def test_the_index_is_in_front_and_the_comment_and_subtitles_are_in_it(tmp_path: Path) -> None:
    words = tmp_path / "words.srt"
    words.write_text("1\n00:00:00,100 --> 00:00:01,000\nHello.\n")
    out = made(tmp_path, subtitles=(SoftSubtitles(words, "eng", "English"),), comment="made by a machine")
    head = out.read_bytes()
    assert head.index(b"moov") < head.index(b"mdat")
    assert [one["codec_type"] for one in streams(out)] == ["video", "audio", "subtitle"]
    tags = json.loads(subprocess.check_output(["ffprobe", "-v", "error", "-show_format", "-of", "json", str(out)]))
    assert tags["format"]["tags"]["comment"] == "made by a machine"


def test_odd_sizes_get_their_last_row_and_column_twice(tmp_path: Path) -> None:
    encode(bars(3, size=(95, 127)), tmp_path / "a.h264", FPS, "a", mark=False)
    film(Film((tmp_path / "a.h264",), FPS, silence(tmp_path / "s.wav", 0.12)), tmp_path / "a.mp4", "a")
    one = next(read(tmp_path / "a.mp4", FPS, "a"))
    assert one.shape == (96, 128, 3)
    assert np.abs(one[-1].astype(int) - one[-3].astype(int)).max() < 8


def test_colours_come_out_as_they_went_in(tmp_path: Path) -> None:
    colours = np.array([(200, 30, 40), (30, 180, 60), (40, 50, 210), (240, 240, 240), (12, 12, 12)], np.uint8)
    picture = np.repeat(np.repeat(colours[None], 64, axis=0), 32, axis=1)
    encode(iter([picture] * 3), tmp_path / "a.h264", FPS, "a", mark=False)
    film(Film((tmp_path / "a.h264",), FPS, silence(tmp_path / "s.wav", 0.12)), tmp_path / "a.mp4", "a")
    back = next(read(tmp_path / "a.mp4", FPS, "a"))
    assert np.abs(back[32, 16::32].astype(int) - colours).max() <= 6


@pytest.mark.parametrize(("height", "matrix"), [(480, "bt601"), (720, "bt709")])
def test_colours_that_a_file_says_nothing_of_are_what_players_take_them_for(
    tmp_path: Path, height: int, matrix: str
) -> None:
    path = tmp_path / "a.mp4"
    colour = f"color=0xC81E28:size=1280x{height}:rate=25:duration=0.2"
    picture = ("-f", "lavfi", "-i", colour, "-vf", f"scale=out_color_matrix={matrix},format=yuv420p")
    factory.ffmpeg(
        *picture, "-c:v", "libx264", "-crf", "10", "-bsf:v", "h264_metadata=matrix_coefficients=2", str(path)
    )
    assert next(read(path, FPS, "a"))[10, 10].tolist() == pytest.approx([200, 30, 40], abs=5)


@pytest.mark.parametrize("light", [0, 255])
def test_the_mark_can_be_read_on_light_and_on_dark(light: int) -> None:
    picture = np.full((512, 384, 3), light, np.uint8)
    shown = marked(picture)
    assert (picture == light).all(), "what was given is left as it is"
    changed = np.argwhere((shown != light).any(axis=2))
    top, left = changed.min(axis=0) if len(changed) else (0, 0)
    assert top > 0.9 * 512
    assert left > 0.8 * 384
    corner = shown[top:, left:].mean(axis=2)
    assert corner.max() - np.median(corner) > 80, "the letters stand out from their plate"


def test_encoding_can_be_called_off_and_fails_as_what_it_is_given_does(tmp_path: Path) -> None:
    with pytest.raises(Cancelled):
        encode(bars(200), tmp_path / "a.h264", FPS, "a", Cancelling(50), mark=False)
    assert not tools_at_work()

    def broken() -> Iterator[Picture]:
        yield from bars(5)
        raise PipelineError("disk_full", needed=1, free=0)

    with pytest.raises(PipelineError) as caught:
        encode(broken(), tmp_path / "a.h264", FPS, "a", mark=False)
    assert caught.value.code == "disk_full"
    assert not tools_at_work()
    with pytest.raises(ValueError, match="needs a picture"):
        encode(iter(()), tmp_path / "a.h264", FPS, "a", mark=False)
    with pytest.raises(ValueError, match="the first was"):
        encode(iter([*bars(2), *bars(1, size=(32, 32))]), tmp_path / "a.h264", FPS, "a", mark=False)
    assert not tools_at_work()


def test_what_ffmpeg_refuses_is_told(tmp_path: Path) -> None:
    with pytest.raises(PipelineError) as caught:
        encode(bars(200), tmp_path / "no such folder" / "a.h264", FPS, "a", mark=False)
    assert caught.value.code == "tool_failed"
    assert not tools_at_work()
