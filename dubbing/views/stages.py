"""The stages of a dub in words, and how far a job has come along them."""

from __future__ import annotations

from dataclasses import dataclass

from dubbing.models import DubbingJob, Job


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage for a person: its short name, what happens in it, and its icon in the sprite."""

    name: str
    title: str
    doing: str
    icon: str


STAGES: tuple[Stage, ...] = (
    Stage("ingest", "Read", "Reading the file and taking out its sound", icon="file-audio-2"),
    Stage("transcribe", "Transcribe", "Listening to what is said", icon="ear"),
    Stage("diarize", "Speakers", "Telling apart who speaks", icon="users"),
    Stage("translate", "Translate", "Translating, sentence by sentence", icon="languages"),
    Stage("review", "Review", "Waiting for you to look at the words", icon="scan-eye"),
    Stage("voice", "Voice", "Getting to know the speaker's voice", icon="mic-vocal"),
    Stage("synthesize", "Speak", "Speaking each sentence in its place", icon="audio-lines"),
    Stage("convert", "Convert", "Moving the recording's own sound into the voice", icon="audio-waveform"),
    Stage("stitch", "Stitch", "Joining the sentences, each at its time", icon="combine"),
    Stage("score", "Measure", "Measuring how close the voice came", icon="gauge"),
    Stage("prepare", "Portrait", "Finding eyes, lips and chin in the portrait", icon="scan-face"),
    Stage("lipsync", "Lips", "Moving the lips with the words, picture by picture", icon="smile"),
    Stage("mux", "Finish", "Writing the video, subtitles and downloads", icon="clapperboard"),
)
_ALL = {stage.name: stage for stage in STAGES}

_DUB = (
    "ingest",
    "transcribe",
    "diarize",
    "translate",
    "review",
    "voice",
    "synthesize",
    "stitch",
    "score",
    "lipsync",
    "mux",
)
_SCRIPT = ("voice", "synthesize", "stitch", "score")
_ORDERS: dict[str, tuple[str, ...]] = {
    Job.Kind.DUBBING.value: _DUB,
    Job.Kind.CONVERSION.value: (*_DUB[:7], "convert", *_DUB[7:]),
    Job.Kind.SPEECH.value: (*_SCRIPT, "mux"),
    Job.Kind.PORTRAIT.value: ("prepare", *_SCRIPT, "lipsync", "mux"),
}
"""By kind of job, the stages in order."""

_OF_WORDS = frozenset(_DUB[1:7])
"""What is left out where nothing but sound is converted."""


@dataclass(frozen=True, slots=True)
class Step:
    """A stage of one job. state: ``done``, ``now`` or ``ahead``; progress: 0 to 1 within the stage."""

    stage: Stage
    state: str
    progress: float


def stage_labels() -> dict[str, str]:
    """Stage name to what happens in it."""
    return {stage.name: stage.doing for stage in STAGES}


def steps_of(job: Job) -> list[Step]:
    """The stages of a job as a stepper shows them; those that may be left out only where they were asked for or have
    come up."""
    stages = [name for name in _ORDERS[job.kind] if _wanted(job, name)]
    reached = stages.index(job.stage) if job.stage in stages else -1
    here = len(stages) if job.status == Job.Status.SUCCEEDED else reached
    return [
        Step(_ALL[name], _state(place, here), job.stage_progress if place == here else float(place < here))
        for place, name in enumerate(stages)
    ]


def _wanted(job: Job, stage: str) -> bool:
    detail = job.detail
    if stage == job.stage:
        return True
    if stage == "lipsync":
        return bool(detail.lipsync)
    if not isinstance(detail, DubbingJob):
        return True
    if detail.ways == DubbingJob.Ways.CONVERT and stage in _OF_WORDS:
        return False
    if stage == "review":
        return detail.review or detail.reviewed_at is not None
    return stage != "convert" or detail.ways != DubbingJob.Ways.SPEAK


def _state(place: int, here: int) -> str:
    if place < here:
        return "done"
    return "now" if place == here else "ahead"
