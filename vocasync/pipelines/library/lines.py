"""A line tried out in a voice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np

from vocasync.artifacts import Workspace, fingerprint
from vocasync.engines import registry
from vocasync.engines.base import EngineConfig, VoiceEngine, Watermarker
from vocasync.engines.cache import EngineCache, in_use
from vocasync.errors import PipelineError
from vocasync.languages import language as language_of
from vocasync.media import audio
from vocasync.pipelines.base import ENCODER
from vocasync.pipelines.conditions import Conditions
from vocasync.pipelines.library import intake
from vocasync.pipelines.library.flow import Flow, Live, failing, levelling
from vocasync.progress import Part, Progress, listening
from vocasync.stages import quality, watermark
from vocasync.types import Audio, FloatArray, SpeakerVoice, SpeechRequest, VoiceReference

_LOADED = EngineCache(capacity=16)
"""Vectors that were read from files."""


@dataclass(frozen=True, slots=True)
class LineRequest:
    """What to say, and how. voice None: the engine's own default voice. emotion: the tone to move it towards, with
    strength 0 (not at all) to 1. watermark: name of the engine that marks the sound, "" for none."""

    text: str
    language: str
    engine: str
    voice: SpeakerVoice | None = None
    emotion: VoiceReference | None = None
    strength: float = 1.0
    emotion_folder: Path | None = None
    watermark: str = ""


@dataclass(frozen=True, slots=True)
class LineReport:
    """What came of it. similarity: cosine to the voice's reference; untreated: that of the engine's own voice, with
    which nothing was done; None where there is no reference. peaks: 200 values from 0 to 1. rate: of the sound, in Hz.
    version: of the engine."""

    seconds: float
    similarity: float | None
    untreated: float | None
    peaks: tuple[float, ...]
    rate: int
    version: str


def speak_line(
    request: LineRequest,
    folder: Path,
    out: Path,
    config: EngineConfig,
    progress: Progress,
    live: Live | None = None,
) -> LineReport:
    """Speak a line into ``out`` (WAV, the engine's rate, -20 LUFS).

    folder: of the voice, where what engines compute of it is kept and found again by fingerprint. live: takes the sound
    while it is made; the line is then spoken portion by portion, and levelled by what was said of it so far. The same
    request gives the same sound. Raises ``engine_unknown``, ``engine_not_ready``, ``voice_unsupported``,
    ``reference_too_short``, or ``voice_failed`` when the engine breaks.
    """
    with in_use():
        return _speak(request, folder, out, config, progress, live)


def _speak(
    request: LineRequest,
    folder: Path,
    out: Path,
    config: EngineConfig,
    progress: Progress,
    live: Live | None,
) -> LineReport:
    engine = cast(VoiceEngine, registry.load("tts", request.engine, config))
    conditions = Conditions(engine)
    progress.check()
    voice = conditions.voice(request.voice, folder, Part(progress, 0.0, 0.5))
    emotion = conditions.emotion(request.emotion, request.emotion_folder or folder, Part(progress, 0.5, 0.6))
    progress.check()
    mark = _marker(request.watermark, engine, config)
    part = Part(progress, 0.6, 0.8)
    with listening(part), failing(engine):
        if live is None:
            said = _levelled(engine.synthesize(_asked(request), voice, emotion).audio)
            audio.write(out, mark(said))
        else:
            with live(engine.sample_rate) as hear:
                said, marked = Flow(engine, voice, emotion, mark).spoken(_asked(request), hear, part)
            audio.write(out, marked)
    similarity, untreated = _likeness(request, said, folder, config)
    progress.report(1.0)
    peaks = tuple(quality.outline(out, intake.PEAKS))
    return LineReport(round(said.duration, 3), similarity, untreated, peaks, said.rate, engine.version)


def _marker(name: str, engine: VoiceEngine, config: EngineConfig) -> Callable[[Audio], Audio]:
    """What gives the sound the mark that says that a machine spoke, or leaves it as it is where nothing is to."""
    if not name:
        return lambda said: said
    watermarker = cast(Watermarker, registry.load("watermark", name, config))
    return (watermark.Once(watermarker) if getattr(engine, "marks", False) else watermarker).mark


def _vector(voice: SpeakerVoice, folder: Path, config: EngineConfig) -> FloatArray | None:
    """Embedding of the voice's reference."""
    reference = voice.reference
    if reference is None:
        return None
    mark = fingerprint("vector", 1, voice.mark, ENCODER)
    return _kept_vector(Workspace(folder), "vector.json", mark, lambda: intake.reference_speech(reference), config)


def _kept_vector(ws: Workspace, name: str, mark: str, sound: Any, config: EngineConfig) -> FloatArray:
    """An embedding, computed once and kept as JSON; ``sound()`` gives what to embed."""

    def found() -> FloatArray:
        if not ws.has(name, mark):
            ws.save(name, intake.voice_vector(sound(), config).tolist(), mark)
        return np.asarray(ws.load(name), np.float32)

    return cast(FloatArray, _LOADED.get(("vector", mark), found))


def _asked(request: LineRequest) -> SpeechRequest:
    """What the engine is asked."""
    own = request.voice or SpeakerVoice()
    return SpeechRequest(
        request.text, request.language, strength=request.strength, stock=own.stock, options=own.options
    )


def _levelled(said: Audio) -> Audio:
    """The sound at -20 LUFS, its true peaks below -1 dBFS."""
    level = levelling(said.rate)
    return Audio(np.concatenate([level.feed(said.samples), level.finish()]), said.rate)


def _likeness(
    request: LineRequest, said: Audio, folder: Path, config: EngineConfig
) -> tuple[float | None, float | None]:
    """How alike the line and the engine's own voice are to the reference."""
    target = _vector(request.voice, folder, config) if request.voice else None
    if target is None:
        return None, None
    try:
        line = intake.voice_vector(said, config)
    except PipelineError as error:
        if error.code != "no_speech":
            raise
        return None, None
    if registry.spec("tts", request.engine).price is not None:  # nobody pays for a comparison
        return float(line @ target), None
    return float(line @ target), float(_own_voice(request, config) @ target)


def _own_voice(request: LineRequest, config: EngineConfig) -> FloatArray:
    """Embedding of the engine's default voice in the language, as nobody asked for it: kept for all voices."""
    from vocasync.engines.tts.corpus import sentences

    engine = cast(VoiceEngine, registry.load("tts", request.engine, config))
    row = language_of(request.language)
    mark = fingerprint("own", 1, engine.name, engine.version, row.code, ENCODER)

    def sound() -> Audio:
        said = [engine.synthesize(SpeechRequest(text, row.code), None).audio for text in sentences(row.espeak)[:3]]
        return Audio(np.concatenate([one.samples for one in said]), said[0].rate)

    return _kept_vector(Workspace(config.cache / "voices"), f"{engine.name}-{row.code}.json", mark, sound, config)
