"""What is particular to a kind of job for those who carry it on: where its pipeline is, and after which of its stages
something is known that rows are written for."""

from __future__ import annotations

from dataclasses import dataclass

from dubbing.models import Job


@dataclass(frozen=True, slots=True)
class Kind:
    """pipeline: dotted path of ``f(job) -> JobPipeline``. speakers, words, takes: the stages after which it is known
    who speaks ("" where that is known from the start), what the segments are, and how they were spoken."""

    pipeline: str
    speakers: str
    words: str
    takes: tuple[str, ...]


_DUB = Kind("dubbing.requests:dub_pipeline", "diarize", "translate", ("synthesize", "score"))
# The times of a script's sentences are known when all of them are spoken.
_SCRIPT = Kind("dubbing.requests:script_pipeline", "", "stitch", ("stitch", "score"))

KINDS: dict[str, Kind] = {
    Job.Kind.DUBBING.value: _DUB,
    Job.Kind.CONVERSION.value: _DUB,
    Job.Kind.SPEECH.value: _SCRIPT,
    Job.Kind.PORTRAIT.value: Kind("dubbing.requests:portrait_pipeline", "", "stitch", ("stitch", "score")),
}


def kind_of(job: Job) -> Kind:
    """The row of a job's kind."""
    return KINDS[job.kind]
