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
from vocasync.engines.auto import Plan, choose_for, has_text, has_translation, speaks
from vocasync.engines.base import (
    Aligner,
    EngineConfig,
    Recognizer,
    SpeakerEncoder,
    Translator,
    VoiceEngine,
    Watermarker,
)
from vocasync.errors import PipelineError
from vocasync.languages import DETECT, language
from vocasync.pipelines import kept
from vocasync.pipelines.base import DubRequest, SegmentEdit
from vocasync.pipelines.casting import Role, roles
from vocasync.pipelines.conditions import Conditions
from vocasync.pipelines.kept import Heard, Ingested, OwnVoice, Translation, take_name
from vocasync.progress import Silent
from vocasync.stages.drift import Listener
from vocasync.stages.fit import Slot, slots
from vocasync.types import (
    Segment,
    SpeakerInfo,
    Take,
    Track,
    Transcript,
    VoiceKind,
    VoiceReference,
)

ENCODER = "resemblyzer"
ALIGNER = "sphinx-align"


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
        if not self.ws.has(kept.PLAN, mark):
            chosen = dataclasses.replace(choose_for(asked, self.config), watermark=asked.watermark)
            self.ws.save(kept.PLAN, chosen, mark)
        return self.ws.read(kept.PLAN, Plan)

    def translator_name(self, source: str) -> str:
        """The translator for the language that was heard ("" for none): chosen anew when it had to be detected."""
        if source == self.target or self.has_translation:
            return ""
        detected = self.request.source_language == DETECT
        return choose_for(self.request, self.config, source).translator if detected else self.engines.translator

    @property
    def has_translation(self) -> bool:
        return has_translation(self.request)

    @property
    def has_text(self) -> bool:
        return has_text(self.request)

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
        return cast(VoiceEngine, registry.load("tts", self.engines.voice, self.config))

    @property
    def encoder(self) -> SpeakerEncoder:
        return cast(SpeakerEncoder, registry.load("speaker", ENCODER, self.config))

    @property
    def watermarker(self) -> Watermarker | None:
        """What marks everything that is spoken; None for a dub without."""
        name = self.engines.watermark
        return cast("Watermarker | None", registry.load("watermark", name, self.config) if name else None)

    def translator(self, name: str) -> Translator:
        """The loaded translator of a name."""
        return cast(Translator, registry.load("translate", name, self.config))

    @cached_property
    def listener(self) -> Listener | None:
        """Who hears whether takes say what they should: the best recogniser of the target language that can judge it,
        is here already, and costs nothing; None where there is none, or where a take cannot be said otherwise, or only
        for money.

        Takes do not go stale when there is a better one: what is right stays right.
        """
        if not self.voice.seeded or registry.spec("tts", self.engines.voice).price:
            return None
        here = dataclasses.replace(self.config, network=False)
        for row in registry.specs("asr"):
            free = row.price is None and not row.needs.service
            if row.drift and free and speaks(row, self.target) and registry.readiness(row, here).ready:
                return Listener(registry.load("asr", row.name, self.config), self.target, row.drift)
        return None

    # --- voices ------------------------------------------------------------------------------------------------
    @cached_property
    def conditions(self) -> Conditions:
        """What the voice engine computed of voices and tones."""
        return Conditions(self.voice)

    def folder_of(self, role: Role) -> Path:
        """Where what is computed of a voice of the library lies: with the voice, where it has a place."""
        return role.voice.folder or self.ws.root / role.name

    def voice_of(self, role: Role) -> Any:
        """The conditioning of a speaker who does not speak with one of the engine's own voices."""
        if role.voice.kind is VoiceKind.PROFILE:
            return self.conditions.voice(role.voice, self.folder_of(role), Silent())
        return self.conditions.load(self.ws.root / f"{role.name}.npz", self.voice_marks[role.speaker])

    @property
    def emotion_clip(self) -> VoiceReference:
        """The speech of the emotion reference; valid once the step ``ingest`` is done."""
        return self.ws.read(f"{kept.EMOTION}.json", VoiceReference)

    @property
    def emotion_folder(self) -> Path:
        """Where what is computed of the emotion reference lies: with it, where it is one of the library."""
        return self.request.emotion_folder or self.ws.root / kept.EMOTION

    @cached_property
    def emotion(self) -> Any:
        """The tone of the emotion reference."""
        return self.conditions.emotion(self.emotion_clip, self.emotion_folder, Silent())

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
            2,
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
    def diarized_mark(self) -> str:
        return fingerprint("diarized", 1, self.transcript_mark, self.request.speaker_count, ENCODER)

    @cached_property
    def speakers_mark(self) -> str:
        """The mark of what is known of the speakers: it changes with who speaks in which segment."""
        moved = {index: edit.speaker for index, edit in self.request.edits.items() if edit.speaker is not None}
        return fingerprint("speakers", 1, self.diarized_mark, moved)

    @cached_property
    def translation_mark(self) -> str:
        """Of the words alone: who speaks them does not matter."""
        heard = self.heard.transcript
        edits = {index: (edit.text, edit.translation) for index, edit in self.request.edits.items()}
        edits = {index: words for index, words in edits.items() if words != (None, None)}
        name, glossary = self.translator_name(heard.language), self.request.glossary
        return fingerprint("translation", 2, self.diarized_mark, name, edits, *([glossary] if glossary else []))

    @cached_property
    def voice_marks(self) -> dict[int, str]:
        """The marks of the speakers' voices, by number."""
        engine = (self.engines.voice, self.voice.version)
        return {
            number: fingerprint("voice", 2, role.voice.kind, self._recording(role), role.made_from, engine)
            for number, role in self.cast.items()
        }

    def _recording(self, role: Role) -> str:
        return self.source_mark if role.voice.kind is VoiceKind.OWN else ""

    @cached_property
    def emotion_mark(self) -> str:
        """The mark of the emotion reference and its conditioning."""
        return fingerprint("emotion", 1, self._emotion_sha, self.engines.voice, self.voice.version)

    @cached_property
    def _emotion_sha(self) -> str:
        return file_sha256(self.request.emotion) if self.request.emotion else ""

    def take_mark(self, track: Track, segment: Segment, slot: Slot) -> str:
        """A take depends on its own words, slot and voice only: an edit re-speaks one segment, another voice for a
        speaker all of theirs and nobody else's."""
        asked, tone = self.request, track is Track.EMOTION
        return fingerprint(
            "take",
            2,
            self.voice_marks[segment.speaker],
            sorted(self.cast[segment.speaker].voice.options),
            (self.emotion_mark, asked.emotion_strength) if tone else (),
            segment.translation,
            self.target,
            slot,
            asked.match,
            *self._watermark,
        )

    @cached_property
    def _watermark(self) -> tuple[str, ...]:
        """Name and version, () for a dub without."""
        found = self.watermarker
        return (f"{found.name} {found.version}",) if found else ()

    def track_mark(self, track: Track) -> str:
        """The mark of a stitched track: of all its takes, in order."""
        return fingerprint("track", 1, self.source_mark, [self.take_mark(track, *pair) for pair in self.spoken])

    def score_mark(self) -> str:
        """Of the takes, and of who speaks in them: two may have one voice."""
        who = [segment.speaker for segment, _ in self.spoken]
        return fingerprint("score", 2, [self.track_mark(track) for track in self.tracks], who, ENCODER)

    def result_mark(self) -> str:
        origin = self.request.origin
        return fingerprint("result", 2, self.score_mark(), self.translation_mark, origin.cause if origin else None)

    # --- what is there -----------------------------------------------------------------------------------------
    @cached_property
    def ingested(self) -> Ingested:
        return self.ws.read(kept.INGESTED, Ingested)

    @property
    def analysis(self) -> Path:
        return self.ws.root / kept.ANALYSIS

    @cached_property
    def words(self) -> Heard:
        """The transcript as it was found: nobody told apart, nothing corrected."""
        return self.ws.read(kept.TRANSCRIPT, Heard)

    @cached_property
    def diarized(self) -> Heard:
        """The transcript with its speakers, nothing corrected. Its segments' indices are final."""
        return self.ws.read(kept.DIARIZED, Heard)

    @cached_property
    def heard(self) -> Heard:
        """The same with a person's corrections."""
        return self.diarized.with_segments(self._corrected(segment) for segment in self.diarized.transcript.segments)

    def _corrected(self, segment: Segment) -> Segment:
        edit = self.request.edits.get(segment.index, SegmentEdit())
        if edit.speaker is not None:
            segment = dataclasses.replace(segment, speaker=edit.speaker)
        if edit.text is None or edit.text == segment.text:
            return segment
        return dataclasses.replace(segment, text=edit.text, words=(), flags=(), confidence=None)

    @cached_property
    def cast(self) -> dict[int, Role]:
        """How everybody who speaks is dubbed, by number."""
        found, edited = self.diarized, self.heard
        return roles(found.transcript.segments, edited.transcript.segments, found.turns, self.request.voices)

    def speakers(self) -> tuple[SpeakerInfo, ...] | None:
        """Who speaks, hand edits included; None before that is known."""
        known = self.ws.has(kept.DIARIZED, self.diarized_mark) and self.ws.has(kept.SPEAKERS, self.speakers_mark)
        return self.ws.read(kept.SPEAKERS, tuple[SpeakerInfo, ...]) if known else None

    def own_voice(self, role: Role) -> OwnVoice:
        """What was cut from the recording for a speaker; valid once the step ``voice`` is done."""
        return self.ws.read(f"{role.name}.json", OwnVoice)

    def reference(self, role: Role) -> VoiceReference | None:
        """The speech that a speaker's voice is made from; None where one of the engine's own speaks."""
        if role.voice.kind is VoiceKind.OWN:
            return self.own_voice(role).reference
        return role.voice.reference

    @cached_property
    def translation(self) -> Translation:
        """The translated segments. Who speaks is as the edits are now: it was translated without regard to that."""
        found = self.ws.read(kept.TRANSLATION, Translation)
        who = {segment.index: segment.speaker for segment in self.heard.transcript.segments}
        segments = tuple(dataclasses.replace(one, speaker=who[one.index]) for one in found.segments)
        return dataclasses.replace(found, segments=segments)

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
        """The transcript, with its translation once that is there; None while its segments may still be split."""
        if not self.ws.has(kept.DIARIZED, self.diarized_mark):
            return None
        heard = self.heard.transcript
        if not self.ws.has(kept.TRANSLATION, self.translation_mark):
            return heard
        return dataclasses.replace(heard, segments=self.translation.segments)

    def engine_names(self) -> dict[str, str]:
        """Which engine did which step, by its registry name."""
        heard = self.heard.transcript
        translator = self.translation.translator
        size = f" {self.request.model_size}" if self.engines.recognizer and self.request.model_size else ""
        return {
            "recognition": heard.engine + size,
            **({"speakers": ENCODER} if self.diarized.turns else {}),
            **({"translation": translator} if translator else {}),
            "voice": f"{self.voice.name} {self.voice.version}",
            "similarity": ENCODER,
            **({"watermark": self._watermark[0]} if self._watermark else {}),
        }

    def require_speech(self) -> None:
        """Raise ``no_speech`` when there is nothing to dub."""
        if not self.ingested.regions and not self.has_text:
            raise PipelineError("no_speech", name=self.request.source_name)
