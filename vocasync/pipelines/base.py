"""What a pipeline is asked, how its work is shared out, and what it answers.

A pipeline is an ordered list of stages over a workspace. For each stage: :meth:`Pipeline.plan` says which units are
still to be done, :meth:`Pipeline.run` does one (units of one plan are independent: any process on the same files may
take any); the plan is asked for again until it is empty, then :meth:`Pipeline.finish` joins what the units made.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from vocasync.progress import Progress
from vocasync.provenance.manifest import Origin
from vocasync.stages.glossary import Term
from vocasync.stages.ingest import Limits
from vocasync.types import JSON, Artifact, Match, MediaInfo, SpeakerInfo, SpeakerVoice, Take, Transcript, Ways


@dataclass(frozen=True, slots=True)
class Unit:
    """A share of a stage. ``weight``: its part of the stage's work, in any unit common to the stage."""

    name: str
    weight: float = 1.0


ENCODER = "resemblyzer"
"""The speaker encoder that everything is compared by."""

WHOLE = (Unit("whole"),)
"""The plan of a step that is done in one piece."""


class Step(Protocol):
    """One stage of a pipeline."""

    name: str

    def plan(self) -> tuple[Unit, ...]:
        """The units that can be done now."""

    def run(self, unit: str, progress: Progress) -> None:
        """Do one."""

    def finish(self) -> None:
        """Join them."""


@dataclass(frozen=True, slots=True)
class SegmentEdit:
    """A person's correction of a segment; None leaves the pipeline's own."""

    text: str | None = None
    translation: str | None = None
    speaker: int | None = None


@dataclass(frozen=True, slots=True)
class DubRequest:
    """What to dub, and how. Languages are codes, ``auto`` for a source to be detected; engines names or ``auto``.

    subtitles_are: ``source`` or ``target``. transcript: the words of the recording, to be aligned. glossary: how words
    are to be translated. reviewed: a person
    has seen text and translation, so the pipeline need not stop for review any more. speaker_count: how many people
    speak, None to find out. voices: by speaker, what they are dubbed with; those not named speak with their own.
    emotion_folder: where what engines compute of the emotion reference is kept for all jobs (None: with this one).
    watermark: name of the engine that marks what is spoken, "" for none; as with all engines, what is said first holds
    for the whole of a dub. origin: what the provenance of the result is to say beside what the pipeline knows; None for
    files without any. ways: whether the words are spoken, the sound is converted, or both; what is converted has one
    speaker, whose voice ``voices[0]`` is, of the library or an engine's own. converter: engine that converts. lipsync:
    engine that makes the lips in the picture move with what is heard, ``auto`` or "" for a picture as it was;
    lipsync_options: its settings, by name; ai_mark: whether such a picture shows that a machine made it.
    """

    source: Path
    source_name: str
    target_language: str
    source_language: str = "auto"
    emotion: Path | None = None
    emotion_name: str = ""
    emotion_strength: float = 1.0
    emotion_folder: Path | None = None
    subtitles: Path | None = None
    subtitles_name: str = ""
    subtitles_are: str = "source"
    transcript: str = ""
    glossary: tuple[Term, ...] = ()
    recognizer: str = "auto"
    model_size: str = ""
    translator: str = "auto"
    voice_engine: str = "auto"
    match: Match = Match.CLOSE
    review: bool = False
    reviewed: bool = False
    edits: dict[int, SegmentEdit] = field(default_factory=dict)
    speaker_count: int | None = None
    voices: dict[int, SpeakerVoice] = field(default_factory=dict)
    watermark: str = ""
    origin: Origin | None = None
    limits: Limits = field(default_factory=Limits)
    ways: Ways = Ways.SPEAK
    converter: str = "auto"
    lipsync: str = ""
    lipsync_options: tuple[tuple[str, float], ...] = ()
    ai_mark: bool = True


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it. ``engines``: step to engine name and version. ``notes``: sentences for the person."""

    media: MediaInfo
    transcript: Transcript
    target_language: str
    takes: tuple[Take, ...]
    scores: JSON
    artifacts: tuple[Artifact, ...]
    engines: dict[str, str]
    notes: tuple[str, ...]
    speakers: tuple[SpeakerInfo, ...] = ()


class Pipeline(Protocol):
    """Ordered stages, each resumable from its artifacts."""

    @property
    def stages(self) -> tuple[str, ...]:
        """Names, in order."""

    @property
    def weights(self) -> dict[str, float]:
        """Each stage's rough share of the whole; they sum to 1."""

    def plan(self, stage: str) -> tuple[Unit, ...]:
        """The units that can be done now; () when nothing of the stage is left."""

    def run(self, stage: str, unit: str, progress: Progress) -> None:
        """Do one unit. Raises PipelineError or Cancelled."""

    def finish(self, stage: str) -> None:
        """Join what the units made; called when the plan is empty, also when there was nothing to do."""
