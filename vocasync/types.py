"""What flows between the stages.

Conventions: audio is ``float32``, mono unless said, in [-1, 1], with its sample rate in Hz beside it; times are
seconds from the start of the media; languages are the codes of :mod:`vocasync.languages`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vocasync.compat import StrEnum

FloatArray = NDArray[np.float32]

Picture = NDArray[np.uint8]
"""A picture in memory: sRGB, shape (height, width, 3), red first."""

ANALYSIS_RATE = 16_000
"""Sample rate in Hz of the audio that recognisers, VAD and speaker encoders read."""


class Track(StrEnum):
    """An audio track of a job's result."""

    VOICE = "voice"  # the original speaker's voice
    EMOTION = "emotion"  # the same voice in the tone of the emotion reference
    CONVERTED = "converted"  # the recording's own sound, moved into a voice


class Ways(StrEnum):
    """How a recording comes into another voice."""

    SPEAK = "speak"  # its words are spoken anew
    CONVERT = "convert"  # its sound is converted
    BOTH = "both"  # to compare


class Match(StrEnum):
    """How strongly a matched voice follows its reference: the trade between words and likeness."""

    CLEAR = "clear"  # optimal transport alone: the most intelligible
    CLOSE = "close"  # mixed with the reference's own frames: the most alike


class VoiceKind(StrEnum):
    """Where a speaker's dubbed voice comes from."""

    OWN = "own"  # cut from the video
    PROFILE = "profile"  # a voice of the library
    STOCK = "stock"  # one that the engine brings


class FitKind(StrEnum):
    """What it took to bring a take into its slot (the last step that was needed)."""

    NATURAL = "natural"
    RATE = "rate"  # spoken again at another rate
    STRETCH = "stretch"  # time-stretched with pitch kept
    BORROW = "borrow"  # runs into the silence after the segment
    OVERFLOW = "overflow"  # still longer than the room there is: overlaps, never cut


@dataclass(frozen=True, slots=True)
class Audio:
    """Mono samples in memory.

    samples: float32, shape (n,), in [-1, 1]. rate: Hz.
    """

    samples: FloatArray
    rate: int

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return len(self.samples) / self.rate


@dataclass(frozen=True, slots=True)
class Region:
    """A stretch of time, in seconds; ``end`` > ``start`` >= 0."""

    start: float
    end: float

    @property
    def duration(self) -> float:
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class VideoStream:
    """The first picture stream of a medium. ``rotation``: degrees clockwise, one of 0, 90, 180, 270."""

    index: int
    codec: str
    width: int
    height: int
    fps: float
    rotation: int = 0
    variable_rate: bool = False


@dataclass(frozen=True, slots=True)
class AudioStream:
    """The first sound stream of a medium. ``rate``: Hz. ``duration``: as the stream claims, in seconds (0: nothing)."""

    index: int
    codec: str
    rate: int
    channels: int
    language: str = ""
    duration: float = 0.0


@dataclass(frozen=True, slots=True)
class MediaInfo:
    """What ffprobe says of a file. ``duration`` in seconds, ``size`` in bytes."""

    container: str
    duration: float
    size: int
    video: VideoStream | None
    audio: AudioStream | None


@dataclass(frozen=True, slots=True)
class Word:
    """A recognised word. ``confidence``: posterior in [0, 1], or None where the engine gives none."""

    text: str
    start: float
    end: float
    confidence: float | None = None


def mean_confidence(words: Iterable[Word]) -> float | None:
    """The mean posterior in [0, 1] of the words that have one; None where none has."""
    known = [word.confidence for word in words if word.confidence is not None]
    return round(float(np.mean(known)), 3) if known else None


@dataclass(frozen=True, slots=True)
class Segment:
    """A sentence-like unit: what is recognised, translated and spoken as one.

    index: position in the job, from 0. confidence: mean word posterior in [0, 1], None when the text is the user's
    own. translation: the text to speak ("" until translated). flags: machine-readable doubts about this segment,
    of ``low_confidence``, ``translation_unsure``.
    """

    index: int
    start: float
    end: float
    text: str
    words: tuple[Word, ...] = ()
    confidence: float | None = None
    speaker: int = 0
    translation: str = ""
    flags: tuple[str, ...] = ()

    @property
    def duration(self) -> float:
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Transcript:
    """Segments in order of time, with what made them. ``confidence``: mean over words, None for the user's text."""

    language: str
    segments: tuple[Segment, ...]
    engine: str
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class VoiceReference:
    """Clean speech of one speaker, as pieces of a WAV file at ``ANALYSIS_RATE`` or above.

    audio: path. regions: what to use of it (all when empty). transcript/language where known ("" otherwise). of: id of
    the voice of the library that it is of, "" for speech out of a recording. words: those of the file, with their
    times in it, where they are known.
    """

    audio: Path
    regions: tuple[Region, ...] = ()
    transcript: str = ""
    language: str = ""
    of: str = ""
    words: tuple[Word, ...] = ()


