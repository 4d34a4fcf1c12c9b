"""One Protocol a stage: what an engine promises. A new engine is one file, one registry row, and the contract test.

Every engine module has a module-level ``create(config: EngineConfig) -> Engine`` that loads its model; heavy imports
happen inside it (or inside methods), never at import time. An engine may say what it takes (``memory_bytes``, and on
which ``device`` unless that is ``cpu``) and have a ``close()``, called when it is dropped and nobody uses it any more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

from vocasync.progress import Progress
from vocasync.types import (
    Audio,
    Face,
    FloatArray,
    Match,
    Performance,
    Picture,
    Region,
    Segment,
    Speech,
    SpeechRequest,
    VoiceReference,
)

if TYPE_CHECKING:
    from vocasync.engines.tts.style import Style  # NumPy's and more, which nobody needs here

Stage = Literal["asr", "align", "translate", "tts", "convert", "speaker", "watermark", "face", "lipsync"]
Kind = Literal["embedded", "neural", "cloud"]


@dataclass(frozen=True, slots=True)
class EngineConfig:
    """What an engine may know of the place it runs in. Hashable: with the engine's name it is the cache key.

    models: folder of downloaded weights. cache: folder for what engines compute and keep (translations...).
    network: whether the internet may be used at all. device: ``auto``, ``cpu``, ``cuda``, ``cuda:1``, ``mps``.
    size: size of a model that comes in sizes ("" = engine's default). memory_mb: what all loaded engines of a process
    may take together, 0 for half of the machine's. options: engine-specific ``(name, value)`` pairs, such as a server's
    address. keys: service to key, never shown.
    """

    models: Path = Path("var/models")
    cache: Path = Path("var/cache")
    network: bool = True
    device: str = "auto"
    size: str = ""
    memory_mb: int = 0
    options: tuple[tuple[str, str], ...] = ()
    keys: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    def key(self, service: str) -> str:
        """The key for a service, "" where there is none."""
        return dict(self.keys).get(service, "")

    def option(self, name: str, default: str = "") -> str:
        """The value of an engine-specific option."""
        return dict(self.options).get(name, default)


@dataclass(frozen=True, slots=True)
class Needs:
    """What must be there, probed without importing the engine.

    packages: importable names, and ``step``, what installs them. commands: programs on PATH. weights: name of a model
    in :mod:`vocasync.weights.catalogue`. service: whose key is needed (``EngineConfig.keys``). probe: dotted path of
    ``f(config) -> str`` in a light module ("" when fine, else the one line that says what is missing and its remedy).
    """

    packages: tuple[str, ...] = ()
    step: str = "make setup"
    commands: tuple[str, ...] = ()
    weights: str = ""
    service: str = ""
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

    def value(self, options: Iterable[tuple[str, float]]) -> float:
        """What it is set to among these, within its range."""
        return min(max(dict(options).get(self.name, self.default), self.low), self.high)


def setting(settings: Iterable[SettingSpec], name: str, options: Iterable[tuple[str, float]]) -> float:
    """What the setting of a name is set to among these, within its range."""
    return next(row for row in settings if row.name == name).value(options)


@dataclass(frozen=True, slots=True)
class StockVoice:
    """A voice that an engine brings. languages: codes, empty for all that the engine speaks. same: the name of the
    voice that this is another name of, "" for a voice of its own."""

    name: str
    label: str
    sex: str = ""
    languages: frozenset[str] = frozenset()
    same: str = ""


@dataclass(frozen=True, slots=True)
class Price:
    """What a service asks: ``usd`` for every ``per`` units. unit: ``characters``, or ``seconds`` of sound. of: the
    month that the vendor's list is from."""

    usd: float
    per: int
    unit: Literal["characters", "seconds"]
    of: str


@dataclass(frozen=True, slots=True)
class EngineSpec:
    """A registry row.

    languages: codes it handles (source languages for recognition, spoken ones for voices; empty = asks the engine's
    ``routes`` probe or is universal). quality: rank used by ``auto``, higher is better. sizes: model sizes, smallest
    first. tried: what was verified with real weights, said in the interface. settings: of a voice engine, what can be
    set for a voice. stock: dotted path of ``f(config) -> tuple[StockVoice, ...]`` in a light module ("" for none).
    drift: of a recogniser, the share of sounds that it hears in clean speech otherwise than they were said only where
    the words are wrong; 0 for one that is not to judge takes.
    clones: of a voice engine, whether it speaks in a given voice. commercial: whether its licence allows commercial
    use. price: None for what costs nothing; ``auto`` never chooses what has one.
    streams: of a recogniser, whether it is a :class:`StreamingRecognizer`. live: dotted path of ``f(config) -> str`` in
    a light module: why the engine cannot keep up with somebody who speaks, "" where it can; without such a function
    neural engines need a GPU for that, and others nothing.
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
    drift: float = 0.0
    clones: bool = True
    commercial: bool = True
    price: Price | None = None
    streams: bool = False
    live: str = ""
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
    together: int
    """How many regions it does at once where it is given several; 1 where it gains nothing by that."""
    punctuates: bool
    """Whether its text has punctuation and casing."""

    def recognize(self, audio: Audio, regions: Sequence[Region], language: str, progress: Progress) -> Recognition:
        """Recognise each region of ``audio`` (mono at ``ANALYSIS_RATE``); ``language`` may be ``auto``.

        Times in the result are in the time of ``audio``. A region with no words gives no segment.
        """


@dataclass(frozen=True, slots=True)
class Partial:
    """What a streaming recogniser hears so far. final: it will not change any more. segment: words with times, in
    seconds from the session's beginning. language: that was detected, "" where none was (yet)."""

    segment: Segment
    final: bool
    language: str = ""


@runtime_checkable
class RecognitionSession(Protocol):
    """One stream of speech. Closed when done with; not shared between threads."""

    def feed(self, samples: FloatArray) -> list[Partial]:
        """Take more sound (mono at ``ANALYSIS_RATE``), and give what is new."""

    def pause(self) -> list[Partial]:
        """Whoever speaks has paused: what was said becomes final, now where the engine can, else when it does."""

    def finish(self) -> list[Partial]:
        """No more sound is coming: what is left, all of it final."""

    def close(self) -> None:
        """Let go, whatever is still under way."""


@runtime_checkable
class StreamingRecognizer(Protocol):
    """Speech to text while it is spoken. The engine itself has no state of a stream: sessions have."""

    name: str
    punctuates: bool
    """Whether its text has punctuation and casing."""

    def open(self, language: str) -> RecognitionSession:
        """A new session; ``language`` may be ``auto`` where the engine detects it."""


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

    def translate(
        self,
        texts: Sequence[str],
        source: str,
        target: str,
        progress: Progress,
        around: tuple[str, str] = ("", ""),
    ) -> list[Translated]:
        """Translate in order, same length. ``texts`` are consecutive: an engine may use neighbours as context, and what
        is said ``around`` them, before and after. What stands between the marks of
        :mod:`vocasync.engines.translate.keeping` comes out as it is, and the marks are gone."""


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
    batch: int
    """Most requests that are worth being given together; 1 where it says one after the other."""
    seeded: bool
    """Whether another seed gives another take."""
    paced: bool
    """Whether it speaks at another rate by itself, rather than having its sound stretched."""

    def prepare(self, reference: VoiceReference, path: Path, progress: Progress) -> None:
        """Compute the conditioning of a voice and write it to ``path`` (raises ``reference_too_short``)."""

    def prepare_emotion(self, reference: VoiceReference, path: Path, progress: Progress) -> None:
        """Compute the style of an emotion reference and write it to ``path``."""

    def load(self, path: Path) -> Any:
        """Read what :meth:`prepare` or :meth:`prepare_emotion` wrote."""

    def synthesize(self, request: SpeechRequest, voice: Any | None, emotion: Any | None = None) -> Speech:
        """Say it. ``voice`` None: the engine's untreated stock voice. Deterministic for the same request."""

    def synthesize_many(
        self, requests: Sequence[SpeechRequest], voice: Any | None, emotion: Any | None = None
    ) -> list[Speech]:
        """Say several in one voice, together where the model can, in their order. The same requests in the same order
        sound the same; a model that samples may say one of them otherwise when it is alone."""


@runtime_checkable
class StreamingVoice(Protocol):
    """A voice engine that gives its sound while it is made."""

    def stream(self, request: SpeechRequest, voice: Any | None, emotion: Any | None = None) -> Iterator[Audio]:
        """The sound in pieces, one after the other, at the engine's rate."""


@runtime_checkable
class WarmVoice(Protocol):
    """A voice engine that computes something before it speaks a language for the first time."""

    def warm(self, language: str) -> None:
        """Compute it now; nothing where that was done."""


@runtime_checkable
class TonedVoice(Protocol):
    """A voice engine that takes a tone that was measured, beside those that it hears itself."""

    def toned(self, style: Style) -> Any | None:
        """What :meth:`VoiceEngine.synthesize` takes as emotion; None where its sound would come too late by it."""


@runtime_checkable
class VoiceConverter(Protocol):
    """Speech into the same speech in another voice: timing and melody stay."""

    name: str
    version: str
    sample_rate: int

    def prepare(self, reference: VoiceReference, path: Path, progress: Progress) -> None:
        """Compute the conditioning of a voice and write it to ``path`` (raises ``reference_too_short``)."""

    def load(self, path: Path) -> Any:
        """Read what :meth:`prepare` wrote."""

    def convert(self, audio: Audio, source: Any, voice: Any, progress: Progress, match: Match = Match.CLOSE) -> Audio:
        """``audio`` (any rate, some seconds), which the voice ``source`` says, said by ``voice`` (conditionings of this
        engine): as long, at ``sample_rate``. match: the trade between words and likeness, where it knows one."""


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


@runtime_checkable
class FaceFinder(Protocol):
    """Where faces are in a picture, and where everything is in a face."""

    name: str
    version: str

    def faces(self, picture: Picture) -> tuple[Face, ...]:
        """Every face that is there, the surest and largest first; () for none."""

    def follow(self, picture: Picture, before: Face) -> Face | None:
        """The same face a frame later, None where it is not seen any more. Much quicker than :meth:`faces`."""

    def eyes(self, picture: Picture, face: Face) -> tuple[float, float]:
        """How far the eye to the left in the picture and that to the right are open: height to width, under 0.15 shut,
        0.2 to 0.35 open."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What is to be seen. ``frames`` of them, ``fps`` a second.

    speech: what is heard from the first frame on, mono at ``ANALYSIS_RATE``, as long as the frames. performance: what
    the face does in each frame, for engines that are told; others listen. options: engine settings, by name.
    """

    speech: Audio
    fps: float
    frames: int
    performance: Performance
    options: tuple[tuple[str, float], ...] = ()


@runtime_checkable
class LipSync(Protocol):
    """Pictures in which a mouth says what is heard. Frames come out one by one: memory is flat in their number."""

    name: str
    version: str

    def still(self, picture: Picture, face: Face, scene: Scene, progress: Progress) -> Iterator[Picture]:
        """``scene.frames`` pictures of the size of ``picture``, in which ``face`` speaks."""

    def moving(
        self, frames: Iterable[tuple[Picture, Face | None]], scene: Scene, progress: Progress
    ) -> Iterator[Picture]:
        """Each of these frames with the face's mouth as it should be; one without a face comes out as it is."""
