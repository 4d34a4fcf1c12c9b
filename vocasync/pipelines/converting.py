"""The steps of a dub whose recording's own sound is converted: convert, and how alike the voices are then."""

from __future__ import annotations

import dataclasses

from vocasync.errors import PipelineError
from vocasync.pipelines.base import Unit
from vocasync.pipelines.context import DubContext
from vocasync.pipelines.conversion import SOUND, SPEAKER, WHO, Conversion
from vocasync.pipelines.finishing import Score
from vocasync.pipelines.kept import Scored, track_name
from vocasync.progress import Part, Progress
from vocasync.stages import convert, ingest, reference, score
from vocasync.types import Region, Take, Track, VoiceReference

_PREPARE = ("sound", "speaker", "voice")


class Convert:
    """The recording at the converter's rate; what the converter must know of whoever speaks, and of the voice; then
    piece by piece."""

    name = "convert"

    def __init__(self, context: DubContext) -> None:
        self._ctx = context

    @property
    def _conversion(self) -> Conversion:
        """Raises ``voice_gone`` where there is no voice any more."""
        found = self._ctx.conversion
        if found is None:
            raise PipelineError("voice_gone", speaker=self._ctx.request.source_name)
        return found

    def plan(self) -> tuple[Unit, ...]:
        if self._ctx.conversion is None and self._ctx.speaks:
            return ()
        first = tuple(Unit(name) for name in _PREPARE if not self._prepared(name))
        if first:
            return first
        todo = self._conversion
        return tuple(
            Unit(str(number), piece.duration) for number, piece in enumerate(todo.pieces) if not todo.made(number)
        )

    def _prepared(self, name: str) -> bool:
        ws, todo = self._ctx.ws, self._conversion
        if name == "sound":
            return ws.has(SOUND, todo.sound_mark)
        return ws.has(SPEAKER, todo.speaker_mark) if name == "speaker" else todo.voice_known

    def run(self, unit: str, progress: Progress) -> None:
        if unit in _PREPARE:
            {"sound": self._sound, "speaker": self._speaker, "voice": self._voice}[unit](progress)
        else:
            self._piece(int(unit), progress)

    def _sound(self, progress: Progress) -> None:
        ctx, todo = self._ctx, self._conversion
        wanted = ingest.Wanted(rate=todo.converter.sample_rate)
        with ctx.ws.writing(SOUND, todo.sound_mark) as path:
            source, name = ctx.request.source, ctx.request.source_name
            ingest.extract_sound(source, name, ctx.ingested.info, path, progress, wanted)

    def _speaker(self, progress: Progress) -> None:
        """From the cleanest speech, or all of it where that is too little."""
        ctx, todo = self._ctx, self._conversion
        spoken = ctx.ingested.regions
        try:
            found = reference.choose_reference(ctx.analysis, spoken, ctx.encoder, Part(progress, 0.0, 0.5))
            self._prepare_speaker(todo, found, Part(progress, 0.5, 1.0))
        except PipelineError as error:
            if error.code != "reference_too_short":
                raise
            self._all_of_it(todo, VoiceReference(ctx.analysis, spoken), progress)

    def _all_of_it(self, todo: Conversion, found: VoiceReference, progress: Progress) -> None:
        try:
            self._prepare_speaker(todo, found, progress)
        except PipelineError as error:
            if error.code != "reference_too_short":
                raise
            raise PipelineError("recording_too_short", name=self._ctx.request.source_name, **error.params) from error

    def _prepare_speaker(self, todo: Conversion, found: VoiceReference, progress: Progress) -> None:
        with self._ctx.ws.writing(SPEAKER, todo.speaker_mark) as path:
            todo.converter.prepare(found, path, progress)

    def _voice(self, progress: Progress) -> None:
        self._conversion.voice(progress)

    def _piece(self, number: int, progress: Progress) -> None:
        ctx, todo = self._ctx, self._conversion
        name, mark = todo.piece_name(number), todo.piece_mark(number)
        how = convert.Converting(
            todo.converter, todo.speaker(), todo.voice(progress), ctx.request.match, ctx.watermarker
        )
        with ctx.ws.writing(name + ".wav", mark) as path:
            where = convert.convert(todo.sound, todo.pieces[number], how, path, progress)
        length = where.duration
        ctx.ws.save(name + ".json", Take(number, Track.CONVERTED, name + ".wav", where.start, length, length), mark)

    def finish(self) -> None:
        return None


class ScoreBoth(Score):
    """The scores of what is spoken and of what is converted, side by side; what is spoken is then compared with whoever
    spoke, too."""

    def __init__(self, context: DubContext) -> None:
        super().__init__(context)
        self._dub = context

    def scored(self, progress: Progress) -> Scored:
        """See the base."""
        ctx = self._dub
        nothing = Scored(score.Scores(ctx.encoder.name, {}, {}), ())
        scored = super().scored(Part(progress, 0.0, 0.7)) if ctx.speaks else nothing
        return self._with(ctx.conversion, scored, Part(progress, 0.7, 1.0)) if ctx.conversion else scored

    def _with(self, conversion: Conversion, scored: Scored, progress: Progress) -> Scored:
        ctx, scores = self._dub, scored.scores
        spoken = [(one.index, Region(one.start, one.end)) for one, _ in ctx.spoken]
        asked = convert.Compared(
            ctx.analysis,
            ctx.ws.root / track_name(Track.CONVERTED),
            {track.value: ctx.ws.root / track_name(track) for track in ctx.tracks},
            spoken or convert.utterances(ctx.ingested.regions),
            score.voice_vector(conversion.reference, ctx.encoder),
        )
        found = convert.compare(asked, ctx.encoder, progress)
        tracks = {name: own | scores.tracks.get(name, {}) for name, own in found.tracks.items()}
        together = dataclasses.replace(
            scores, tracks=scores.tracks | tracks, baselines=scores.baselines | found.baselines
        )
        return Scored(together, (*scored.takes, *(found.takes if spoken else ())))

    def references(self) -> dict[int, VoiceReference]:
        """See the base; of an engine's own voice its sentences."""
        found = super().references()
        return found | {WHO: self._dub.conversion.reference} if self._dub.conversion else found
