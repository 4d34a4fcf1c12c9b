"""A recording that somebody brought, made ready to be measured."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from vocasync.engines import registry
from vocasync.engines.auto import speaks
from vocasync.engines.base import Aligner, EngineConfig, EngineSpec, Recognizer, SpeakerEncoder
from vocasync.errors import PipelineError
from vocasync.media import audio
from vocasync.pipelines.base import ENCODER
from vocasync.progress import Part, Progress
from vocasync.stages import ingest, quality, segment
from vocasync.stages.grade import Finding, Severity
from vocasync.types import ANALYSIS_RATE, Audio, FloatArray, MediaInfo, Region, VoiceReference

SOUND_RATE = 24_000
"""Of the samples that are kept: what neural voice engines read."""

PEAKS = 200
EMBEDDED_SECONDS = 30.0
ALIGNER = "sphinx-align"
_MOST_BYTES = 4 * 2**30
_FOREVER = ingest.Limits(max_seconds=math.inf, min_seconds=0.0, max_bytes=_MOST_BYTES)


@dataclass(frozen=True, slots=True)
class Clip:
    """A recording that was taken in. analysis: mono WAV at 16 kHz. regions: where someone speaks."""

    analysis: Path
    seconds: float
    regions: tuple[Region, ...]

    @property
    def speech_seconds(self) -> float:
        return sum(region.duration for region in self.regions)

    def speech(self, seconds: float) -> Audio:
        """Speech from all over it, without the pauses, up to about ``seconds``."""
        return quality.read_regions(self.analysis, quality.spread(self.regions, seconds))


def look_at(source: Path, name: str) -> MediaInfo:
    """What is in a file, of any length.

    Raises PipelineError ``empty_file``, ``disguised_playlist``, ``not_media``, ``unfinished_media``, ``no_audio``.
    """
    return ingest.inspect(source, name, _FOREVER)


def write_sound(source: Path, name: str, info: MediaInfo, out: Path, wanted: ingest.Wanted, progress: Progress) -> bool:
    """Write the sound as mono WAV; False where all of it is silence."""
    try:
        ingest.extract_sound(source, name, info, out, progress, wanted)
    except PipelineError as error:
        if error.code != "no_speech":
            raise
        return False
    return True


@contextmanager
def analysed(sound: Path, progress: Progress) -> Iterator[Clip]:
    """Where someone speaks in a sound of this project; its analysis is gone when the block is left."""
    with tempfile.TemporaryDirectory() as folder:
        analysis = Path(folder) / "analysis.wav"
        audio.resample_file(sound, analysis, ANALYSIS_RATE)
        regions = segment.speech_regions(analysis, progress)
        yield Clip(analysis, audio.length(analysis), regions)


@contextmanager
def clip_of(source: Path, name: str, longest: float, progress: Progress) -> Iterator[Clip]:
    """The first ``longest`` seconds of a recording that is not kept.

    Raises what :func:`look_at` raises, and ``no_speech`` where nobody speaks.
    """
    info = look_at(source, name)
    with tempfile.TemporaryDirectory() as folder:
        analysis = Path(folder) / "analysis.wav"
        ingest.extract_sound(source, name, info, analysis, Part(progress, 0.0, 0.5), ingest.Wanted(longest=longest))
        regions = segment.speech_regions(analysis, Part(progress, 0.5, 1.0))
        if not regions:
            raise PipelineError("no_speech", name=name)
        yield Clip(analysis, audio.length(analysis), regions)


def status_of(problems: Sequence[Finding]) -> str:
    """``good``, ``flagged`` or ``refused``."""
    if any(problem.severity is Severity.REFUSE for problem in problems):
        return "refused"
    return "flagged" if problems else "good"


# --- engines ----------------------------------------------------------------------------------------------------------
def encoder(config: EngineConfig) -> SpeakerEncoder:
    """Raises ``engine_not_ready``."""
    return cast(SpeakerEncoder, registry.load("speaker", ENCODER, config))


def aligner(config: EngineConfig) -> Aligner:
    """Raises ``engine_not_ready``."""
    return cast(Aligner, registry.load("align", ALIGNER, config))


def recogniser_row(language: str, config: EngineConfig) -> EngineSpec | None:
    """The best recogniser for a language ("" for an unknown one) that needs nothing to be downloaded, or None."""
    for row in registry.specs("asr"):
        fits = speaks(row, language) if language else not row.languages
        if fits and registry.readiness(row, config).ready:
            return row
    return None


def recogniser(row: EngineSpec, config: EngineConfig) -> Recognizer:
    """The loaded recogniser of a row."""
    return cast(Recognizer, registry.load("asr", row.name, config))


def voice_vector(sound: Audio, config: EngineConfig) -> FloatArray:
    """Embedding of speech, L2-normalised. Raises ``no_speech`` for silence."""
    return encoder(config).embed(sound)


def reference_speech(reference: VoiceReference) -> Audio:
    """What a speaker encoder hears of a voice's reference: up to 30 s from all over it."""
    whole = (Region(0.0, audio.length(reference.audio)),)
    return quality.read_regions(reference.audio, quality.spread(reference.regions or whole, EMBEDDED_SECONDS))
