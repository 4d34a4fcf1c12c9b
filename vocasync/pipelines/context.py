"""What the steps of a dub share: the request, the workspace, the engines, and what is already there.

Every artifact's mark is derived here from the marks of what it was made from, so that a change anywhere makes exactly
what depends on it stale.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, cast

from vocasync.artifacts import Workspace, file_sha256, fingerprint
from vocasync.engines import registry
from vocasync.engines.auto import Plan, choose
from vocasync.engines.base import Aligner, EngineConfig, Recognizer, SpeakerEncoder, Translator, VoiceEngine
from vocasync.engines.cache import EngineCache
from vocasync.errors import PipelineError
from vocasync.languages import DETECT, language
from vocasync.pipelines.base import DubRequest
from vocasync.stages.fit import Slot, slots
from vocasync.stages.score import Scores
from vocasync.types import MediaInfo, Region, Segment, Take, Track, Transcript

INGESTED = "ingest.json"
ANALYSIS = "analysis.wav"
PLAN = "plan.json"
TRANSCRIPT = "transcript.json"
TRANSLATION = "translation.json"
REFERENCES = {Track.VOICE: "voice/speaker.json", Track.EMOTION: "voice/emotion.json"}
CONDITIONS = {Track.VOICE: "voice/speaker.npz", Track.EMOTION: "voice/emotion.npz"}
EMOTION_AUDIO = "voice/emotion.wav"
SCORES = "scores.json"
RESULT = "result.json"
OUTPUT = "out"

ENCODER = "resemblyzer"
ALIGNER = "sphinx-align"

_CONDITIONS = EngineCache(capacity=6)


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
    """The transcript, with what to tell about how it was read."""

    transcript: Transcript
    notes: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class Scored:
    """The scores, and the takes with theirs."""

    scores: Scores
    takes: tuple[Take, ...]


class DubContext:
    """One dub over one workspace."""

    def __init__(self, request: DubRequest, workspace: Workspace, config: EngineConfig) -> None:
        self.request = request
        self.ws = workspace
        self.config = dataclasses.replace(config, size=request.model_size)

    # --- engines -----------------------------------------------------------------------------------------------
    @cached_property
    def engines(self) -> Plan:
        """The engines of this dub, chosen once: a network that comes or goes must not change a job half-way."""
        asked = self.request
        mark = fingerprint(
            asked.source_language,
            asked.target_language,
            asked.recognizer,
            asked.model_size,
            asked.translator,
            asked.voice_engine,
            self.has_text,
            self.has_translation,
        )
        if not self.ws.has(PLAN, mark):
            self.ws.save(PLAN, self._choose(asked.source_language), mark)
        return self.ws.read(PLAN, Plan)

    def _choose(self, source: str) -> Plan:
        asked = self.request
        return choose(
            source,
            asked.target_language,
            self.config,
            recognizer=asked.recognizer,
            translator=asked.translator,
            voice=asked.voice_engine,
            has_text=self.has_text,
            has_translation=self.has_translation,
        )

    def translator_name(self, source: str) -> str:
        """The translator for the language that was heard ("" for none): chosen anew when it had to be detected."""
        if source == self.target or self.has_translation:
            return ""
        return self._choose(source).translator if self.request.source_language == DETECT else self.engines.translator

    @property
    def has_translation(self) -> bool:
        return self.request.subtitles is not None and self.request.subtitles_are == "target"

    @property
    def has_text(self) -> bool:
        return bool(self.request.transcript.strip()) or self.request.subtitles is not None

    @property
    def target(self) -> str:
        return language(self.request.target_language).code

    @property
    def recognizer(self) -> Recognizer:
        return cast(Recognizer, registry.load("asr", self.engines.recognizer, self.config))

    @property
    def aligner(self) -> Aligner:
        return cast(Aligner, registry.load("align", ALIGNER, self.config))

    @property
    def voice(self) -> VoiceEngine:
        return cast(VoiceEngine, registry.load("tts", self.engines.voice, dataclasses.replace(self.config, size="")))

    @property
    def encoder(self) -> SpeakerEncoder:
        return cast(SpeakerEncoder, registry.load("speaker", ENCODER, dataclasses.replace(self.config, size="")))

    def translator(self, name: str) -> Translator:
        """The loaded translator of a name."""
        return cast(Translator, registry.load("translate", name, dataclasses.replace(self.config, size="")))

    def conditioning(self, track: Track) -> Any:
        """What the voice engine computed from the speaker (or the emotion reference), loaded once a process.

        None where there was too little speech to match a voice to."""
        path = self.ws.root / CONDITIONS[track]
        if path.stat().st_size == 0:
            return None
        return _CONDITIONS.get((str(path), self.voice_mark(track)), lambda: self.voice.load(path))

    # --- marks -------------------------------------------------------------------------------------------------
    @cached_property
    def source_mark(self) -> str:
        stat = self.request.source.stat()
        return fingerprint("ingest", 1, stat.st_size, stat.st_mtime_ns, self.request.limits)

    @cached_property
    def transcript_mark(self) -> str:
        asked = self.request
        return fingerprint(
            "transcript",
            1,
            self.source_mark,
            asked.source_language,
            self.engines.recognizer,
            asked.model_size,
            file_sha256(asked.subtitles) if asked.subtitles else "",
            asked.subtitles_are,
            asked.transcript,
            self.voice.max_chars,
        )

    @cached_property
    def translation_mark(self) -> str:
        heard = self.heard.transcript
        edits = {index: dataclasses.astuple(edit) for index, edit in self.request.edits.items()}
        return fingerprint("translation", 1, self.transcript_mark, self.translator_name(heard.language), edits)

    def voice_mark(self, track: Track) -> str:
        """The mark of a reference and its conditioning."""
        made_from = self._emotion_sha if track is Track.EMOTION else self.transcript_mark
        return fingerprint("voice", 1, track, made_from, self.engines.voice, self.voice.version)

    @cached_property
    def _emotion_sha(self) -> str:
        return file_sha256(self.request.emotion) if self.request.emotion else ""

    def take_mark(self, track: Track, segment: Segment, slot: Slot) -> str:
        """A take depends on its own words, slot and voice only: an edit re-speaks one segment."""
        strength = self.request.emotion_strength if track is Track.EMOTION else 0.0
        voices = [self.voice_mark(one) for one in (Track.VOICE, track)]
        return fingerprint("take", 1, voices, segment.translation, self.target, slot, strength, self.request.match)

    def track_mark(self, track: Track) -> str:
        """The mark of a stitched track: of all its takes, in order."""
        return fingerprint("track", 1, self.source_mark, [self.take_mark(track, *pair) for pair in self.spoken])

    def score_mark(self) -> str:
        return fingerprint("score", 1, [self.track_mark(track) for track in self.tracks], ENCODER)

    def result_mark(self) -> str:
        origin = self.request.origin
        return fingerprint("result", 2, self.score_mark(), self.translation_mark, origin.cause if origin else None)

    # --- what is there -----------------------------------------------------------------------------------------
    @cached_property
    def ingested(self) -> Ingested:
        return self.ws.read(INGESTED, Ingested)

    @property
    def analysis(self) -> Path:
        return self.ws.root / ANALYSIS

    @cached_property
    def heard(self) -> Heard:
        """The transcript with a person's corrections of the text."""
        heard = self.ws.read(TRANSCRIPT, Heard)
        segments = tuple(self._corrected(segment) for segment in heard.transcript.segments)
        return dataclasses.replace(heard, transcript=dataclasses.replace(heard.transcript, segments=segments))

    def _corrected(self, segment: Segment) -> Segment:
        edit = self.request.edits.get(segment.index)
        if edit is None or edit.text is None or edit.text == segment.text:
            return segment
        return dataclasses.replace(segment, text=edit.text, words=(), flags=(), confidence=None)

    @cached_property
    def translation(self) -> Translation:
        return self.ws.read(TRANSLATION, Translation)

    @property
    def tracks(self) -> tuple[Track, ...]:
        return (Track.VOICE,) if self.request.emotion is None else (Track.VOICE, Track.EMOTION)

    @cached_property
    def spoken(self) -> tuple[tuple[Segment, Slot], ...]:
        """The segments that have something to say, each with its slot."""
        segments = [segment for segment in self.translation.segments if segment.translation.strip()]
        return tuple(zip(segments, slots(segments, self.ingested.info.duration), strict=True))

    def takes(self, tracks: Sequence[Track] | None = None) -> tuple[Take, ...]:
        """The takes that were spoken, by track and in order of time."""
        wanted = self.tracks if tracks is None else tracks
        names = [take_name(track, segment) for track in wanted for segment, _ in self.spoken]
        return tuple(self.ws.read(name + ".json", Take) for name in names if (self.ws.root / f"{name}.json").is_file())

    def current_transcript(self) -> Transcript | None:
        """The transcript, with its translation once that is there."""
        if not self.ws.has(TRANSCRIPT, self.transcript_mark):
            return None
        heard = self.heard.transcript
        if not self.ws.has(TRANSLATION, self.translation_mark):
            return heard
        return dataclasses.replace(heard, segments=self.translation.segments)

    def engine_names(self) -> dict[str, str]:
        """Which engine did which step, by its registry name."""
        heard = self.heard.transcript
        translator = self.translation.translator
        size = f" {self.request.model_size}" if self.engines.recognizer and self.request.model_size else ""
        return {
            "recognition": heard.engine + size,
            **({"translation": translator} if translator else {}),
            "voice": f"{self.voice.name} {self.voice.version}",
            "similarity": ENCODER,
        }

    def require_speech(self) -> None:
        """Raise ``no_speech`` when there is nothing to dub."""
        if not self.ingested.regions and not self.has_text:
            raise PipelineError("no_speech", name=self.request.source_name)


def take_name(track: Track, segment: Segment) -> str:
    """The artifact name of a take, without its ending."""
    return f"takes/{track.value}/{segment.index:05d}"


def track_name(track: Track) -> str:
    """The artifact name of a stitched track."""
    return f"tracks/{track.value}.wav"
