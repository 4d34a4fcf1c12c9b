"""What a dub leaves in its workspace: the files' names, and what is in them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from vocasync.stages.score import Scores
from vocasync.types import MediaInfo, Region, Segment, Take, Track, Transcript, Turn, VoiceReference

INGESTED = "ingest.json"
ANALYSIS = "analysis.wav"
PLAN = "plan.json"
TRANSCRIPT = "transcript.json"
DIARIZED = "diarized.json"
SPEAKERS = "speakers.json"
TRANSLATION = "translation.json"
EMOTION = "voice/emotion"
EMOTION_AUDIO = "voice/emotion.wav"
MARKS = "marks.json"
"""Beside a take: when what is said in it."""
SCORES = "scores.json"
RESULT = "result.json"
OUTPUT = "out"


@dataclasses.dataclass(frozen=True, slots=True)
class Ingested:
    """The source, as it was found. ``regions``: where someone speaks."""

    info: MediaInfo
    sha256: str
    regions: tuple[Region, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Translation:
    """Segments with their translations. ``translator``: "" when nothing had to be translated."""

    segments: tuple[Segment, ...]
    translator: str
    notes: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class Heard:
    """The transcript, with what to tell about how it was read.

    voices: names of the speakers, by number, where the user's subtitles say who speaks; else (). turns: who speaks
    when, once that was found out by sound; else ().
    """

    transcript: Transcript
    notes: tuple[str, ...] = ()
    voices: tuple[str, ...] = ()
    turns: tuple[Turn, ...] = ()

    def with_segments(self, segments: Iterable[Segment]) -> Heard:
        """The same with other segments."""
        return dataclasses.replace(self, transcript=dataclasses.replace(self.transcript, segments=tuple(segments)))


@dataclasses.dataclass(frozen=True, slots=True)
class OwnVoice:
    """What was cut from the recording for a speaker. reference: None where there was too little; the engine's own
    voice ``stock`` speaks then."""

    reference: VoiceReference | None = None
    stock: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Scored:
    """The scores, and the takes with theirs."""

    scores: Scores
    takes: tuple[Take, ...]


def take_name(track: Track, segment: Segment) -> str:
    """The artifact name of a take, without its ending."""
    return f"takes/{track.value}/{segment.index:05d}"


def track_name(track: Track) -> str:
    """The artifact name of a stitched track."""
    return f"tracks/{track.value}.wav"
