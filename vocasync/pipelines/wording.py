"""The steps of a dub that find the words: ingest, transcribe, translate, review.

A step asks :class:`DubContext` for everything that is already there.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from functools import cached_property

from vocasync.artifacts import file_sha256, fingerprint
from vocasync.engines.base import Recognition
from vocasync.engines.translate.cache import TranslationCache
from vocasync.errors import PipelineError
from vocasync.languages import DETECT, language
from vocasync.media import subtitles
from vocasync.pipelines import kept
from vocasync.pipelines.base import WHOLE, Unit
from vocasync.pipelines.context import DubContext
from vocasync.pipelines.kept import Heard, Ingested, Translation
from vocasync.progress import Part, Progress
from vocasync.stages import ingest, script, segment, transcribe, translate
from vocasync.types import Region, Segment, Transcript


class Ingest:
    """Look at the source, make sure there is room, extract what the analysis listens to, find the speech.

    The emotion reference is looked at here as well: one without speech is said at once, not after the transcript."""

    name = "ingest"

    def __init__(self, context: DubContext) -> None:
        self._ctx = context

    def plan(self) -> tuple[Unit, ...]:
        ctx = self._ctx
        source = () if ctx.ws.has(kept.INGESTED, ctx.source_mark) else (Unit("source", 3.0),)
        return source if ctx.emotion_heard else (*source, Unit("emotion"))

    def run(self, unit: str, progress: Progress) -> None:
        (self._source if unit == "source" else self._ctx.hear_emotion)(progress)

    def _source(self, progress: Progress) -> None:
        ctx, asked = self._ctx, self._ctx.request
        info = ingest.inspect(asked.source, asked.source_name, asked.limits)
        ingest.check_room(ctx.ws.root, ingest.room_needed(info, len(ctx.sounds)))
        with ctx.ws.writing(kept.ANALYSIS, ctx.source_mark) as path:
            ingest.extract_analysis(asked.source, asked.source_name, info, path, Part(progress, 0.0, 0.5))
        regions = segment.speech_regions(ctx.analysis, Part(progress, 0.5, 0.95))
        ctx.ws.save(kept.INGESTED, Ingested(info, file_sha256(asked.source), regions), ctx.source_mark)

    def finish(self) -> None:
        self._ctx.require_speech()


class Transcribe:
    """Words: recognised region by region, or the user's own text placed on the sound."""

    name = "transcribe"

    def __init__(self, context: DubContext) -> None:
        self._ctx = context

    def plan(self) -> tuple[Unit, ...]:
        ctx = self._ctx
        if ctx.ws.has(kept.TRANSCRIPT, ctx.transcript_mark):
            return ()
        if ctx.has_text:
            return WHOLE
        if self._language() == DETECT:
            # The language is heard once, in the first unit; the others follow it when the plan is asked for again.
            return (self._unit(*next(self._units())),)
        return tuple(self._unit(*numbered) for numbered in self._units() if not self._done(numbered[1]))

    def run(self, unit: str, progress: Progress) -> None:
        if self._ctx.has_text:
            self._ctx.ws.save(kept.TRANSCRIPT, self._own_text(progress), self._ctx.transcript_mark)
        else:
            self._recognize(dict(self._units())[int(unit)], progress)

    def finish(self) -> None:
        ctx = self._ctx
        if ctx.ws.has(kept.TRANSCRIPT, ctx.transcript_mark):
            return
        heard = [ctx.ws.read(self._piece(number), Recognition) for number in range(len(self._regions))]
        transcript = transcribe.assemble(
            heard,
            engine=ctx.engines.recognizer,
            punctuates=ctx.recognizer.punctuates,
            max_chars=ctx.voice.max_chars,
            language=self._language(),
        )
        if not transcript.segments:
            raise PipelineError("no_speech", name=ctx.request.source_name)
        ctx.ws.save(kept.TRANSCRIPT, Heard(transcript), ctx.transcript_mark)

    @cached_property
    def _regions(self) -> tuple[Region, ...]:
        return segment.merge_regions(self._ctx.ingested.regions, self._ctx.recognizer.region_seconds)

    def _units(self) -> Iterator[tuple[int, tuple[int, ...]]]:
        """Numbered units, each the numbers of its regions."""
        first = 0
        for number, regions in enumerate(transcribe.recognition_units(self._regions, self._ctx.recognizer)):
            yield number, tuple(range(first, first + len(regions)))
            first += len(regions)

    def _unit(self, number: int, pieces: Sequence[int]) -> Unit:
        regions = self._regions
        return Unit(str(number), sum(regions[piece].duration for piece in pieces))

    def _piece(self, number: int) -> str:
        return f"heard/{number:05d}.json"

    def _piece_mark(self, number: int) -> str:
        return fingerprint("heard", self._ctx.transcript_mark, self._regions[number])

    def _done(self, pieces: Sequence[int]) -> bool:
        return all(self._ctx.ws.has(self._piece(piece), self._piece_mark(piece)) for piece in pieces)

    def _recognize(self, pieces: Sequence[int], progress: Progress) -> None:
        left = [piece for piece in pieces if not self._done([piece])]
        regions = [self._regions[piece] for piece in left]
        found = transcribe.recognize_each(self._ctx.analysis, regions, self._ctx.recognizer, self._language(), progress)
        for piece, heard in zip(left, found, strict=True):
            self._ctx.ws.save(self._piece(piece), heard, self._piece_mark(piece))

    def _language(self) -> str:
        """The language that is spoken: as asked, or as the first region was heard."""
        if self._ctx.request.source_language != DETECT:
            return language(self._ctx.request.source_language).code
        if self._ctx.ws.has(self._piece(0), self._piece_mark(0)):
            return self._ctx.ws.read(self._piece(0), Recognition).language
        return DETECT

    def _own_text(self, progress: Progress) -> Heard:
        asked = self._ctx.request
        if asked.subtitles is None:
            return Heard(self._aligned(progress))
        parsed = subtitles.parse(asked.subtitles, asked.subtitles_name)
        cues, voices = subtitles.attributed(parsed.cues)
        spoken = self._ctx.target if self._ctx.has_translation else asked.source_language
        transcript = transcribe.from_cues(
            cues, language=spoken, duration=self._ctx.ingested.info.duration, name=asked.subtitles_name
        )
        return Heard(transcript, parsed.notes, voices)

    def _aligned(self, progress: Progress) -> Transcript:
        asked = self._ctx.request
        return script.from_script(
            self._ctx.analysis,
            asked.transcript,
            self._ctx.aligner,
            language=asked.source_language,
            max_chars=self._ctx.voice.max_chars,
            progress=progress,
            name=asked.source_name,
        )


