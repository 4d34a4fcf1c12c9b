"""Real-time factors: by stage and in all, for a 1-minute and a 10-minute input, against the plain way.

A real-time factor is seconds of work a second of input: below 1 is faster than the video plays.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks import inputs, plain
from benchmarks.table import CONSOLE, machine, show
from tests import factory
from vocasync.artifacts import Workspace
from vocasync.engines.base import EngineConfig
from vocasync.pipelines.base import DubRequest
from vocasync.pipelines.dub import DubPipeline
from vocasync.pipelines.local import Work, run

WORKERS = 2
STAGES = ("ingest", "transcribe", "diarize", "translate", "voice", "synthesize", "stitch", "score", "mux")


def timed(source: Path, emotion: Path, folder: Path) -> dict[str, float]:
    """Seconds by stage of our pipeline, with nothing cached."""
    seconds = dict.fromkeys(STAGES, 0.0)
    began, at = time.perf_counter(), ""

    def watch(stage: str, fraction: float, whole: float) -> None:
        nonlocal began, at
        if stage != at:
            now = time.perf_counter()
            if at in seconds:
                seconds[at] += now - began
            began, at = now, stage

    config = EngineConfig(network=False, cache=folder / "cache")
    request = DubRequest(source, source.name, "es", "en", emotion, emotion.name, reviewed=True)
    if run(Work(DubPipeline, request, Workspace(folder / "work"), config), watch, WORKERS) is None:
        raise RuntimeError("the dub stopped for review")
    seconds[at] += time.perf_counter() - began
    return seconds


def fresh(way: str, source: Path, emotion: Path, folder: Path) -> dict[str, float]:
    """Measure one way in a process of its own: whoever comes second must not find everything imported."""
    command = [sys.executable, "-m", "benchmarks.dub", way, str(source), str(emotion), str(folder)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    """Measure and print."""
    CONSOLE.print(machine())
    with tempfile.TemporaryDirectory(prefix="vocasync-bench-") as name:
        folder = Path(name)
        short, long = inputs.video(folder, 60), inputs.video(folder, 600)
        tone = factory.speech("What a day! I have never been so happy.", folder / "tone.wav", "en+f4")
        theirs = fresh("plain", short, tone, folder)
        ours = {60: fresh("ours", short, tone, folder / "short"), 600: fresh("ours", long, tone, folder / "long")}
    rows = [[stage, *(f"{ours[length][stage] / length:.3f}" for length in (60, 600))] for stage in STAGES]
    totals = {length: sum(found.values()) for length, found in ours.items()}
    rows.append(["in all", *(f"{totals[length] / length:.3f}" for length in (60, 600))])
    show(f"Real-time factor by stage, {WORKERS} workers", ("stage", "1 minute", "10 minutes"), rows)
    plainly = sum(theirs.values())
    rows = [[stage, f"{spent:.1f} s", ""] for stage, spent in theirs.items()]
    rows.append(["the plain way, in all", f"{plainly:.1f} s", "1.0 ×"])
    rows.append(["this pipeline, in all", f"{totals[60]:.1f} s", f"{plainly / totals[60]:.1f} ×"])
    show("One minute, two tracks, end to end, against one segment after another", ("", "time", "speed"), rows)


WAYS = {"plain": plain.dub, "ours": timed}

if __name__ == "__main__":
    if len(sys.argv) == 5:
        print(json.dumps(WAYS[sys.argv[1]](*map(Path, sys.argv[2:]))))
    else:
        main()
