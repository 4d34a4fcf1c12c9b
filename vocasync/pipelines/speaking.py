"""The steps of a dub that speak: voice, synthesize."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from vocasync.errors import PipelineError
from vocasync.pipelines import context as names
from vocasync.pipelines.base import Unit
from vocasync.pipelines.context import DubContext, take_name
from vocasync.progress import Part, Progress
from vocasync.stages import reference, synthesize
from vocasync.stages.fit import Slot
from vocasync.types import Segment, Take, Track, VoiceReference

BATCH_SEGMENTS = 6
"""Segments a unit of synthesis: small enough to share a short job out, large enough not to drown in tasks."""


class Voice:
    """What the engine must know of the speaker, and of the emotion reference: computed once a voice."""

    name = "voice"

    def __init__(self, context: DubContext) -> None:
        self._ctx = context

    def plan(self) -> tuple[Unit, ...]:
        return tuple(Unit(track.value) for track in self._ctx.tracks if not self._done(track))

    def _done(self, track: Track) -> bool:
        return self._ctx.ws.has(names.CONDITIONS[track], self._ctx.voice_mark(track))

    def run(self, unit: str, progress: Progress) -> None:
        ctx = self._ctx
        if Track(unit) is Track.VOICE:
            self._speaker(progress)
        else:
            found = ctx.ws.read(names.REFERENCES[Track.EMOTION], VoiceReference)
            self._prepare(Track.EMOTION, found, progress)

    def _speaker(self, progress: Progress) -> None:
        """The best speech there is, else all there is; too little of it leaves the engine its own voice."""
        ctx = self._ctx
        whole = VoiceReference(ctx.analysis, ctx.ingested.regions)
        for find in (self._chosen, lambda _: whole):
            with _passing_over("reference_too_short"):
                found = find(Part(progress, 0.0, 0.5))
                self._prepare(Track.VOICE, found, Part(progress, 0.5, 1.0))
                ctx.ws.save(names.REFERENCES[Track.VOICE], found, ctx.voice_mark(Track.VOICE))
                return
        ctx.ws.save(names.REFERENCES[Track.VOICE], whole, ctx.voice_mark(Track.VOICE))
        with ctx.ws.writing(names.CONDITIONS[Track.VOICE], ctx.voice_mark(Track.VOICE)) as path:
            path.touch()

    def _chosen(self, progress: Progress) -> VoiceReference:
        ctx = self._ctx
        segments = ctx.heard.transcript.segments
        return reference.choose_reference(ctx.analysis, segments, ctx.ingested.regions, ctx.encoder, progress)

    def _prepare(self, track: Track, found: VoiceReference, progress: Progress) -> None:
        ctx = self._ctx
        prepare = ctx.voice.prepare if track is Track.VOICE else ctx.voice.prepare_emotion
        with ctx.ws.writing(names.CONDITIONS[track], ctx.voice_mark(track)) as path:
            prepare(found, path, progress)

    def finish(self) -> None:
        return None


class Synthesize:
    """Every segment, on every track, spoken and fitted to its slot."""

    name = "synthesize"

    def __init__(self, context: DubContext) -> None:
        self._ctx = context

    def plan(self) -> tuple[Unit, ...]:
        return tuple(
            Unit(f"{number}", float(sum(len(segment.translation) for segment, _ in batch)))
            for number, batch in enumerate(self._batches())
            if not all(self._done(track, *pair) for pair in batch for track in self._ctx.tracks)
        )

    def _batches(self) -> tuple[tuple[tuple[Segment, Slot], ...], ...]:
        spoken = self._ctx.spoken
        return tuple(spoken[first : first + BATCH_SEGMENTS] for first in range(0, len(spoken), BATCH_SEGMENTS))

    def _done(self, track: Track, one: Segment, slot: Slot) -> bool:
        return self._ctx.ws.has(take_name(track, one) + ".json", self._ctx.take_mark(track, one, slot))

    def run(self, unit: str, progress: Progress) -> None:
        work = [(track, *pair) for pair in self._batches()[int(unit)] for track in self._ctx.tracks]
        for done, (track, one, slot) in enumerate(work):
            progress.check()
            if not self._done(track, one, slot):
                self._speak(track, one, slot)
            progress.report((done + 1) / len(work))

    def _speak(self, track: Track, one: Segment, slot: Slot) -> Take:
        ctx, name = self._ctx, take_name(track, one)
        mark = ctx.take_mark(track, one, slot)
        with ctx.ws.writing(name + ".wav", mark) as path:
            take = synthesize.speak(
                one,
                slot,
                track,
                ctx.voice,
                ctx.conditioning(Track.VOICE),
                ctx.conditioning(Track.EMOTION) if track is Track.EMOTION else None,
                synthesize.SpeakSettings(ctx.target, ctx.request.match, ctx.request.emotion_strength),
                path,
                name + ".wav",
            )
        ctx.ws.save(name + ".json", take, mark)
        return take

    def finish(self) -> None:
        return None


@contextmanager
def _passing_over(code: str) -> Iterator[None]:
    """Go on after a PipelineError of this code."""
    try:
        yield
    except PipelineError as error:
        if error.code != code:
            raise