class Translate:
    """Words in the target language, a person's corrections on top."""

    name = "translate"

    def __init__(self, context: DubContext) -> None:
        self._ctx = context

    def plan(self) -> tuple[Unit, ...]:
        return () if self._ctx.ws.has(kept.TRANSLATION, self._ctx.translation_mark) else WHOLE

    def run(self, unit: str, progress: Progress) -> None:
        ctx = self._ctx
        transcript = ctx.heard.transcript
        name = ctx.translator_name(transcript.language)
        segments = translate.translate(
            tuple(self._given(segment) for segment in transcript.segments),
            ctx.translator(name) if name else None,
            transcript.language,
            ctx.target,
            TranslationCache(ctx.config.cache),
            progress,
            ctx.request.glossary,
        )
        ctx.ws.save(kept.TRANSLATION, Translation(segments, name), ctx.translation_mark)

    def _given(self, one: Segment) -> Segment:
        """A segment with the translation that a person gave, where one did."""
        edit = self._ctx.request.edits.get(one.index)
        if edit is None or edit.translation is None:
            return one
        return dataclasses.replace(one, translation=edit.translation)

    def finish(self) -> None:
        return None


class Review:
    """Where a person looks at the words; the pipeline itself has nothing to do here."""

    name = "review"

    def plan(self) -> tuple[Unit, ...]:
        return ()

    def run(self, unit: str, progress: Progress) -> None:
        return None

    def finish(self) -> None:
        return None
