"""Peak memory of stitch and mux, at 10 minutes and at 2 hours: it must not grow with the length."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import psutil
import soundfile

from benchmarks.table import CONSOLE, machine, show
from tests import factory
from vocasync.artifacts import Workspace
from vocasync.media.probe import probe
from vocasync.progress import Silent
from vocasync.stages.mux import DubbedTrack, MuxRequest, mux
from vocasync.stages.stitch import stitch
from vocasync.types import Segment, Take, Track

RATE = 16_000
EVERY = 6.0
"""Seconds from one segment to the next."""


def work(seconds: int, folder: Path) -> None:
    """Stitch and mux a dub of this length (run in a process of its own, whose peak is watched)."""
    take = soundfile.info(folder / "take.wav")
    count = int(seconds / EVERY)
    takes = [Take(n, Track.VOICE, "take.wav", n * EVERY, take.duration, EVERY - 0.5) for n in range(count)]
    segments = tuple(
        Segment(n, n * EVERY, n * EVERY + take.duration, "One small sentence.", translation="Una frase.")
        for n in range(count)
    )
    source = folder / f"source-{seconds}.mp4"
    info = probe(source, source.name)
    analysis = folder / f"analysis-{seconds}.wav"
    tracks = tuple(DubbedTrack(track, folder / f"{track.value}-{seconds}.wav") for track in Track)
    for one in tracks:
        stitch(folder, takes, float(seconds), analysis, one.audio, Silent())
    request = MuxRequest(source, source.name, info, analysis, tracks, segments, "en", "es", f"{seconds}")
    mux(request, Workspace(folder / f"out-{seconds}"), Silent())


def peak_of(command: list[str]) -> float:
    """The most memory that a command and the tools it runs hold at once, in MiB, looked at 20 times a second."""
    process = psutil.Popen(command)
    most = 0
    while process.poll() is None:
        held = 0
        for one in (process, *_children(process)):
            with suppress(psutil.Error):
                held += one.memory_info().rss
        most = max(most, held)
        time.sleep(0.05)
    if process.returncode:
        raise RuntimeError(f"{command} failed")
    return most / 2**20


def _children(process: psutil.Process) -> list[psutil.Process]:
    try:
        found: list[psutil.Process] = process.children(recursive=True)
        return found
    except psutil.Error:
        return []


def prepare(seconds: int, folder: Path) -> None:
    """A video of this length and its sound: quiet noise, as long media is mostly about length here."""
    analysis = folder / f"analysis-{seconds}.wav"
    noise = np.random.default_rng(1).normal(0, 0.02, RATE * 10).astype(np.float32)
    with soundfile.SoundFile(analysis, "w", RATE, 1, "PCM_16") as wav:
        for _ in range(seconds // 10):
            wav.write(noise)
    picture = f"color=c=navy:size=320x180:rate=25:duration={seconds}"
    command = ["ffmpeg", "-v", "error", "-nostdin", "-y", "-f", "lavfi", "-i", picture, "-i", str(analysis)]
    codecs = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac", "-b:a", "48k"]
    subprocess.run([*command, *codecs, str(folder / f"source-{seconds}.mp4")], check=True)


def main() -> None:
    """Measure both lengths, each in a fresh process, and print."""
    CONSOLE.print(machine())
    peaks: dict[int, float] = {}
    with tempfile.TemporaryDirectory(prefix="vocasync-bench-") as name:
        folder = Path(name)
        factory.speech("Una frase pequeña, nada más.", folder / "take.wav", "es", 22_050)
        for seconds in (600, 7200):
            prepare(seconds, folder)
            peaks[seconds] = peak_of([sys.executable, "-m", "benchmarks.memory", str(seconds), name])
    ratio = f"{peaks[7200] / peaks[600]:.2f}"
    row = ["Python and ffmpeg together", *(f"{peak:.0f} MiB" for peak in peaks.values()), ratio]
    title = "Peak memory of stitch and mux, two tracks"
    show(title, ("", "10 minutes", "2 hours", "ratio"), [row], "at most 1.2 is wanted")


if __name__ == "__main__":
    if len(sys.argv) == 3:
        work(int(sys.argv[1]), Path(sys.argv[2]))
    else:
        main()
