"""What the steps of a dub share: the request, the workspace, the engines, and what is already there.

Every artifact's mark is derived here from the marks of what it was made from, so that a change anywhere makes exactly
what depends on it stale.
"""

from __future__ import annotations

import dataclasses
from functools import cached_property
from pathlib import Path
from typing import Any, cast

from vocasync.artifacts import Workspace, file_sha256, fingerprint
from vocasync.engines import registry
from vocasync.engines.auto import Plan, choose_for, has_text, has_translation, plan_for
from vocasync.engines.base import (
    Aligner,
    EngineConfig,
    Recognizer,
    Translator,
)
from vocasync.errors import PipelineError
from vocasync.languages import DETECT, language
from vocasync.pipelines import kept
from vocasync.pipelines.base import ENCODER, DubRequest, SegmentEdit
from vocasync.pipelines.casting import Role, roles
from vocasync.pipelines.conversion import WHO, Conversion
from vocasync.pipelines.kept import Heard, Ingested, OwnVoice, Translation
from vocasync.pipelines.lips import Lips
from vocasync.pipelines.voicing import VoiceContext
from vocasync.stages.fit import Slot, slots
from vocasync.types import (
    Segment,
    SpeakerInfo,
    Track,
    Transcript,
    VoiceKind,
    VoiceReference,
    Ways,
)

ALIGNER = "sphinx-align"


