"""What the steps of a script share: its lines, its voice, and where each line is once it was spoken."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import cast

from vocasync.artifacts import Workspace, file_sha256, fingerprint
from vocasync.engines import registry
from vocasync.engines.auto import Plan, choose
from vocasync.engines.base import EngineConfig, Recognizer
from vocasync.languages import language
from vocasync.pipelines import kept
from vocasync.pipelines.base import ENCODER
from vocasync.pipelines.casting import Role, roles
from vocasync.pipelines.kept import track_name
from vocasync.pipelines.script.hearing import recogniser_for
from vocasync.pipelines.script.request import Margins, ScriptRequest
from vocasync.pipelines.voicing import VoiceContext
from vocasync.stages import manuscript
from vocasync.stages.fit import endless
from vocasync.stages.manuscript import Line, Script
from vocasync.stages.synthesize import Work
from vocasync.stages.transcribe import mostly_doubtful
from vocasync.types import (
    JSON,
    Segment,
    SpeakerVoice,
    SpeechMark,
    Take,
    Track,
    Transcript,
    VoiceKind,
    VoiceReference,
)

CLIP = "voice/clip"
HEARD = "heard.json"
_CHARS_A_SECOND = 15.0


class ScriptContext(VoiceContext):
    """One script over one workspace."""

    request: ScriptRequest

    def __init__(
        self, request: ScriptRequest, workspace: Workspace, config: EngineConfig, margins: Margins | None = None
    ) -> None:
        super().__init__(request, workspace, config)
        self.margins = margins or Margins()

    # --- engines ------------------------------------------------------------------------------------------------------
    @cached_property
    def engines(self) -> Plan:
        """Chosen once, as those of a dub."""
        asked = self.request
        mark = fingerprint("script", self.target, asked.voice_engine, bool(asked.sound))
        if not self.ws.has(kept.PLAN, mark):
            self.ws.save(kept.PLAN, self._chosen(), mark)
        return self.ws.read(kept.PLAN, Plan)

    def _chosen(self) -> Plan:
        asked = self.request
        if asked.sound:
            row = recogniser_for(self.target, self.config)
            return Plan(row.name if row else "", "", "")
        found = choose(self.target, self.target, self.config, voice=asked.voice_engine, has_translation=True)
        return dataclasses.replace(found, watermark=asked.watermark)

    @property
    def target(self) -> str:
        return language(self.request.language).code

    # --- words --------------------------------------------------------------------------------------------------------
    @cached_property
    def script(self) -> Script:
        """What was written; nothing where a recording was brought instead."""
        asked = self.request
        if asked.sound:
            return Script((), 0)
        return manuscript.parse_script(asked.text, asked.form, asked.name, most_words=asked.most_words)

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        """What is spoken as one, as it was written."""
        return () if self.request.sound else manuscript.lines(self.script, self.target, self.voice.max_chars)

    @cached_property
    def written(self) -> tuple[Segment, ...]:
        """The lines as segments, with a person's corrections; when each is spoken is not known."""
        return tuple(self._segment(index, line.text) for index, line in enumerate(self.lines))

    def _segment(self, index: int, text: str) -> Segment:
        edit = self.request.edits.get(index)
        said = text if edit is None else next((one for one in (edit.translation, edit.text) if one is not None), text)
        return Segment(index, 0.0, 0.0, said, translation=said)

    @cached_property
    def spoken(self) -> Work:
        return [(one, endless(one.index)) for one in self.written if one.translation.strip()]

    # --- voice --------------------------------------------------------------------------------------------------------
    @property
    def cast(self) -> dict[int, Role]:
        """The one who speaks. Looked up each time: a clip becomes a voice only in the step ``voice``."""
        return roles(self.written, self.written, (), {0: self._voice()}) if self.written else {}

    def _voice(self) -> SpeakerVoice:
        asked = self.request
        if asked.reference is None:
            return asked.voice
        found = self.ws.read(f"{CLIP}.json", VoiceReference) if self.clip_heard else None
        return SpeakerVoice(VoiceKind.PROFILE, found, self.clip_mark, options=asked.voice.options)

    @cached_property
    def clip_mark(self) -> str:
        """The mark of the clip that was brought."""
        asked = self.request
        return fingerprint("clip", 1, file_sha256(asked.reference) if asked.reference else "", asked.reference_text)

    @property
    def clip_heard(self) -> bool:
        """Whether the clip that was brought has become a voice; True where there is none."""
        return self.request.reference is None or self.ws.has(f"{CLIP}.json", self.clip_mark)

    # --- time ---------------------------------------------------------------------------------------------------------
    @property
    def tracks(self) -> tuple[Track, ...]:
        """One: in the tone of the emotion reference, where there is one."""
        return (self.track,)

    @property
    def track(self) -> Track:
        return Track.VOICE if self.request.emotion is None or self.request.sound else Track.EMOTION

    @property
    def sound(self) -> Path:
        """The joined speech with its margins."""
        return self.ws.root / track_name(self.track)

    def placed(self) -> tuple[tuple[Segment, Take | None], ...]:
        """Every line at its place, with its take where that was spoken; the place of one that was not is a guess."""
        return tuple(self._placed())

    def _placed(self) -> Iterator[tuple[Segment, Take | None]]:
        at = self.margins.lead
        takes = {take.index: take for take in super().takes()}
        begun = False
        for segment, line in zip(self.written, self.lines, strict=True):
            if not segment.translation.strip():
                yield dataclasses.replace(segment, start=at, end=at), None
                continue
            start = round(at + (line.pause if begun else 0.0), 6)
            take = takes.get(segment.index)
            at = start + (take.duration if take else len(segment.translation) / _CHARS_A_SECOND)
            begun = True
            yield (
                dataclasses.replace(segment, start=start, end=at),
                dataclasses.replace(take, start=start) if take else None,
            )

    def takes(self, tracks: Sequence[Track] | None = None) -> tuple[Take, ...]:
        """The takes that were spoken, each at its place."""
        return tuple(take for _, take in self.placed() if take is not None)

    @property
    def segments(self) -> tuple[Segment, ...]:
        """The lines at their places."""
        return self.transcript().segments

    def transcript(self) -> Transcript:
        """What is said, and when; of a recording as far as that could be heard."""
        if not self.request.sound:
            return Transcript(self.target, tuple(segment for segment, _ in self.placed()), "")
        if not self.ws.has(HEARD, self.heard_mark()):
            return Transcript(self.target, (), "")
        heard = self.ws.read(HEARD, Transcript)
        return dataclasses.replace(heard, segments=tuple(self._corrected(one) for one in heard.segments))

    def _corrected(self, heard: Segment) -> Segment:
        """A segment of a recording as it is shown."""
        shown = self._segment(heard.index, heard.text).text
        if shown == heard.text:
            return dataclasses.replace(heard, translation=shown)
        return dataclasses.replace(heard, text=shown, translation=shown, words=(), flags=(), confidence=None)

    def words_of(self, track: Track) -> tuple[SpeechMark, ...]:
        """See the base; of a recording, what was heard in it, unless that is mostly wrong: sound tells more then."""
        if not self.request.sound:
            return super().words_of(track)
        if mostly_doubtful(self.transcript()):
            return ()
        words = (word for segment in self.segments for word in segment.words or (segment,))
        return tuple(SpeechMark("word", word.text, word.start, word.end) for word in words if word.text.strip())

    # --- a recording --------------------------------------------------------------------------------------------------
    @property
    def recogniser(self) -> Recognizer | None:
        """Who hears what is said in it; None where nobody here can."""
        name = self.engines.recognizer
        return cast(Recognizer, registry.load("asr", name, self.config)) if name else None

    def heard_mark(self) -> str:
        return fingerprint("heard", 1, self.track_mark(), self.target, self.engines.recognizer)

    # --- marks --------------------------------------------------------------------------------------------------------
    def track_mark(self) -> str:
        """Of the joined speech: of all takes and pauses, or of the recording."""
        if self.request.sound:
            stat = self.request.sound.stat()
            return fingerprint("sound", 1, stat.st_size, stat.st_mtime_ns, self.margins)
        pauses = [line.pause for line in self.lines]
        takes = [self.take_mark(self.track, *pair) for pair in self.spoken]
        return fingerprint("script", 1, takes, pauses, self.margins)

    def score_mark(self) -> str:
        return fingerprint("score", 2, self.track_mark())

    def result_mark(self) -> str:
        asked = self.request
        words = [one.translation for one in self.segments]
        cause = asked.origin.cause if asked.origin else None
        return fingerprint("result", 1, self.score_mark(), words, asked.title, asked.formats, cause)

    def sources(self) -> JSON:
        """Fingerprints of what was brought, for the record."""
        asked = self.request
        if asked.sound:
            return {"source_sha256": file_sha256(asked.sound)}
        reference = {"reference_sha256": file_sha256(asked.reference)} if asked.reference else {}
        return {"text_sha256": hashlib.sha256(asked.text.encode()).hexdigest(), **reference}

    def notes(self) -> tuple[str, ...]:
        """What a person should know about the result."""
        if self.request.sound:
            return self._unheard()
        bad = sorted({take.index + 1 for take in self.takes() if take.problems})
        if not bad:
            return self.script.notes
        which = ", ".join(str(number) for number in bad[:10]) + (" and more" if len(bad) > 10 else "")
        doubt = f"The voice may have said {len(bad)} of the lines wrong ({which}): listen, and change their words."
        return (*self.script.notes, doubt)

    def _unheard(self) -> tuple[str, ...]:
        """How it is about the subtitles of a recording."""
        name, heard = language(self.target).name, self.transcript()
        if not self.engines.recognizer:
            return (f"Nothing here recognises {name}, so there are no subtitles.",)
        if not heard.segments:
            return (f"No words could be recognised as {name}, so there are no subtitles.",)
        doubt = "Most words of the subtitles are doubtful. Correct them before you show them."
        return (doubt,) if mostly_doubtful(heard) else ()

    def engine_names(self) -> dict[str, str]:
        """Which engine did which step, by its registry name."""
        if self.request.sound:
            return {"recognition": self.engines.recognizer} if self.segments else {}
        compared = {"similarity": ENCODER} if self.comparable else {}
        return {"voice": f"{self.voice.name} {self.voice.version}", **compared, **self.watermark_name}

    @property
    def comparable(self) -> bool:
        """Whether there is anybody whom the voice is to be like."""
        return not self.request.sound and (self.track is Track.EMOTION or self._voice().kind is VoiceKind.PROFILE)
