"""Formats of speech: whole, and while it is made."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import psutil
import pytest

from tests.waiting import until
from vocasync.errors import PipelineError
from vocasync.media import audio, ffmpeg
from vocasync.media.sounds import FORMATS, SoundFormat, growing, sound_format
from vocasync.progress import Silent
from vocasync.types import Audio, FloatArray

RATE = 22_050
SECONDS = 3


def tone() -> FloatArray:
    return (0.3 * np.sin(2 * np.pi * 300 * np.arange(SECONDS * RATE) / RATE)).astype(np.float32)


def decoded(path: Path) -> FloatArray:
    return np.concatenate(list(ffmpeg.decode_blocks(path, RATE)))


def labels(path: Path) -> dict[str, str]:
    found = ffmpeg.probe(path, "it", "-show_entries", "format_tags:stream_tags")
    tags = found["format"].get("tags", {}) | found["streams"][0].get("tags", {})
    return {name: tags[name] for name in ("title", "comment")}


def check(path: Path, kind: SoundFormat) -> None:
    heard = decoded(path)
    assert len(heard) / RATE == pytest.approx(SECONDS, abs=0.1)
    assert np.sqrt(np.mean(heard**2)) == pytest.approx(0.3 / np.sqrt(2), rel=0.1)
    assert labels(path) == {"title": "Grüße", "comment": '{"made": "here"}'}


@pytest.mark.parametrize("kind", FORMATS.values(), ids=FORMATS)
def test_whole(kind: SoundFormat, tmp_path: Path) -> None:
    audio.write(tmp_path / "a.wav", Audio(tone(), RATE))
    out = tmp_path / f"b.{kind.name}"
    kind.write(out, tmp_path / "a.wav", "Grüße", SECONDS, Silent(), '{"made": "here"}')
    check(out, kind)


@pytest.mark.parametrize("kind", FORMATS.values(), ids=FORMATS)
def test_growing_is_the_same_sound_and_the_same_bytes_again(kind: SoundFormat, tmp_path: Path) -> None:
    def grow(out: Path) -> bytes:
        with growing(out, kind, RATE, "Grüße", '{"made": "here"}') as give:
            for piece in np.array_split(tone(), 5):
                give(piece)
        return out.read_bytes()

    assert grow(tmp_path / f"a.{kind.name}") == grow(tmp_path / f"b.{kind.name}")
    check(tmp_path / f"a.{kind.name}", kind)


def test_it_can_be_read_while_it_grows(tmp_path: Path) -> None:
    out = tmp_path / "a.mp3"
    with growing(out, FORMATS["mp3"], RATE, "x") as give:
        give(tone())
        until(lambda: out.stat().st_size > 5_000, "sound in the file")
        so_far = out.stat().st_size
        give(tone())
    assert 5_000 < so_far < out.stat().st_size


def test_whoever_leaves_leaves_no_process(tmp_path: Path) -> None:
    def leave() -> None:
        with growing(tmp_path / "a.ogg", FORMATS["opus"], RATE, "x") as give:
            give(tone())
            raise KeyboardInterrupt

    before = len(psutil.Process().children())
    with pytest.raises(KeyboardInterrupt):
        leave()
    assert len(psutil.Process().children()) == before


def test_a_tool_that_refuses_says_why(tmp_path: Path) -> None:
    odd = SoundFormat("odd", "Odd", "audio/odd", FORMATS["wav"].write, ("-c:a", "pcm_s16le", "-f", "nothing"))

    def give_much() -> None:
        with growing(tmp_path / "a.odd", odd, RATE, "x") as give:
            for _ in range(100):
                give(tone())

    with pytest.raises(PipelineError) as caught:
        give_much()
    assert caught.value.code == "tool_failed"
    assert "nothing" in caught.value.params["reason"]


def test_a_format_that_is_not_known() -> None:
    assert sound_format("opus").mime == "audio/ogg"
    with pytest.raises(PipelineError) as caught:
        sound_format("aiff")
    assert (caught.value.code, caught.value.params["field"]) == ("format_unknown", "format")
