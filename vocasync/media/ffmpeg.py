"""The only caller of ffmpeg and ffprobe.

Arguments are lists, never a shell's line. What a person brought is opened through :func:`given`: as ``file:<absolute
path>`` (so no name can be an option or a protocol), with the protocols ``file`` and ``pipe`` alone and the demuxers of
:data:`FORMATS` alone, so that a playlist cannot make ffmpeg read another file or an address.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import tempfile
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, cast

import numpy as np

from vocasync.errors import PipelineError
from vocasync.progress import Progress, Silent
from vocasync.types import FloatArray

FORMATS = (
    *(
        "mov",
        "mp4",
        "m4a",
        "3gp",
        "3g2",
        "mj2",
        "matroska",
        "webm",
        "avi",
        "asf",
        "flv",
        "mpeg",
        "mpegts",
        "mxf",
        "nut",
    ),
    *(
        "wav",
        "w64",
        "mp3",
        "aac",
        "flac",
        "ogg",
        "aiff",
        "caf",
        "au",
        "ac3",
        "eac3",
        "amr",
        "ape",
        "wv",
        "tta",
        "dv",
        "rm",
    ),
)
"""Demuxers for what a person brings. None of them follows a reference out of its own file."""

PROTOCOLS = ("-protocol_whitelist", "file,pipe")

# MPEG streams are shifted to the start of the streams in use, unless there is some offset already (a microsecond here):
# sound that begins after the picture would otherwise come too early when the picture is not in use.
_ONE_TIME_LINE = ("-itsoffset", "0.000001")
_QUIET_FED = ("-hide_banner", "-loglevel", "error")
_QUIET = ("-nostdin", *_QUIET_FED)
_STALLED = 300.0
_TAIL = 600
_PIPED = 1 << 20  # bytes written at once


def location(path: Path) -> str:
    """A path as ffmpeg takes it literally, whatever is in it."""
    return f"file:{path.absolute()}"


def given(path: Path) -> list[str]:
    """Input arguments of ffmpeg for a file that a person brought; its time line starts where its first stream does."""
    return [*_ONE_TIME_LINE, *_guarded(path)]


def _guarded(path: Path) -> list[str]:
    return [*PROTOCOLS, "-format_whitelist", ",".join(FORMATS), "-i", location(path)]


def made(path: Path, kind: str) -> list[str]:
    """Input arguments for a file that this project wrote; ``kind`` is its demuxer (``wav``, ``srt``)."""
    return [*PROTOCOLS, "-f", kind, "-i", location(path)]


def probe(path: Path, name: str, *options: str, timeout: float = 60.0) -> dict[str, Any]:
    """What ffprobe says of a file, as its JSON.

    Raises PipelineError ``tool_failed`` (whose ``reason`` is ffprobe's own words) or ``tool_missing``.
    """
    command = ["ffprobe", "-hide_banner", "-loglevel", "error", *options, "-of", "json", *_guarded(path)]
    with _running(command, name) as process:
        answer = process.read_all(timeout)
    content: dict[str, Any] = json.loads(answer or b"{}")
    return content


def convert(
    arguments: Sequence[str], name: str, seconds: float, progress: Progress | None = None, timeout: float = 4 * 3600
) -> float:
    """Run ffmpeg (overwriting its output) and follow it.

    arguments: inputs and outputs, made with :func:`given`, :func:`made` and :func:`location`. seconds: length of what
    is made, for the progress. Returns the time in seconds that the output reached.
    Raises PipelineError ``tool_failed`` or ``tool_missing``, or Cancelled; the process is gone by then.
    """
    told = progress or Silent()
    command = ["ffmpeg", *_QUIET, "-y", "-progress", "pipe:1", "-stats_period", "0.5", *arguments]
    reached = 0.0
    with _running(command, name) as process:
        for line in process.lines(told, timeout):
            key, _, value = line.partition("=")
            if key == "out_time_us" and value.lstrip("-").isdigit():
                reached = max(reached, int(value) / 1e6)
                told.report(min(1.0, reached / seconds) if seconds > 0 else 0.0)
    return reached


def decode_blocks(
    path: Path,
    rate: int,
    channels: int = 1,
    block_seconds: float = 10.0,
    *,
    name: str = "",
    stream: int | None = None,
    filters: Sequence[str] = (),
    progress: Progress | None = None,
) -> Generator[FloatArray, None, None]:
    """The sound of a file on the container's timeline, block by block.

    Silence is put in where the sound starts after the picture or has gaps, so that sample ``n`` is heard at ``n /
    rate`` seconds after the start of the file. Yields float32, shape (n,) for one channel, else (n, channels); all
    blocks but the last have ``block_seconds``. stream: absolute index (the first sound stream when None). filters:
    ffmpeg audio filters to apply first.
    Raises PipelineError ``tool_failed`` or ``tool_missing``, or Cancelled.
    """
    chain = ",".join([*filters, "aresample=async=1:first_pts=0"])
    chosen = "0:a:0" if stream is None else f"0:{stream}"
    command = ["ffmpeg", *_QUIET, *given(path), "-map", chosen, "-vn", "-sn", "-dn", "-af", chain]
    command += ["-ac", str(channels), "-ar", str(rate), "-f", "f32le", "pipe:1"]
    size = max(1, round(block_seconds * rate)) * channels * 4
    with _running(command, name or path.name) as process:
        while block := process.read(size, progress or Silent()):
            samples = np.frombuffer(block[: len(block) // (4 * channels) * 4 * channels], np.float32)
            yield samples if channels == 1 else samples.reshape(-1, channels)


@contextmanager
def fed(arguments: Sequence[str], name: str, out: Path) -> Iterator[Callable[[bytes], None]]:
    """ffmpeg, given its input (``pipe:0``) piece by piece while the block lasts. What it makes (``pipe:1``) is in
    ``out`` as soon as it is made, and is never gone back to.

    Raises PipelineError ``tool_failed`` or ``tool_missing``; the process is gone when the block is left.
    """
    with out.open("wb") as made, _running(["ffmpeg", *_QUIET_FED, *arguments], name, made, given=True) as process:
        yield process.write


def decode_frames(
    path: Path, stream: int | None, filters: Sequence[str], name: str, progress: Progress
) -> Generator[tuple[int, int, bytes], None, None]:
    """The pictures of a file, turned upright, one by one: width, height, and RGB bytes.

    stream: absolute index (the first picture stream when None). filters: ffmpeg picture filters to apply first.
    Raises PipelineError ``tool_failed`` or ``tool_missing``, or Cancelled.
    """
    chosen = "0:v:0" if stream is None else f"0:{stream}"
    command = ["ffmpeg", *_QUIET, *given(path), "-map", chosen, "-an", "-sn", "-dn", "-vf", ",".join(filters)]
    command += ["-fps_mode", "passthrough", "-pix_fmt", "rgb24", "-c:v", "ppm", "-f", "image2pipe", "pipe:1"]
    with _running(command, name) as process:
        while (size := _ppm_size(process, progress)) is not None:
            width, height = size
            pixels = process.read(3 * width * height, progress)
            if len(pixels) < 3 * width * height:
                return
            yield width, height, pixels


def _ppm_size(process: _Process, progress: Progress) -> tuple[int, int] | None:
    """Width and height out of the head of a picture (``P6``, size and depth, a line each); None at the end."""
    lines = [process.line(progress) for _ in range(3)]
    if lines[0] != b"P6":
        return None
    width, height = map(int, lines[1].split())
    return width, height


def feed(
    arguments: Sequence[str], blocks: Iterable[bytes | memoryview], name: str, progress: Progress | None = None
) -> None:
    """Run ffmpeg (overwriting its output) on what it is given at ``pipe:0``, block by block.

    Raises PipelineError ``tool_failed`` or ``tool_missing``, Cancelled, or what the blocks raise; the process is gone
    by then.
    """
    told = progress or Silent()
    with _running(["ffmpeg", *_QUIET_FED, "-y", *arguments], name, given=True) as process:
        for block in blocks:
            process.write(block, told)
        process.finish(told)


class _Process:
    """A program at work, its output read and its input written without ever blocking for long."""

    def __init__(
        self, command: list[str], name: str, errors: IO[bytes], out: IO[bytes] | None = None, *, given: bool = False
    ) -> None:
        self._tool = command[0]
        self._name = name
        self._errors = errors
        source = subprocess.PIPE if given else subprocess.DEVNULL
        try:
            self._process = subprocess.Popen(command, stdin=source, stdout=out or subprocess.PIPE, stderr=errors)
        except FileNotFoundError:
            raise PipelineError("tool_missing", tool=self._tool, package="ffmpeg") from None
        self._stdout = cast(IO[bytes], self._process.stdout)
        if self._process.stdin is not None:
            os.set_blocking(self._process.stdin.fileno(), False)

    def write(self, block: bytes | memoryview, progress: Progress | None = None) -> None:
        """Give it something to read, and wait until it has."""
        descriptor = cast(IO[bytes], self._process.stdin).fileno()
        waiting = select.poll()
        waiting.register(descriptor, select.POLLOUT)
        rest = memoryview(block)
        while rest:
            self._wait_for(waiting, progress or Silent())
            try:
                rest = rest[os.write(descriptor, rest[:_PIPED]) :]
            except BrokenPipeError:
                self._process.wait()
                raise self.failure(self._last_words()) from None

    def _wait_for(self, waiting: select.poll, progress: Progress) -> None:
        deadline = time.monotonic() + _STALLED
        while True:
            progress.check()
            if waiting.poll(500):
                return
            if time.monotonic() > deadline:
                raise self.failure("it did not finish in time")

    def finish(self, progress: Progress) -> None:
        """No more is coming; wait until it is done with what it has."""
        cast(IO[bytes], self._process.stdin).close()
        while self._process.poll() is None:
            progress.check()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(0.2)

    def line(self, progress: Progress) -> bytes:
        """A short line without its end, empty at the end of everything."""
        found = b""
        while (letter := self.read(1, progress)) not in (b"", b"\n"):
            found += letter
        return found

    def read(self, size: int, progress: Progress) -> bytes:
        """Exactly ``size`` bytes, fewer only at the end."""
        pieces: list[bytes] = []
        while size > 0:
            piece = self._piece(size, progress, time.monotonic() + _STALLED)
            if not piece:
                break
            pieces.append(piece)
            size -= len(piece)
        return b"".join(pieces)

    def read_all(self, timeout: float) -> bytes:
        """Everything."""
        pieces: list[bytes] = []
        deadline = time.monotonic() + timeout
        while piece := self._piece(1 << 16, Silent(), deadline):
            pieces.append(piece)
        return b"".join(pieces)

    def lines(self, progress: Progress, timeout: float) -> Iterator[str]:
        """Line by line."""
        rest = b""
        deadline = time.monotonic() + timeout
        while piece := self._piece(1 << 16, progress, deadline):
            *whole, rest = (rest + piece).split(b"\n")
            for line in whole:
                yield line.decode("ascii", "replace").strip()

    def _piece(self, size: int, progress: Progress, deadline: float) -> bytes:
        descriptor = self._stdout.fileno()
        waiting = select.poll()
        waiting.register(descriptor, select.POLLIN)
        while True:
            progress.check()
            if time.monotonic() > deadline:
                raise self.failure("it did not finish in time")
            if waiting.poll(500):
                return os.read(descriptor, min(size, 1 << 20))

    def end(self) -> None:
        """Wait for the end; raise when it ended badly."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        if self._process.wait() != 0:
            raise self.failure(self._last_words())

    def _last_words(self) -> str:
        size = self._errors.seek(0, os.SEEK_END)
        self._errors.seek(max(0, size - _TAIL))
        return " ".join(self._errors.read().decode("utf-8", "replace").split())

    def failure(self, reason: str) -> PipelineError:
        """The error to raise."""
        return PipelineError("tool_failed", tool=self._tool, name=self._name, reason=reason or "no reason given")

    def stop(self) -> None:
        """Make sure that it is gone."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(BrokenPipeError):
                    pipe.close()


@contextmanager
def _running(command: list[str], name: str, out: IO[bytes] | None = None, *, given: bool = False) -> Iterator[_Process]:
    """The program, killed when the block is left before its end, and checked when it is not."""
    with tempfile.TemporaryFile() as errors:
        process = _Process(command, name, errors, out, given=given)
        try:
            yield process
            process.end()
        finally:
            process.stop()
