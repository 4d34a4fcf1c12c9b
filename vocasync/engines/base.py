"""One Protocol a stage: what an engine promises. A new engine is one file, one registry row, and the contract test.

Every engine module has a module-level ``create(config: EngineConfig) -> Engine`` that loads its model; heavy imports
happen inside it (or inside methods), never at import time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol, runtime_checkable

from vocasync.progress import Progress
from vocasync.types import Audio, FloatArray, Region, Segment, Speech, SpeechRequest, VoiceReference

Stage = Literal["asr", "align", "translate", "tts", "speaker", "watermark"]
Kind = Literal["embedded", "neural", "cloud"]


@dataclass(frozen=True, slots=True)
class EngineConfig:
    """What an engine may know of the place it runs in. Hashable: with the engine's name it is the cache key.

    models: folder of downloaded weights. cache: folder for what engines compute and keep (translations...).
    network: whether the internet may be used at all. size: size of a model that comes in sizes ("" = engine's default).
    options: engine-specific ``(name, value)`` pairs, such as a server address for tests.
    """

    models: Path = Path("var/models")
    cache: Path = Path("var/cache")
    network: bool = True
    device: str = "auto"
    size: str = ""
    options: tuple[tuple[str, str], ...] = ()

    def option(self, name: str, default: str = "") -> str:
        """The value of an engine-specific option."""
        return dict(self.options).get(name, default)


@dataclass(frozen=True, slots=True)
class Needs:
    """What must be there, probed without importing the engine.

    packages: importable names. commands: programs on PATH. probe: dotted path of ``f(config) -> str`` in a light
    module ("" when fine, else the one line that says what is missing and its remedy).
    """

    packages: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    probe: str = ""


@dataclass(frozen=True, slots=True)
class SettingSpec:
    """A number that a person may set for a voice and an engine. ``about``: what it does, for the person."""

    name: str
    label: str
    low: float
    high: float
    default: float
    about: str


@dataclass(frozen=True, slots=True)
class StockVoice:
    """A voice that an engine brings. languages: codes, empty for all that the engine speaks."""

    name: str
    label: str
    sex: str = ""
    languages: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class EngineSpec:
    """A registry row.

    languages: codes it handles (source languages for recognition, spoken ones for voices; empty = asks the engine's
    ``routes`` probe or is universal). quality: rank used by ``auto``, higher is better. sizes: model sizes, smallest
    first. tried: what was verified with real weights, said in the interface. settings: of a voice engine, what can be
    set for a voice. stock: dotted path of ``f() -> tuple[StockVoice, ...]`` in a light module ("" for none).
    """

    name: str
    stage: Stage
    label: str
    path: str
    kind: Kind
    quality: int
    licence: str
    needs: Needs = field(default_factory=Needs)
    languages: frozenset[str] = frozenset()
    routes: str = ""
    sizes: tuple[str, ...] = ()
    settings: tuple[SettingSpec, ...] = ()
    stock: str = ""
    commercial: bool = True
    tried: str = ""
    about: str = ""


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether an engine can be used now. ``missing``: one line that names the remedy ("" when ready)."""

    ready: bool
    missing: str = ""


@dataclass(frozen=True, slots=True)
class Recognition:
    """What a recogniser heard: raw segments (text as the engine gives it), and the language."""

    segments: tuple[Segment, ...]
    language: str


@runtime_checkable
class Recognizer(Protocol):
    """Speech to text with word times."""

    name: str
    region_seconds: float
    """Longest region it wants, in seconds: regions from voice activity detection are merged up to this."""
    punctuates: bool
    """Whether its text has punctuation and casing."""

    def recognize(self, audio: Audio, regions: Sequence[Region], language: str, progress: Progress) -> Recognition:
        """Recognise each region of ``audio`` (mono at ``ANALYSIS_RATE``); ``language`` may be ``auto``.

        Times in the result are in the time of ``audio``. A region with no words gives no segment.
        """


@runtime_checkable
class Aligner(Protocol):
    """Forced alignment: the times of known words."""

    name: str

    def align(self, audio: Audio, lines: Sequence[str], language: str, progress: Progress) -> tuple[Segment, ...]:
        """One segment a line that could be placed, with words and times.

        Raises PipelineError ``alignment_failed`` or ``transcript_language``.
        """


@runtime_checkable
class PhraseChooser(Protocol):
    """Recognition among phrases that are known beforehand."""

    name: str

    def choose(self, audio: Audio, slots: Sequence[Sequence[str]], language: str) -> tuple[int | None, ...]:
        """Which phrase of each slot is said, the slots one after the other: its position, None where none was heard.

        Raises PipelineError ``transcript_language``."""


@dataclass(frozen=True, slots=True)
class Translated:
    """A translation; ``unsure`` when the engine knew some word not at all."""

    text: str
    unsure: bool = False


@runtime_checkable
class Translator(Protocol):
    """Text to text, between languages."""

    name: str
    version: str
    """Changes when the same text may come out differently; part of the key that translations are cached under."""
    contextual: bool
    """Whether a text's neighbours may change its translation."""

    def translate(self, texts: Sequence[str], source: str, target: str, progress: Progress) -> list[Translated]:
        """Translate in order, same length. ``texts`` are consecutive: an engine may use neighbours as context."""


@runtime_checkable
class VoiceEngine(Protocol):
    """Text to speech in a given voice.

    A *conditioning* is whatever the engine computed from a reference (features, latents); it is made once per voice
    and engine version, stored as a file, and passed back as the object that :meth:`load` gives.
    """

    name: str
    version: str
    sample_rate: int
    max_chars: int

    def prepare(self, reference: VoiceReference, path: Path, progress: Progress) -> None:
        """Compute the conditioning of a voice and write it to ``path`` (raises ``reference_too_short``)."""

    def prepare_emotion(self, reference: VoiceReference, path: Path, progress: Progress) -> None:
        """Compute the style of an emotion reference and write it to ``path``."""

    def load(self, path: Path) -> Any:
        """Read what :meth:`prepare` or :meth:`prepare_emotion` wrote."""

    def synthesize(self, request: SpeechRequest, voice: Any | None, emotion: Any | None = None) -> Speech:
        """Say it. ``voice`` None: the engine's untreated stock voice. Deterministic for the same request."""


@runtime_checkable
class SpeakerEncoder(Protocol):
    """A voice as a vector."""

    name: str
    dimensions: int

    def embed(self, audio: Audio) -> FloatArray:
        """L2-normalised embedding, shape (dimensions,). Any sample rate; silence is trimmed.

        Raises PipelineError ``no_speech`` for audio without sound."""

    def windows(self, audio: Audio, per_second: float) -> tuple[FloatArray, FloatArray]:
        """Who is heard when: embeddings of overlapping stretches of the sound, of which nothing is trimmed.

        Returns the stretches' middles in seconds, shape (n,), and L2-normalised embeddings, shape (n, dimensions),
        about ``per_second`` of them a second. What they are depends neither on the level nor on what surrounds a
        stretch, so that long sound can be given in pieces.
        """


@runtime_checkable
class Watermarker(Protocol):
    """A mark in the sound itself, which nobody hears and which survives a conversion."""

    name: str
    version: str
    """Changes when the same sound would be marked otherwise."""

    def mark(self, audio: Audio) -> Audio:
        """The same sound with the mark: as long, at the same rate, its peak no higher. Silence stays silence."""

    def detect(self, audio: Audio) -> float:
        """How certain it is that the sound, some seconds at any rate, carries the mark: 0 to 1. Of silence 0."""
