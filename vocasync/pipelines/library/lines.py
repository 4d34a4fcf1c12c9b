"""A line tried out in a voice."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np

from vocasync.artifacts import Workspace, file_sha256, fingerprint
from vocasync.engines import registry
from vocasync.engines.base import EngineConfig, VoiceEngine
from vocasync.engines.cache import EngineCache
from vocasync.errors import PipelineError
from vocasync.languages import language as language_of
from vocasync.media import audio, loudness
from vocasync.pipelines.library import intake
from vocasync.progress import Part, Progress
from vocasync.stages import quality
from vocasync.types import Audio, FloatArray, SpeakerVoice, SpeechRequest, VoiceReference

LUFS = -20.0
"""Of every line, so that voices are compared at the same loudness."""

_CEILING_DB = -1.0  # dBTP
_MOST_GAIN_DB = 30.0
_LOADED = EngineCache(capacity=16)
"""Conditionings and vectors that were read from files."""


@dataclass(frozen=True, slots=True)
class LineRequest:
    """What to say, and how. voice None: the engine's own default voice. emotion: the tone to move it towards, with
    strength 0 (not at all) to 1."""

    text: str
    language: str
    engine: str
    voice: SpeakerVoice | None = None
    emotion: VoiceReference | None = None
    strength: float = 1.0


@dataclass(frozen=True, slots=True)
class LineReport:
    """What came of it. similarity: cosine to the voice's reference; untreated: that of the engine's own voice, with
    which nothing was done; None where there is no reference. peaks: 200 values from 0 to 1."""

    seconds: float
    similarity: float | None
    untreated: float | None
    peaks: tuple[float, ...]


def speak_line(request: LineRequest, folder: Path, out: Path, config: EngineConfig, progress: Progress) -> LineReport:
    """Speak a line into ``out`` (WAV, the engine's rate, -20 LUFS).

    folder: of the voice, where what engines compute of it is kept and found again by fingerprint. The same request
    gives the same sound. Raises ``engine_unknown``, ``engine_not_ready``, ``voice_unsupported``,
    ``reference_too_short``, or ``voice_failed`` when the engine breaks.
    """
    engine = cast(VoiceEngine, registry.load("tts", request.engine, config))
    kept = _Kept(Workspace(folder), engine)
    progress.check()
    voice = kept.voice(request.voice, Part(progress, 0.0, 0.5))
    emotion = kept.emotion(request.emotion, Part(progress, 0.5, 0.6))
    progress.check()
    said = _levelled(_spoken(request, engine, voice, emotion))
    progress.report(0.8)
    audio.write(out, said)
    similarity, untreated = _likeness(request, said, kept, config)
    progress.report(1.0)
    return LineReport(round(said.duration, 3), similarity, untreated, tuple(quality.outline(out, intake.PEAKS)))


class _Kept:
    """What an engine computed of a voice and of emotion references, on disk and loaded."""

    def __init__(self, workspace: Workspace, engine: VoiceEngine) -> None:
        self._ws, self._engine = workspace, engine

    def voice(self, voice: SpeakerVoice | None, progress: Progress) -> Any | None:
        """The conditioning of a voice of the library; None for the engine's own."""
        if voice is None or voice.reference is None:
            return None
        return self._condition("voice", voice.mark, voice.reference, self._engine.prepare, progress)

    def emotion(self, reference: VoiceReference | None, progress: Progress) -> Any | None:
        """The style of an emotion reference."""
        if reference is None:
            return None
        mark = fingerprint(file_sha256(reference.audio), reference.regions)
        return self._condition("emotion", mark, reference, self._engine.prepare_emotion, progress)

    def _condition(self, kind: str, mark: str, reference: VoiceReference, prepare: Any, progress: Progress) -> Any:
        engine = self._engine
        whole = fingerprint("condition", 1, kind, mark, engine.name, engine.version)
        name = f"{engine.name}-{kind}-{whole[:16]}"
        if not self._ws.has(name, whole):
            with self._ws.writing(name, whole) as path:
                prepare(reference, path, progress)
        return _LOADED.get((engine.name, whole), lambda: engine.load(self._ws.root / name))

    def vector(self, voice: SpeakerVoice, config: EngineConfig) -> FloatArray | None:
        """Embedding of the voice's reference."""
        reference = voice.reference
        if reference is None:
            return None
        mark = fingerprint("vector", 1, voice.mark, intake.ENCODER)
        return _kept_vector(self._ws, "vector.json", mark, lambda: intake.reference_speech(reference), config)


def _kept_vector(ws: Workspace, name: str, mark: str, sound: Any, config: EngineConfig) -> FloatArray:
    """An embedding, computed once and kept as JSON; ``sound()`` gives what to embed."""

    def found() -> FloatArray:
        if not ws.has(name, mark):
            ws.save(name, intake.voice_vector(sound(), config).tolist(), mark)
        return np.asarray(ws.load(name), np.float32)

    return cast(FloatArray, _LOADED.get(("vector", mark), found))


def _spoken(request: LineRequest, engine: VoiceEngine, voice: Any | None, emotion: Any | None) -> Audio:
    own = request.voice or SpeakerVoice()
    asked = SpeechRequest(
        request.text, request.language, strength=request.strength, stock=own.stock, options=own.options
    )
    try:
        return engine.synthesize(asked, voice, emotion).audio
    except PipelineError:
        raise
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        raise PipelineError("voice_failed", label=engine.name, index=1, reason=reason) from error


def _levelled(said: Audio) -> Audio:
    """The sound at -20 LUFS, its true peaks below -1 dBFS."""
    from vocasync.media.limiter import limit

    measured = loudness.loudness(said)
    if measured is None:
        return said
    factor = loudness.gain(min(LUFS - measured, _MOST_GAIN_DB))
    samples, _ = limit((said.samples * factor).astype(np.float32), said.rate, loudness.gain(_CEILING_DB))
    return Audio(samples, said.rate)


def _likeness(
    request: LineRequest, said: Audio, kept: _Kept, config: EngineConfig
) -> tuple[float | None, float | None]:
    """How alike the line and the engine's own voice are to the reference."""
    target = kept.vector(request.voice, config) if request.voice else None
    if target is None:
        return None, None
    try:
        line = intake.voice_vector(said, config)
    except PipelineError as error:
        if error.code != "no_speech":
            raise
        return None, None
    return float(line @ target), float(_own_voice(request, config) @ target)


def _own_voice(request: LineRequest, config: EngineConfig) -> FloatArray:
    """Embedding of the engine's default voice in the language, as nobody asked for it: kept for all voices."""
    from vocasync.engines.tts.corpus import sentences

    engine = cast(VoiceEngine, registry.load("tts", request.engine, config))
    row = language_of(request.language)
    mark = fingerprint("own", 1, engine.name, engine.version, row.code, intake.ENCODER)

    def sound() -> Audio:
        said = [engine.synthesize(SpeechRequest(text, row.code), None).audio for text in sentences(row.espeak)[:3]]
        return Audio(np.concatenate([one.samples for one in said]), said[0].rate)

    return _kept_vector(Workspace(config.cache / "voices"), f"{engine.name}-{row.code}.json", mark, sound, config)
