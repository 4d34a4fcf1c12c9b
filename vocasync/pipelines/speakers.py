"""The step of a dub that finds out who speaks: diarize. After it the segments are final."""

from __future__ import annotations

import dataclasses

from vocasync.pipelines import kept
from vocasync.pipelines.base import Unit
from vocasync.pipelines.context import DubContext
from vocasync.pipelines.kept import Heard
from vocasync.progress import Progress
from vocasync.stages import diarize


class Diarize:
    """Who says what: as the subtitles name them, else told apart by their voices; then what is known of each.

    One person alone is not looked for. Hand edits come on top: they need no telling apart anew, only another
    description of those who speak."""

    name = "diarize"

    def __init__(self, context: DubContext) -> None:
        self._ctx = context

    def plan(self) -> tuple[Unit, ...]:
        ctx = self._ctx
        if not ctx.ws.has(kept.DIARIZED, ctx.diarized_mark):
            return (Unit("turns", 3.0),)
        return () if ctx.ws.has(kept.SPEAKERS, ctx.speakers_mark) else (Unit("speakers"),)

    def run(self, unit: str, progress: Progress) -> None:
        ctx = self._ctx
        if unit == "turns":
            ctx.ws.save(kept.DIARIZED, self._diarized(progress), ctx.diarized_mark)
        else:
            self._describe(progress)

    def _diarized(self, progress: Progress) -> Heard:
        ctx, heard = self._ctx, self._ctx.words
        segments = heard.transcript.segments
        if ctx.request.speaker_count == 1:
            alone = heard.with_segments(dataclasses.replace(segment, speaker=0) for segment in segments)
            return dataclasses.replace(alone, voices=())
        if heard.voices:
            return heard
        turns = diarize.diarize(ctx.analysis, ctx.ingested.regions, ctx.encoder, ctx.request.speaker_count, progress)
        return dataclasses.replace(heard.with_segments(diarize.assign(segments, turns)), turns=turns)

    def _describe(self, progress: Progress) -> None:
        ctx = self._ctx
        known = dict(enumerate(ctx.heard.voices))
        found = diarize.describe(ctx.analysis, ctx.heard.transcript.segments, ctx.encoder, progress)
        infos = tuple(dataclasses.replace(info, name=known.get(info.number, "")) for info in found)
        ctx.ws.save(kept.SPEAKERS, infos, ctx.speakers_mark)

    def finish(self) -> None:
        return None
