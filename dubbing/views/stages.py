"""The stages of a dub in words, and how far a job has come along them."""

from __future__ import annotations

from dataclasses import dataclass

from dubbing.models import Job


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
    Stage("stitch", "Stitch", "Joining the sentences to the original timing", icon="combine"),
    Stage("score", "Measure", "Measuring how close the voice came", icon="gauge"),
    Stage("mux", "Finish", "Writing the video, subtitles and downloads", icon="clapperboard"),
)
_ORDER = {stage.name: place for place, stage in enumerate(STAGES)}


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
    """The stages of a job as a stepper shows them; the review only where it was asked for or has come up."""
    here = len(STAGES) if job.status == Job.Status.SUCCEEDED else _ORDER.get(job.stage, -1)
    reviewed = job.dubbing.review or job.dubbing.reviewed_at or job.stage == "review"
    return [
        Step(stage, _state(place, here), job.stage_progress if place == here else float(place < here))
        for place, stage in enumerate(STAGES)
        if stage.name != "review" or reviewed
    ]


def _state(place: int, here: int) -> str:
    if place < here:
        return "done"
    return "now" if place == here else "ahead"
