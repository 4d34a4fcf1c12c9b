"""A small dub of text files: every stage does real, deterministic work on files through a workspace.

The source is UTF-8 text, a line a segment. Lines that begin with ``!`` tell it how to behave:
``!pause 0.3`` (seconds a unit takes), ``!fail <stage> <code> <times>`` (that many units of the stage fail first),
``!crash <stage>`` (an unknown exception), ``!review``.
"""

from __future__ import annotations

import os
import time
import uuid
from dataclasses import replace
from pathlib import Path

from dubbing.files import job_root
from dubbing.models import Job
from dubbing.requests import dub_request
from vocasync.artifacts import Workspace, fingerprint
from vocasync.errors import PipelineError
from vocasync.pipelines.base import DubRequest, DubResult, Unit
from vocasync.progress import Progress
from vocasync.types import Artifact, AudioStream, MediaInfo, Segment, Take, Track, Transcript

BATCH = 3


def pipeline(job: Job) -> TextDub:
    """What ``settings.PIPELINES`` points at."""
    return TextDub(dub_request(job), Workspace(job_root(job.pk)))


class TextDub:
    """Text in, "spoken" text out."""

    stages = ("ingest", "transcribe", "translate", "review", "voice", "synthesize", "stitch", "score", "mux")

    def __init__(self, request: DubRequest, workspace: Workspace) -> None:
        self._request = request
        self._ws = workspace
        text = request.source.read_text(encoding="utf-8").splitlines()
        self._orders = [line[1:].split() for line in text if line.startswith("!")]
        self._lines = [line for line in text if line and not line.startswith("!")]

    @property
    def weights(self) -> dict[str, float]:
        heavy = {"transcribe": 0.4, "synthesize": 0.4, "review": 0.0}
        return {stage: heavy.get(stage, 0.2 / 6) for stage in self.stages}

    # --- the protocol -------------------------------------------------------------------------------------------
    def plan(self, stage: str) -> tuple[Unit, ...]:
        if stage == "review":
            return ()
        units = self._batches() if stage in ("transcribe", "synthesize") else ("whole",)
        return tuple(
            Unit(unit, 1.0) for unit in units if not self._ws.has(self._name(stage, unit), self._mark(stage, unit))
        )

    def run(self, stage: str, unit: str, progress: Progress) -> None:
        self._log("began", stage, unit)
        self._misbehave(stage)
        for step in range(10):
            progress.check()
            time.sleep(self._pause / 10)
            progress.report((step + 1) / 10)
        self._ws.save(self._name(stage, unit), self._made(stage, unit), self._mark(stage, unit))
        self._log("done", stage, unit)

    def finish(self, stage: str) -> None:
        if stage != "mux":
            return
        text = "\n".join(segment.translation for segment in self._segments())
        with self._ws.writing("out/dub.txt", fingerprint(text)) as path:
            path.write_text(text, encoding="utf-8")

    def needs_review(self) -> bool:
        return not self._request.reviewed and (self._request.review or ["review"] in self._orders)

    def transcript(self) -> Transcript | None:
        if not all(
            self._ws.has(self._name("transcribe", unit), self._mark("transcribe", unit)) for unit in self._batches()
        ):
            return None
        segments = self._segments()
        if not self._ws.has(self._name("translate", "whole"), self._mark("translate", "whole")):
            segments = tuple(replace(segment, translation="") for segment in segments)
        return Transcript("en", segments, "text", 0.9)

    def takes(self) -> tuple[Take, ...]:
        return tuple(
            Take(
                segment.index,
                Track.VOICE,
                f"takes/{segment.index}",
                segment.start,
                0.5,
                1.0,
                similarity={"speaker": 0.7},
            )
            for segment in self._segments()
        )

    def result(self) -> DubResult:
        path = self._ws.root / "out/dub.txt"
        artifact = Artifact("dub.txt", "dub.txt", "transcript", "text/plain", path.stat().st_size, language="es")
        transcript = self.transcript()
        assert transcript is not None
        sound = AudioStream(0, "text", 16_000, 1)
        info = MediaInfo("text", float(len(self._lines)), self._request.source.stat().st_size, None, sound)
        return DubResult(
            info, transcript, "es", self.takes(), {"voice": 0.7}, (artifact,), {"asr": "text 1"}, ("A note.",)
        )

    # --- the work -----------------------------------------------------------------------------------------------
    def _batches(self) -> tuple[str, ...]:
        return tuple(str(number) for number in range(-(-len(self._lines) // BATCH)))

    def _segments(self) -> tuple[Segment, ...]:
        return tuple(self._segment(index, line) for index, line in enumerate(self._lines))

    def _segment(self, index: int, line: str) -> Segment:
        edit = self._request.edits.get(index)
        text = line if edit is None or edit.text is None else edit.text
        said = text[::-1] if edit is None or edit.translation is None else edit.translation
        return Segment(index, float(index), index + 0.8, text, confidence=0.9, translation=said)

    def _name(self, stage: str, unit: str) -> str:
        return f"work/{stage}/{unit}.json"

    def _mark(self, stage: str, unit: str) -> str:
        words = [segment.translation for segment in self._segments()] if stage not in ("ingest", "transcribe") else []
        if stage == "synthesize":
            words = words[int(unit) * BATCH : (int(unit) + 1) * BATCH]
        return fingerprint(stage, unit, words)

    def _made(self, stage: str, unit: str) -> list[str]:
        return [stage, unit, *self._lines]

    def _log(self, what: str, stage: str, unit: str) -> None:
        folder = self._ws.root / "log"
        folder.mkdir(exist_ok=True)
        (folder / f"{what}.{stage}.{unit}.{os.getpid()}.{uuid.uuid4().hex[:6]}").touch()

    # --- its manners --------------------------------------------------------------------------------------------
    @property
    def _pause(self) -> float:
        return next((float(order[1]) for order in self._orders if order[0] == "pause"), 0.0)

    def _misbehave(self, stage: str) -> None:
        for order in self._orders:
            if order[:2] == ["crash", stage]:
                raise RuntimeError("a bug")
            if order[:2] == ["fail", stage] and len(logged(self._ws.root, "began", stage)) <= int(order[3]):
                raise PipelineError(order[2], label="The engine", reason="it was told to", name="x", index=0)


def logged(root: Path, what: str, stage: str = "*") -> list[tuple[str, str]]:
    """(stage, unit) of everything that ``began`` or was ``done``."""
    return sorted(
        (path.name.split(".")[1], path.name.split(".")[2]) for path in (root / "log").glob(f"{what}.{stage}.*")
    )
