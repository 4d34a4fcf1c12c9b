"""A small dub of text files: every stage does real, deterministic work on files through a workspace.

The source is UTF-8 text, a line a segment. ``Hello. / 1| Hi.`` is one line in which speaker 1 answers speaker 0: one
segment until the stage ``diarize``, two after it. Lines that begin with ``!`` tell it how to behave:
``!pause 0.3`` (seconds a unit takes), ``!fail <stage> <code> <times>`` (that many units of the stage fail first),
``!crash <stage>`` (an unknown exception), ``!review``, ``!spend <stage> <characters>`` (that each unit of the stage
asks ElevenLabs to speak, before it fails or is done), ``!sounds <speaker> <axis> <cosine>`` (how near a speaker's
embedding is to the unit vector of an axis; by default it is that of the speaker's own number).
"""

from __future__ import annotations

import json
import os
import time
import uuid
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

from dubbing.files import job_root
from dubbing.models import Job
from dubbing.requests import dub_request
from vocasync.artifacts import Workspace, fingerprint
from vocasync.errors import PipelineError
from vocasync.pipelines.base import DubRequest, Outcome, Unit
from vocasync.progress import Progress
from vocasync.spending import spend
from vocasync.types import (
    Artifact,
    AudioStream,
    MediaInfo,
    Region,
    Segment,
    SpeakerInfo,
    SpeakerVoice,
    Take,
    Track,
    Transcript,
)

BATCH = 3
OWN = SpeakerVoice()


def pipeline(job: Job) -> TextDub:
    """What ``settings.PIPELINES`` points at."""
    return TextDub(dub_request(job), Workspace(job_root(job.pk)))


@dataclass(frozen=True)
class Piece:
    """What one person says without a break."""

    speaker: int
    text: str
    start: float
    end: float


