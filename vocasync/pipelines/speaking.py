"""The steps of a dub that speak: voice, synthesize."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from vocasync.engines.base import Watermarker
from vocasync.engines.registry import stock_voices
from vocasync.errors import PipelineError
from vocasync.pipelines import kept
from vocasync.pipelines.base import Unit
from vocasync.pipelines.casting import Role
from vocasync.pipelines.context import DubContext
from vocasync.pipelines.kept import OwnVoice, take_name
from vocasync.pipelines.voicing import VoiceContext
from vocasync.progress import Part, Progress
from vocasync.stages import reference, synthesize, watermark
from vocasync.stages.fit import Slot
from vocasync.stages.synthesize import Spoken, Work
from vocasync.types import Segment, Track, VoiceKind, VoiceReference

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
        spoken = Track.EMOTION in ctx.tracks and not ctx.conditions.has_emotion(ctx.emotion_clip, ctx.emotion_folder)
        return (*voices.values(), *((Unit(kept.EMOTION),) if spoken else ()))

    def _roles(self) -> Iterator[Role]:
        """Those who have something to say, and a voice that has to be made."""
        speaking = {segment.speaker for segment, _ in self._ctx.spoken}
        return (role for number, role in self._ctx.cast.items() if number in speaking and role.name)

    def _done(self, role: Role) -> bool:
        """Own voices are told of beside their conditioning."""
        ctx = self._ctx
        if role.voice.kind is VoiceKind.PROFILE:
            return ctx.conditions.has_voice(role.voice, ctx.folder_of(role))
        return all(ctx.ws.has(role.name + ending, ctx.voice_marks[role.speaker]) for ending in (".npz", ".json"))

    def run(self, unit: str, progress: Progress) -> None:
        ctx = self._ctx
        if unit == kept.EMOTION:
            ctx.conditions.emotion(ctx.emotion_clip, ctx.emotion_folder, progress)
            return
        role = next(role for role in self._roles() if role.name == unit)
        if role.voice.kind is VoiceKind.OWN:
            self._own(role, progress)
        elif role.voice.reference is None:
            raise ValueError("a voice of the library needs its reference")
        else:
            ctx.conditions.voice(role.voice, ctx.folder_of(role), progress)

    def _own(self, role: Role, progress: Progress) -> None:
        """The best speech there is, else all there is; too little of it leaves them a voice of the engine's own."""
        for find in (self._chosen, self._all):
            with _passing_over("reference_too_short"):
                found = self._worded(role, find(role, Part(progress, 0.0, 0.5)))
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

    def _worded(self, role: Role, found: VoiceReference) -> VoiceReference:
        """With what is said in it: there are engines that have to know."""
        heard = self._ctx.heard.transcript
        own = [segment for segment in heard.segments if segment.speaker == role.speaker]
        words = reference.words_within(own, found.regions)
        text = " ".join(word.text for word in words)
        return replace(found, words=words, transcript=text, language=heard.language if words else "")

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

    def __init__(self, context: VoiceContext) -> None:
        self._ctx = context

    def plan(self) -> tuple[Unit, ...]:
        return tuple(
            Unit(unit_name(batch), float(sum(len(segment.translation) for segment, _ in batch)))
            for batch in self._batches()
            if self._left(batch)
        )

    def _batches(self) -> list[Work]:
        spoken = self._in_order()
        if not spoken:
            return []
        size = max(BATCH_SEGMENTS, self._ctx.voice.batch)
        return [spoken[first : first + size] for first in range(0, len(spoken), size)]

    def _in_order(self) -> Work:
        """What a voice has to say stands together, so that as much as can be is said at once."""
        return sorted(self._ctx.spoken, key=lambda pair: pair[0].speaker)

    def _left(self, batch: Work) -> list[tuple[Track, Segment, Slot]]:
        pairs = [(track, *pair) for track in self._ctx.tracks for pair in batch]
        return [one for one in pairs if not self._done(*one)]

    def _done(self, track: Track, one: Segment, slot: Slot) -> bool:
        return self._ctx.ws.has(take_name(track, one) + ".json", self._ctx.take_mark(track, one, slot))

    def run(self, unit: str, progress: Progress) -> None:
        groups = self._groups(self._left(batch_of(unit, self._in_order())))
        count = sum(len(work) for _, work in groups)
        done = 0
        for track, work in groups:
            progress.check()
            here = Part(progress, done / count, (done + len(work)) / count)
            self._speak(track, work, here)
            done += len(work)
            progress.report(done / count)

    def _groups(self, left: Sequence[tuple[Track, Segment, Slot]]) -> list[tuple[Track, Work]]:
        """What is said together: what one voice has to say on a track. An engine that says one after the other is given
        one at a time, so that each take is there as soon as it is spoken."""
        together: dict[Any, list[tuple[Segment, Slot]]] = {}
        for number, (track, segment, slot) in enumerate(left):
            own = number if self._ctx.voice.batch == 1 else 0
            together.setdefault((track, segment.speaker, own), []).append((segment, slot))
        return [(track, work) for (track, _, _), work in together.items()]

    def _speak(self, track: Track, work: Work, progress: Progress) -> None:
        ctx, speaker = self._ctx, work[0][0].speaker
        voice, stock = ctx.speaks_with(speaker)
        settings = synthesize.SpeakSettings(
            ctx.target,
            ctx.request.match,
            ctx.request.emotion_strength,
            stock=stock,
            options=ctx.cast[speaker].voice.options,
            listener=ctx.listener,
        )
        tone = ctx.emotion if track is Track.EMOTION else None
        for (segment, slot), spoken in zip(
            work, synthesize.speak(work, ctx.voice, voice, tone, settings, progress), strict=True
        ):
            self._write(track, segment, slot, spoken)

    def _write(self, track: Track, segment: Segment, slot: Slot, spoken: Spoken) -> None:
        ctx, name = self._ctx, take_name(track, segment)
        mark = ctx.take_mark(track, segment, slot)
        with ctx.ws.writing(name + ".wav", mark) as path:
            take = synthesize.write(spoken, slot, track, self._watermarker(), path, name + ".wav")
        if marks := synthesize.marks_of(spoken, take):
            ctx.ws.save(f"{name}.{kept.MARKS}", marks, mark)
        ctx.ws.save(name + ".json", take, mark)

    def _watermarker(self) -> Watermarker | None:
        found = self._ctx.watermarker
        return watermark.Once(found) if found and getattr(self._ctx.voice, "marks", False) else found

    def finish(self) -> None:
        return None


def unit_name(batch: Work) -> str:
    """Its first segment and how many there are: a unit must be the same on a machine that says more at once."""
    return f"{batch[0][0].index}+{len(batch)}"


def batch_of(unit: str, spoken: Work) -> Work:
    """The segments of a unit among all, which stand in their order of speaking."""
    index, _, count = unit.partition("+")
    first = next(place for place, (segment, _) in enumerate(spoken) if segment.index == int(index))
    return spoken[first : first + int(count)]


@contextmanager
def _passing_over(code: str) -> Iterator[None]:
    """Go on after a PipelineError of this code."""
    try:
        yield
    except PipelineError as error:
        if error.code != code:
            raise
