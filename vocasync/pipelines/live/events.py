"""What a live session says: plain values, in the order in which they are to be told.

Clauses are counted from 0 through the whole session, speakers from 0 in the order in which they were first heard; times
are seconds of sound since the session began.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from vocasync.types import FloatArray

VoiceState = Literal["stock", "building", "own", "library", "given"]
"""With what somebody is dubbed: a voice of the engine's, the same while their own is made, their own as it was heard,
one of the library, their own from recordings that were brought."""


@dataclass(frozen=True, slots=True)
class Transcript:
    """What is said. final: it will not change any more; else it is what is under way since the last final clause, and
    ``clause`` is the number that it is going to have. confidence: 0 to 1, None where the engine gives none."""

    clause: int
    final: bool
    text: str
    language: str
    start: float
    end: float
    speaker: int | None = None
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Translation:
    """A final clause in the target language; unsure where the engine did not know some word."""

    clause: int
    text: str
    language: str
    unsure: bool = False


@dataclass(frozen=True, slots=True)
class Sound:
    """A piece of a dubbed clause. samples: float32 mono in [-1, 1], shape (n,), at ``rate`` Hz. last: the clause's last
    piece, which may be empty. pause: seconds to keep between the clause before and this one, where this is its first
    piece; 0 for the others."""

    clause: int
    samples: FloatArray
    rate: int
    last: bool
    pause: float = 0.0


@dataclass(frozen=True, slots=True)
class Delays:
    """From the end of a clause, as it arrived, in seconds: until its text was final; then until it was translated; then
    until the first sound of it was there. total: their sum."""

    recognition: float
    translation: float
    synthesis: float

    @property
    def total(self) -> float:
        return self.recognition + self.translation + self.synthesis


@dataclass(frozen=True, slots=True)
class Spoken:
    """All of a clause's sound was given. seconds: of it. rate: of speaking that was asked for. delays: None for a
    clause of which only the text was given. reason: why that was so, "" otherwise."""

    clause: int
    speaker: int
    voice: VoiceState
    seconds: float
    rate: float
    delays: Delays | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class SpeakerHeard:
    """Somebody was heard for the first time, is recognised, or gets another voice. similarity: cosine to whom they
    were taken for (1 for somebody new). actor: the key of whom of the known they are, "" for nobody. seconds: heard so
    far."""

    speaker: int
    name: str
    actor: str
    similarity: float
    voice: VoiceState
    seconds: float
    new: bool


@dataclass(frozen=True, slots=True)
class Percentiles:
    """Of delays in seconds. count: how many."""

    count: int
    p50: float
    p95: float
    p99: float


@dataclass(frozen=True, slots=True)
class Numbers:
    """How the session goes. delays: by component, of recognition, translation, synthesis, total. heard, spoken: seconds
    of speech in and of dub out. lag: seconds from the end of what was said last until its dub begins to be heard, where
    sound is played one after the other; 0 once all was heard. real_time_factor: seconds of work a second of sound that
    came in. similarity: mean cosine of what was dubbed to its
    speaker, None before it is known. errors: by code. dropped: ``partials`` not sent, ``pauses`` shortened (seconds),
    ``clauses`` of which only the text was given. waiting: how much waits in each queue, by its name."""

    delays: dict[str, Percentiles]
    heard: float = 0.0
    spoken: float = 0.0
    clauses: int = 0
    lag: float = 0.0
    real_time_factor: float = 0.0
    similarity: float | None = None
    errors: dict[str, int] = field(default_factory=dict)
    dropped: dict[str, float] = field(default_factory=dict)
    waiting: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pressure:
    """It falls behind, or does not any more. level: 0 all is well, 1 partials are left out, 2 pauses are shortened and
    the dub speaks faster, 3 sound comes in faster than it can be done: slow down, or some of it will be text alone."""

    level: int
    lag: float
    advice: str


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something went wrong. fatal: the session is over. clause: whose, None for the session's."""

    code: str
    message: str
    fatal: bool = False
    clause: int | None = None


@dataclass(frozen=True, slots=True)
class Loading:
    """What is being loaded: ``asr``, ``translate``, ``tts``, ``speaker``, ``watermark``. progress: 0 to 1, of all."""

    stage: str
    progress: float


@dataclass(frozen=True, slots=True)
class Ready:
    """Everything is loaded. engines: by step, of ``asr``, ``translate``, ``tts``, ``watermark``. language: that is
    listened for. notes: sentences for the person."""

    engines: dict[str, str]
    language: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Stopped:
    """Nothing more comes. All final text was told before."""

    numbers: Numbers


Event = (
    Transcript | Translation | Sound | Spoken | SpeakerHeard | Numbers | Pressure | Trouble | Loading | Ready | Stopped
)