class DubContext(VoiceContext):
    """One dub over one workspace."""

    request: DubRequest

    def __init__(self, request: DubRequest, workspace: Workspace, config: EngineConfig) -> None:
        super().__init__(request, workspace, dataclasses.replace(config, size=request.model_size))

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
            *([asked.ways, asked.converter] if asked.ways is not Ways.SPEAK else []),
        )
        if not self.ws.has(kept.PLAN, mark):
            chosen = dataclasses.replace(plan_for(asked, self.config), watermark=asked.watermark)
            self.ws.save(kept.PLAN, chosen, mark)
        return self.ws.read(kept.PLAN, Plan)

    def translator_name(self, source: str) -> str:
        """The translator for the language that was heard ("" for none): chosen anew when it had to be detected."""
        if source == self.target or self.has_translation:
            return ""
        detected = self.request.source_language == DETECT
        return choose_for(self.request, self.config, source).translator if detected else self.engines.translator

    # --- ways ---------------------------------------------------------------------------------------------------------
    @property
    def speaks(self) -> bool:
        """Whether words are recognised and spoken."""
        return self.request.ways is not Ways.CONVERT

    @cached_property
    def conversion(self) -> Conversion | None:
        """The recording's own sound on its way into a voice; None where nobody asked for that, or where whoever speaks
        was given no other voice."""
        wanted = self.request.voices.get(WHO)
        if self.request.ways is Ways.SPEAK or wanted is None or wanted.kind is VoiceKind.OWN:
            return None
        return Conversion(self, wanted)

    @cached_property
    def lips(self) -> Lips | None:
        """The lips in the picture, which are to move with the sound; None where nobody asked for that."""
        return Lips(self) if self.request.lipsync else None

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

    def translator(self, name: str) -> Translator:
        """The loaded translator of a name."""
        return cast(Translator, registry.load("translate", name, self.config))

    # --- marks -------------------------------------------------------------------------------------------------
    @property
    def recorded(self) -> str:
        return self.source_mark

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

    def track_mark(self, track: Track) -> str:
        """The mark of a stitched track: of all its takes, in order."""
        if track is Track.CONVERTED and self.conversion:
            return self.conversion.track_mark()
        return fingerprint("track", 1, self.source_mark, [self.take_mark(track, *pair) for pair in self.spoken])

    def score_mark(self) -> str:
        """Of the takes, and of who speaks in them: two may have one voice."""
        who = [segment.speaker for segment, _ in self.spoken]
        return fingerprint("score", 2, [self.track_mark(track) for track in self.sounds], who, ENCODER)

    def result_mark(self) -> str:
        origin = self.request.origin
        words = self.translation_mark if self.speaks else self.request.source_language
        films = [self.lips.mark()] if self.lips else []
        return fingerprint("result", 2, self.score_mark(), words, origin.cause if origin else None, *films)

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
        """The transcript with its speakers, nothing corrected. Its segments' indices are final. Of what is only
        converted nobody knows the words."""
        if not self.speaks:
            return Heard(Transcript(self.request.source_language, (), ""))
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
        if not self.speaks:
            return None
        known = self.ws.has(kept.DIARIZED, self.diarized_mark) and self.ws.has(kept.SPEAKERS, self.speakers_mark)
        return self.ws.read(kept.SPEAKERS, tuple[SpeakerInfo, ...]) if known else None

    def own_voice(self, role: Role) -> OwnVoice:
        """What was cut from the recording for a speaker; valid once the step ``voice`` is done."""
        return self.ws.read(f"{role.name}.json", OwnVoice)

    def speaks_with(self, speaker: int) -> tuple[Any, str]:
        """See the base; somebody of whom there was too little speech speaks with one of the engine's own."""
        role = self.cast[speaker]
        if role.voice.kind is VoiceKind.OWN and (own := self.own_voice(role)).reference is None:
            return None, own.stock
        return super().speaks_with(speaker)

    def reference(self, role: Role) -> VoiceReference | None:
        """See the base."""
        return self.own_voice(role).reference if role.voice.kind is VoiceKind.OWN else super().reference(role)

    @cached_property
    def translation(self) -> Translation:
        """The translated segments. Who speaks is as the edits are now: it was translated without regard to that."""
        if not self.speaks:
            return Translation((), "")
        found = self.ws.read(kept.TRANSLATION, Translation)
        who = {segment.index: segment.speaker for segment in self.heard.transcript.segments}
        segments = tuple(dataclasses.replace(one, speaker=who[one.index]) for one in found.segments)
        return dataclasses.replace(found, segments=segments)

    @property
    def tracks(self) -> tuple[Track, ...]:
        if not self.speaks:
            return ()
        return (Track.VOICE,) if self.request.emotion is None else (Track.VOICE, Track.EMOTION)

    @property
    def sounds(self) -> tuple[Track, ...]:
        """What is made: what is spoken, and what is converted."""
        return (*self.tracks, Track.CONVERTED) if self.conversion else self.tracks

    @cached_property
    def spoken(self) -> tuple[tuple[Segment, Slot], ...]:
        """The segments that have something to say, each with its slot."""
        segments = [segment for segment in self.translation.segments if segment.translation.strip()]
        return tuple(zip(segments, slots(segments, self.ingested.info.duration), strict=True))

    def current_transcript(self) -> Transcript | None:
        """The transcript, with its translation once that is there; None while its segments may still be split."""
        if not self.speaks or not self.ws.has(kept.DIARIZED, self.diarized_mark):
            return None
        heard = self.heard.transcript
        if not self.ws.has(kept.TRANSLATION, self.translation_mark):
            return heard
        return dataclasses.replace(heard, segments=self.translation.segments)

    def engine_names(self) -> dict[str, str]:
        """Which engine did which step, by its registry name."""
        converter = self.conversion.converter if self.conversion else None
        return {
            **(self._of_words() if self.speaks else {}),
            **({"conversion": f"{converter.name} {converter.version}"} if converter else {}),
            "similarity": ENCODER,
            **(self.lips.engine_names() if self.lips else {}),
            **self.watermark_name,
        }

    def _of_words(self) -> dict[str, str]:
        translator = self.translation.translator
        size = f" {self.request.model_size}" if self.engines.recognizer and self.request.model_size else ""
        return {
            "recognition": self.heard.transcript.engine + size,
            **({"speakers": ENCODER} if self.diarized.turns else {}),
            **({"translation": translator} if translator else {}),
            "voice": f"{self.voice.name} {self.voice.version}",
        }

    def require_speech(self) -> None:
        """Raise ``no_speech`` when there is nothing to dub."""
        if not self.ingested.regions and not self.has_text:
            raise PipelineError("no_speech", name=self.request.source_name)