@dataclass(frozen=True, slots=True)
class SpeakerVoice:
    """What a speaker is dubbed with.

    reference, mark: of a voice of the library, the speech that it is made from and the fingerprint of that. folder:
    where what engines compute of that voice is kept for all jobs (None: nowhere but with the job). stock: name of an
    engine's own voice ("" for its default). options: engine settings (``EngineSpec.settings``), by name.
    """

    kind: VoiceKind = VoiceKind.OWN
    reference: VoiceReference | None = None
    mark: str = ""
    stock: str = ""
    options: tuple[tuple[str, float], ...] = ()
    folder: Path | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """A stretch in which one person speaks. speaker: from 0, in order of appearance; times in seconds."""

    speaker: int
    start: float
    end: float

    @property
    def duration(self) -> float:
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class SpeakerInfo:
    """Somebody who speaks in a recording.

    seconds: of their speech. embedding: L2-normalised, empty where there was too little. style: ``f0_median`` (Hz),
    ``f0_range`` (semitones), ``pace`` (energy peaks a second of speech), ``energy`` (dB, spread), ``tilt`` (dB an
    octave); empty likewise. sample: where they are heard best. name: as subtitles give it, "" where unnamed.
    """

    number: int
    seconds: float
    sample: Region
    embedding: tuple[float, ...] = ()
    style: dict[str, float] = field(default_factory=dict)
    name: str = ""


@dataclass(frozen=True, slots=True)
class SpeechMark:
    """When a word or phoneme is spoken inside a take. kind: ``word`` or ``phoneme``; text: the word, or IPA."""

    kind: str
    text: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class SpeechRequest:
    """One thing to say.

    rate: speaking rate relative to the engine's natural one, 0.5 to 2. strength: how much of the style is laid on,
    0 (none) to 1 (all). seed: for engines that sample. stock: which of the engine's own voices speaks when it is given
    none ("" for its default). options: engine settings (``EngineSpec.settings``), by name.
    """

    text: str
    language: str
    rate: float = 1.0
    strength: float = 1.0
    match: Match = Match.CLOSE
    seed: int = 0
    stock: str = ""
    options: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Speech:
    """What an engine said. ``marks`` are empty where the engine gives no times."""

    audio: Audio
    marks: tuple[SpeechMark, ...] = ()


@dataclass(frozen=True, slots=True)
class Take:
    """A spoken segment on one track, fitted to its slot.

    path: WAV inside the workspace, relative to its root. start: where it begins in the media. duration: of the
    fitted sound. rate: speaking rate asked of the engine. stretch: fitted / spoken duration (1 = untouched).
    borrowed: seconds past the segment's end that lie in silence; overflow: seconds past that.
    similarity: per reference ("speaker", "emotion"), cosine in [-1, 1].
    """

    index: int
    track: Track
    path: str
    start: float
    duration: float
    slot: float
    rate: float = 1.0
    stretch: float = 1.0
    borrowed: float = 0.0
    overflow: float = 0.0
    fit: FitKind = FitKind.NATURAL
    similarity: dict[str, float] = field(default_factory=dict)
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Artifact:
    """A file of the result. ``path``: relative to the output folder. ``kind``: of ``video``, ``audio``, ``subtitles``,
    ``transcript``, ``peaks``, ``poster``, ``archive``, ``manifest``. ``sha256``: of its bytes, hex."""

    name: str
    path: str
    kind: str
    mime: str
    size: int
    track: str = ""
    language: str = ""
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Face:
    """A face in a picture, in its pixels (x to the right, y down).

    box: left, top, right, bottom. score: how sure the detector is, 0 to 1. landmarks: the 468 points of MediaPipe's
    face mesh, shape (468, 3), z towards the viewer negative and on the scale of x. mesh_score: how sure it is that
    these lie on a face, 0 to 1.
    """

    box: tuple[float, float, float, float]
    score: float
    landmarks: NDArray[np.float64]
    mesh_score: float

    @property
    def inter_ocular(self) -> float:
        """Pixels between the outer corners of the eyes."""
        return float(np.linalg.norm(self.landmarks[263, :2] - self.landmarks[33, :2]))


MOUTH = ("jaw", "wide", "round", "up", "low", "tuck", "press", "tongue")
"""What a mouth is described by, each 0 to 1: jaw drop, corners apart, lips rounded, upper lip raised, lower lip
lowered, lower lip under the upper teeth (f, v), lips pressed (p, b, m), tongue at the teeth."""

HEAD = ("yaw", "pitch", "roll", "right", "down", "breath")
"""How a head is held: radians, then inter-ocular distances."""


@dataclass(frozen=True, slots=True)
class Performance:
    """What a face does, frame by frame; each array has one row a frame (float32).

    mouth: shape (n, 8), of MOUTH. blink: (n,), 0 open to 1 shut. head: (n, 6), of HEAD. brows: (n,), -1 frowning to 1
    raised. smile: (n,), -1 corners down to 1 up. shut: (n,), 0 to 1, how far a mouth that is open in the picture is
    closed.
    """

    mouth: FloatArray
    blink: FloatArray
    head: FloatArray
    brows: FloatArray
    smile: FloatArray
    shut: FloatArray

    def __len__(self) -> int:
        return len(self.mouth)


JSON = dict[str, Any]
