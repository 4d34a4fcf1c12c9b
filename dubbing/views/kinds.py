"""The kinds of jobs in words."""

from __future__ import annotations

from dataclasses import dataclass

from dubbing.models import DubbingJob, Job
from web.icons import icon


@dataclass(frozen=True, slots=True)
class KindWords:
    """What a kind of job is called. noun: within a sentence. several: as the name of a list. icon: of the sprite.
    tracks: the sounds of a result, by ``Artifact.track``, in the order of the player's switch."""

    noun: str
    several: str
    icon: str
    tracks: dict[str, str]


WORDS: dict[str, KindWords] = {
    Job.Kind.DUBBING.value: KindWords(
        "dub", "Dubs", icon("languages"), {"original": "Original", "voice": "Dubbed voice", "emotion": "Emotion"}
    ),
    Job.Kind.PORTRAIT.value: KindWords(
        "portrait", "Portraits", icon("scan-face"), {"voice": "Voice", "emotion": "Emotion"}
    ),
    Job.Kind.CONVERSION.value: KindWords(
        "recording",
        "Voice to voice",
        icon("audio-waveform"),
        {"original": "Original", "voice": "Spoken anew", "emotion": "Emotion", "converted": "Converted"},
    ),
    Job.Kind.SPEECH.value: KindWords("speech", "Speech", icon("audio-lines"), {"voice": "Voice", "emotion": "Emotion"}),
}
"""By ``Job.kind``."""


def words_of(job: Job) -> KindWords:
    """What a job's kind is called."""
    return WORDS[job.kind]


def has_source(job: Job) -> bool:
    """Whether it was made of a recording, which can be heard beside the result."""
    return isinstance(job.detail, DubbingJob)
