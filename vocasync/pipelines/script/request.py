"""What is asked of a script: its words, its voice, and what is to come of it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path

from vocasync.engines.auto import AUTO
from vocasync.media import sounds
from vocasync.pipelines.base import SegmentEdit
from vocasync.provenance.manifest import Origin
from vocasync.stages.ingest import Limits
from vocasync.stages.manuscript import MOST_WORDS, Form
from vocasync.types import Match, SpeakerVoice, VoiceKind

FORMATS = tuple(sounds.FORMATS)
"""What the sound can be had as."""


@dataclass(frozen=True, slots=True)
class ScriptRequest:
    """What to speak, and how.

    text, form: of the script; name: how the person calls it. language: a code. voice: one of the library or of an
    engine's own. reference: a clip whose speaker is to speak instead, brought on the spot;
    reference_text: what is said in it, where somebody knows. emotion: recording of the
    tone to speak in; emotion_folder: where what engines compute of it is kept for all jobs. edits: by the line's index.
    sound: a finished recording instead of a text, within ``limits``; nothing is spoken then. watermark, origin: as of a
    ``DubRequest``.
    """

    text: str
    language: str
    name: str = "the text"
    form: Form = Form.PLAIN
    voice: SpeakerVoice = field(default_factory=lambda: SpeakerVoice(VoiceKind.STOCK))
    reference: Path | None = None
    reference_name: str = ""
    reference_text: str = ""
    voice_engine: str = AUTO
    emotion: Path | None = None
    emotion_name: str = ""
    emotion_strength: float = 1.0
    emotion_folder: Path | None = None
    match: Match = Match.CLOSE
    edits: dict[int, SegmentEdit] = field(default_factory=dict)
    watermark: str = ""
    origin: Origin | None = None
    formats: tuple[str, ...] = ("wav", "mp3")
    sound: Path | None = None
    sound_name: str = ""
    most_words: int = MOST_WORDS
    limits: Limits = field(default_factory=Limits)

    @property
    def title(self) -> str:
        """How the person calls what is spoken."""
        return self.sound_name or self.name


@dataclass(frozen=True, slots=True)
class Margins:
    """Silence around what is spoken, in frames of a picture; without a picture there is none.

    fps: frames a second, 0 for no picture. before, after: how many there are at least.
    """

    fps: float = 0.0
    before: int = 0
    after: int = 0

    @property
    def lead(self) -> float:
        """Seconds before the first word."""
        return self.before / self.fps if self.fps else 0.0

    def frames(self, spoken: float) -> int:
        """Frames in which ``spoken`` seconds of speech can be heard to their end, with the margins."""
        # What lies past a frame by less than a sample's rounding is no reason for another one.
        return math.ceil(round(spoken * self.fps, 3)) + self.before + self.after

    def length(self, spoken: float) -> float:
        """Seconds of the whole."""
        return self.frames(spoken) / self.fps if self.fps else spoken
