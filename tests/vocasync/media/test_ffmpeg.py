from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import psutil
import pytest

from tests import factory
from vocasync.errors import Cancelled, PipelineError
from vocasync.media import ffmpeg

ENDLESS = ("-f", "lavfi", "-i", "testsrc=size=1280x720:duration=100000", "-f", "null", "-")


class Told:
    """Remembers what it was told; cancels at the given check."""

    def __init__(self, cancel_at: int | None = None) -> None:
        self.fractions: list[float] = []
        self._checks = 0
        self._cancel_at = cancel_at

    def report(self, fraction: float, note: str = "") -> None:
        self.fractions.append(fraction)

    def check(self) -> None:
        self._checks += 1
        if self._cancel_at is not None and self._checks >= self._cancel_at:
            raise Cancelled


def tools_at_work() -> Sequence[str]:
    return [child.name() for child in psutil.Process().children() if child.name().startswith("ff")]


def samples(path: Path, rate: int = 16_000) -> np.ndarray:
    return np.concatenate(list(ffmpeg.decode_blocks(path, rate)))


@pytest.mark.parametrize(
    "name",
    [
        'it\'s "quoted".wav',
        "new\nline.wav",
        "-y.wav",
        "--version",
        "frame%03d.wav",
        "concat:a|b.wav",
        "http:localhost.wav",
        "a b; touch pwned & $(id).wav",
        "голос 声.wav",
        "*?[x].wav",
    ],
)
def test_a_file_is_opened_whatever_its_name(
    name: str, talk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(name).write_bytes(talk.read_bytes())
    assert np.array_equal(samples(Path(name)), samples(talk))
    assert ffmpeg.probe(Path(name), name, "-show_format")["format"]["format_name"] == "wav"
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_name_cannot_leave_its_folder_by_being_written(talk: Path, tmp_path: Path) -> None:
    out = tmp_path / "-out's.mp3"
    ffmpeg.convert([*ffmpeg.made(talk, "wav"), "-f", "mp3", ffmpeg.location(out)], "talk.wav", 6.0)
    assert out.stat().st_size > 1000


def test_blocks_are_whole_and_add_up(talk: Path) -> None:
    blocks = list(ffmpeg.decode_blocks(talk, 8_000, block_seconds=1.5))
    assert {len(block) for block in blocks[:-1]} == {12_000}
    assert sum(map(len, blocks)) == pytest.approx(len(factory.speech_samples()) / 2, abs=2)
    assert blocks[0].dtype == np.float32


def test_channels_stay_apart(tmp_path: Path) -> None:
    left, right = factory.tone_samples(1, 300), factory.tone_samples(1, 700, level=0.1)
    path = factory.write(tmp_path / "two.wav", np.stack([left, right], axis=1))
    heard = np.concatenate(list(ffmpeg.decode_blocks(path, 16_000, channels=2)))
    assert heard.shape == (16_000, 2)
    assert np.allclose(heard[:, 1], right, atol=1e-3)


def test_gaps_in_the_sound_keep_their_length(tmp_path: Path) -> None:
    whole = factory.tone(tmp_path / "whole.wav", 6.0)
    gap = tmp_path / "gap.mkv"
    factory.ffmpeg("-i", str(whole), "-af", "aselect='not(between(t,2,4))'", "-c:a", "pcm_s16le", str(gap))
    heard = samples(gap)
    assert len(heard) == pytest.approx(6 * 16_000, abs=400)
    assert np.abs(heard[35_000:60_000]).max() < 1e-3
    assert np.abs(heard[70_000:90_000]).max() > 0.2


def test_a_missing_program_is_named(talk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(PipelineError) as caught:
        ffmpeg.probe(talk, "talk.wav", "-show_format")
    assert caught.value.code == "tool_missing"
    assert "ffprobe" in str(caught.value)


def test_a_failure_tells_the_programs_own_words(talk: Path, tmp_path: Path) -> None:
    with pytest.raises(PipelineError) as caught:
        ffmpeg.convert([*ffmpeg.given(talk), "-c:a", "no_such_codec", str(tmp_path / "x.wav")], "talk.wav", 6.0)
    assert caught.value.code == "tool_failed"
    assert "no_such_codec" in str(caught.value)


def test_progress_runs_up_to_the_end(tmp_path: Path) -> None:
    told = Told()
    out = tmp_path / "tone.flac"
    reached = ffmpeg.convert(["-f", "lavfi", "-i", "sine=duration=30", str(out)], "tone", 30.0, told)
    assert told.fractions == sorted(told.fractions)
    assert told.fractions[-1] > 0.95
    assert reached == pytest.approx(30, abs=0.2)


def test_cancelling_ends_the_program() -> None:
    with pytest.raises(Cancelled):
        ffmpeg.convert(ENDLESS, "endless", 1e5, Told(cancel_at=3))
    assert tools_at_work() == []


def test_a_program_that_does_not_finish_is_ended() -> None:
    with pytest.raises(PipelineError, match="in time"):
        ffmpeg.convert(ENDLESS, "endless", 1e5, timeout=1.5)
    assert tools_at_work() == []


def test_a_reader_who_leaves_ends_the_program(talk: Path) -> None:
    blocks = ffmpeg.decode_blocks(talk, 48_000, block_seconds=0.1)
    next(blocks)
    blocks.close()
    assert tools_at_work() == []


@pytest.mark.parametrize("ending", ["m3u8", "mp4", "ts", "wav"])
def test_a_playlist_reaches_neither_an_address_nor_a_file(
    ending: str, talk: Path, tmp_path: Path, visited: tuple[str, list[str]]
) -> None:
    address, paths = visited
    for number, target in enumerate((f"{address}/secret.ts", str(talk), f"file://{talk}")):
        for make in (factory.hls_playlist, factory.concat_list, factory.dash_manifest):
            posing = make(tmp_path / f"{number}-{make.__name__}.{ending}", target)
            with pytest.raises(PipelineError, match="ffmpeg failed"):
                list(ffmpeg.decode_blocks(posing, 16_000))
    assert paths == []
