"""The steps of a dub that speak: voice, synthesize."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from vocasync.engines.registry import stock_voices
from vocasync.errors import PipelineError
from vocasync.pipelines import kept
from vocasync.pipelines.base import Unit
from vocasync.pipelines.casting import Role
from vocasync.pipelines.context import DubContext
from vocasync.pipelines.kept import OwnVoice, take_name
from vocasync.progress import Part, Progress
from vocasync.stages import reference, synthesize
from vocasync.stages.fit import Slot
from vocasync.types import Segment, Take, Track, VoiceKind, VoiceReference

BATCH_SEGMENTS = 6
"""Segments a unit of synthesis: small enough to share a short job out, large enough not to drown in tasks."""


class Voice:
    """What the engine must know of everybody's voice, and of the emotion reference: computed once a voice."""

    name = "voice"

    def __init__(self, context: DubContext) -> None:
        self._ctx = context

    def plan(self) -> tuple[Unit, ...]:
        ctx = self._ctx
        voices = {role.name: Unit(role.name) for role in self._roles() if not self._done(role)}
        spoken = Track.EMOTION in ctx.tracks and not ctx.ws.has(f"{kept.EMOTION}.npz", ctx.emotion_mark)
        return (*voices.values(), *((Unit(kept.EMOTION),) if spoken else ()))

    def _roles(self) -> Iterator[Role]:
        """Those who have something to say, and a voice that has to be made."""
        speaking = {segment.speaker for segment, _ in self._ctx.spoken}
        return (role for number, role in self._ctx.cast.items() if number in speaking and role.name)

    def _done(self, role: Role) -> bool:
        """Own voices are told of beside their conditioning."""
        endings = (".npz", ".json") if role.voice.kind is VoiceKind.OWN else (".npz",)
        return all(self._ctx.ws.has(role.name + ending, self._ctx.voice_marks[role.speaker]) for ending in endings)

    def run(self, unit: str, progress: Progress) -> None:
        ctx = self._ctx
        if unit == kept.EMOTION:
            found = ctx.ws.read(f"{kept.EMOTION}.json", VoiceReference)
            with ctx.ws.writing(f"{kept.EMOTION}.npz", ctx.emotion_mark) as path:
                ctx.voice.prepare_emotion(found, path, progress)
            return
        role = next(role for role in self._roles() if role.name == unit)
        if role.voice.kind is VoiceKind.OWN:
            self._own(role, progress)
        elif role.voice.reference is None:
            raise ValueError("a voice of the library needs its reference")
        else:
            self._prepare(role, role.voice.reference, progress)

    def _own(self, role: Role, progress: Progress) -> None:
        """The best speech there is, else all there is; too little of it leaves them a voice of the engine's own."""
        for find in (self._chosen, self._all):
            with _passing_over("reference_too_short"):
                found = find(role, Part(progress, 0.0, 0.5))
                self._prepare(role, found, Part(progress, 0.5, 1.0))
                self._tell(role, OwnVoice(found))
                return
        with self._ctx.ws.writing(f"{role.name}.npz", self._ctx.voice_marks[role.speaker]) as path:
            path.touch()
        self._tell(role, OwnVoice(stock=self._stock(role)))

    def _chosen(self, role: Role, progress: Progress) -> VoiceReference:
        ctx = self._ctx
        return reference.choose_reference(ctx.analysis, role.regions, ctx.encoder, progress)

    def _all(self, role: Role, progress: Progress) -> VoiceReference:
        """All speech of theirs; of whoever speaks alone, all that there is."""
        heard = self._ctx.ingested.regions if role.alone else role.regions
        return VoiceReference(self._ctx.analysis, heard or role.regions)

    def _stock(self, role: Role) -> str:
        ctx = self._ctx
        voices = stock_voices(ctx.engines.voice, ctx.config)
        ready = [one for one in voices if not one.languages or ctx.target in one.languages]
        return reference.nearest_stock(ctx.analysis, role.regions, ready, role.speaker)

    def _tell(self, role: Role, found: OwnVoice) -> None:
        self._ctx.ws.save(f"{role.name}.json", found, self._ctx.voice_marks[role.speaker])

    def _prepare(self, role: Role, found: VoiceReference, progress: Progress) -> None:
        ctx = self._ctx
        with ctx.ws.writing(f"{role.name}.npz", ctx.voice_marks[role.speaker]) as path:
            ctx.voice.prepare(found, path, progress)

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
        voice, stock = self._voice(one.speaker)
        with ctx.ws.writing(name + ".wav", mark) as path:
            take = synthesize.speak(
                one,
                slot,
                track,
                ctx.voice,
                voice,
                ctx.conditioning(kept.EMOTION, ctx.emotion_mark) if track is Track.EMOTION else None,
                synthesize.SpeakSettings(
                    ctx.target,
                    ctx.request.match,
                    ctx.request.emotion_strength,
                    stock=stock,
                    options=ctx.cast[one.speaker].voice.options,
                    watermarker=ctx.watermarker,
                ),
                path,
                name + ".wav",
            )
        ctx.ws.save(name + ".json", take, mark)
        return take

    def _voice(self, speaker: int) -> tuple[Any, str]:
        """Somebody's conditioning, or None and which of the engine's own voices speaks."""
        ctx, role = self._ctx, self._ctx.cast[speaker]
        if role.voice.kind is VoiceKind.STOCK:
            return None, role.voice.stock
        if role.voice.kind is VoiceKind.OWN and (own := ctx.own_voice(role)).reference is None:
            return None, own.stock
        return ctx.conditioning(role.name, ctx.voice_marks[speaker]), ""

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