class TextDub:
    """Text in, "spoken" text out."""

    stages = (
        "ingest",
        "transcribe",
        "diarize",
        "translate",
        "review",
        "voice",
        "synthesize",
        "stitch",
        "score",
        "mux",
    )

    def __init__(self, request: DubRequest, workspace: Workspace) -> None:
        self._request = request
        self._ws = workspace
        text = request.source.read_text(encoding="utf-8").splitlines()
        self._orders = [line[1:].split() for line in text if line.startswith("!")]
        self._lines = [line for line in text if line and not line.startswith("!")]

    @property
    def weights(self) -> dict[str, float]:
        heavy = {"transcribe": 0.4, "synthesize": 0.4, "review": 0.0}
        return {stage: heavy.get(stage, 0.2 / 7) for stage in self.stages}

    # --- the protocol -------------------------------------------------------------------------------------------
    def plan(self, stage: str) -> tuple[Unit, ...]:
        if stage == "review":
            return ()
        return tuple(
            Unit(unit, 1.0)
            for unit in self._units(stage)
            if not self._ws.has(self._name(stage, unit), self._mark(stage, unit))
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
        if not self._is_done("transcribe"):
            return None
        segments = self._segments()
        if not self._is_done("translate"):
            segments = tuple(replace(segment, translation="") for segment in segments)
        return Transcript("en", segments, "text", 0.9)

    def speakers(self) -> tuple[SpeakerInfo, ...] | None:
        if not self._is_done("diarize"):
            return None
        found: dict[int, list[Segment]] = {}
        for segment in self._segments():
            found.setdefault(segment.speaker, []).append(segment)
        return tuple(self._described(number, said) for number, said in sorted(found.items()))

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

    def result(self) -> Outcome:
        path = self._ws.root / "out/dub.txt"
        artifact = Artifact("dub.txt", "dub.txt", "transcript", "text/plain", path.stat().st_size, language="es")
        transcript = self.transcript()
        assert transcript is not None
        sound = AudioStream(0, "text", 16_000, 1)
        info = MediaInfo("text", float(len(self._lines)), self._request.source.stat().st_size, None, sound)
        return Outcome(
            info, transcript, "es", self.takes(), {"voice": 0.7}, (artifact,), {"asr": "text 1"}, ("A note.",)
        )

    # --- the work -----------------------------------------------------------------------------------------------
    def _units(self, stage: str) -> tuple[str, ...]:
        if stage not in ("transcribe", "synthesize"):
            return ("whole",)
        count = len(self._lines) if stage == "transcribe" else len(self._segments())
        return tuple(str(number) for number in range(-(-count // BATCH)))

    def _is_done(self, stage: str) -> bool:
        return all(self._has(stage, unit) for unit in self._units(stage))

    def _has(self, stage: str, unit: str) -> bool:
        return self._ws.has(self._name(stage, unit), self._mark(stage, unit))

    def _segments(self) -> tuple[Segment, ...]:
        cut = self._is_done("diarize")
        pieces = [piece for place, line in enumerate(self._lines) for piece in self._pieces(place, line, cut)]
        return tuple(self._segment(index, piece) for index, piece in enumerate(pieces))

    def _pieces(self, place: int, line: str, cut: bool) -> list[Piece]:
        """Before ``diarize`` a line is one piece, after it one for each who speaks in it."""
        said = [self._attributed(part) for part in line.split(" / ")]
        if not cut:
            said = [(0, " ".join(text for _, text in said))]
        turns = [(who, " ".join(text for _, text in turn)) for who, turn in groupby(said, key=lambda one: one[0])]
        long = 0.8 / len(turns)
        return [Piece(who, text, place + n * long, place + (n + 1) * long) for n, (who, text) in enumerate(turns)]

    def _attributed(self, part: str) -> tuple[int, str]:
        number, mark, text = part.partition("| ")
        speaker, most = int(number) if mark else 0, self._request.speaker_count
        return speaker if most is None else min(speaker, most - 1), text if mark else part

    def _segment(self, index: int, piece: Piece) -> Segment:
        edit = self._request.edits.get(index)
        text = piece.text if edit is None or edit.text is None else edit.text
        said = text[::-1] if edit is None or edit.translation is None else edit.translation
        speaker = piece.speaker if edit is None or edit.speaker is None else edit.speaker
        return Segment(index, piece.start, piece.end, text, confidence=0.9, speaker=speaker, translation=said)

    def _described(self, number: int, said: list[Segment]) -> SpeakerInfo:
        vector = [0.0] * 256
        orders = [order for order in self._orders if order[:2] == ["sounds", str(number)]]
        axis, cosine = (int(orders[0][2]), float(orders[0][3])) if orders else (number, 1.0)
        vector[axis], vector[100 + number] = cosine, (1 - cosine**2) ** 0.5
        seconds = sum(segment.duration for segment in said)
        return SpeakerInfo(number, seconds, Region(said[0].start, said[0].end), tuple(vector), {"pace": 4.0 + number})

    def _voices(self, segments: tuple[Segment, ...]) -> list[str]:
        """What each segment is spoken with."""
        voices = [self._request.voices.get(segment.speaker, OWN) for segment in segments]
        return [":".join(filter(None, (voice.kind.value, voice.mark, voice.stock))) for voice in voices]

    def _name(self, stage: str, unit: str) -> str:
        return f"work/{stage}/{unit}.json"

    def _mark(self, stage: str, unit: str) -> str:
        if stage in ("ingest", "transcribe"):
            return fingerprint(stage, unit)
        if stage == "diarize":
            return fingerprint(stage, self._request.speaker_count)
        segments = self._segments()
        if stage == "synthesize":
            segments = segments[int(unit) * BATCH : (int(unit) + 1) * BATCH]
        spoken = () if stage in ("translate", "voice") else self._voices(segments)
        return fingerprint(stage, unit, [segment.translation for segment in segments], spoken)

    def _made(self, stage: str, unit: str) -> list[str]:
        if stage != "synthesize":
            return [stage, unit, *self._lines]
        return self._voices(self._segments()[int(unit) * BATCH : (int(unit) + 1) * BATCH])

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
            if order[:2] == ["spend", stage]:
                spend("tts", "elevenlabs", float(order[2]))
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


def spoken_with(root: Path) -> list[str]:
    """What each segment was spoken with, in order."""
    files = sorted((root / "work" / "synthesize").glob("*.json"), key=lambda path: int(path.stem))
    return [voice for path in files for voice in json.loads(path.read_text())]
