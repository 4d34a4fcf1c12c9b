"""The steps that make the result of a dub: stitch, score, mux."""

from __future__ import annotations

import dataclasses

from vocasync.artifacts import Workspace
from vocasync.engines.registry import spec
from vocasync.engines.terms import non_commercial
from vocasync.languages import DETECT
from vocasync.pipelines import kept
from vocasync.pipelines.base import WHOLE, Outcome, Unit
from vocasync.pipelines.context import DubContext
from vocasync.pipelines.kept import Scored, track_name
from vocasync.progress import Progress
from vocasync.provenance.stamp import Stamp
from vocasync.stages import mux, score, stitch
from vocasync.types import JSON, Artifact, FitKind, Take, Track, VoiceKind, VoiceReference


class Stitch:
    """Each track's takes, at their places, as one sound."""

    name = "stitch"

    def __init__(self, context: DubContext) -> None:
        self._ctx = context

    def plan(self) -> tuple[Unit, ...]:
        ctx = self._ctx
        return tuple(
            Unit(track.value) for track in ctx.sounds if not ctx.ws.has(track_name(track), ctx.track_mark(track))
        )

    def run(self, unit: str, progress: Progress) -> None:
        ctx, track = self._ctx, Track(unit)
        converted = ctx.conversion if track is Track.CONVERTED else None
        takes = converted.takes() if converted else ctx.takes([track])
        with ctx.ws.writing(track_name(track), ctx.track_mark(track)) as path:
            stitch.stitch(
                ctx.ws.root,
                takes,
                ctx.ingested.info.duration,
                ctx.analysis,
                path,
                progress,
                levelled=converted is not None,
            )

    def finish(self) -> None:
        return None


class Score:
    """How alike the voices are: each track and segment against its references, with the baselines."""

    name = "score"

    def __init__(self, context: DubContext) -> None:
        self._ctx = context

    def plan(self) -> tuple[Unit, ...]:
        return () if self._ctx.ws.has(kept.SCORES, self._ctx.score_mark()) else WHOLE

    def run(self, unit: str, progress: Progress) -> None:
        self._ctx.ws.save(kept.SCORES, self.scored(progress), self._ctx.score_mark())

    def scored(self, progress: Progress) -> Scored:
        """The scores of what is spoken."""
        ctx = self._ctx
        tone = Track.EMOTION in ctx.tracks
        scores, takes = score.score(
            ctx.ws.root,
            ctx.takes(),
            self.references(),
            ctx.ws.read(f"{kept.EMOTION}.json", VoiceReference) if tone else None,
            None if spec("tts", ctx.engines.voice).price else ctx.voice,  # nobody pays for a comparison
            [segment for segment, _ in ctx.spoken],
            ctx.target,
            ctx.encoder,
            progress,
        )
        return Scored(scores, takes)

    def references(self) -> dict[int, VoiceReference]:
        """By speaker, the speech that their voice is made from; without those of whom an engine's own voice speaks."""
        ctx = self._ctx
        speaking = {segment.speaker for segment, _ in ctx.spoken}
        found = {number: ctx.reference(role) for number, role in ctx.cast.items() if number in speaking}
        return {number: reference for number, reference in found.items() if reference is not None}

    def finish(self) -> None:
        return None


class Mux:
    """The files that a person takes away, and the result."""

    name = "mux"

    def __init__(self, context: DubContext) -> None:
        self._ctx = context

    def plan(self) -> tuple[Unit, ...]:
        return () if self._ctx.ws.has(kept.RESULT, self._ctx.result_mark()) else WHOLE

    def run(self, unit: str, progress: Progress) -> None:
        ctx = self._ctx
        scored = ctx.ws.read(kept.SCORES, Scored)
        notes = self._notes(scored.takes)
        made = mux.mux(self._request(scored, notes), Workspace(ctx.ws.root / kept.OUTPUT), progress)
        ctx.ws.save(kept.RESULT, self._result(scored, made.artifacts, (*notes, *made.notes)), ctx.result_mark())

    def finish(self) -> None:
        self._ctx.ws.tidy()

    def _request(self, scored: Scored, notes: tuple[str, ...]) -> mux.MuxRequest:
        ctx = self._ctx
        spoken = ctx.heard.transcript.language
        return mux.MuxRequest(
            source=ctx.request.source,
            name=ctx.request.source_name,
            info=ctx.ingested.info,
            analysis=ctx.analysis,
            tracks=tuple(mux.DubbedTrack(track, ctx.ws.root / track_name(track)) for track in ctx.sounds),
            segments=ctx.translation.segments,
            source_language=spoken if spoken != DETECT else ctx.target,
            target_language=ctx.target,
            mark=ctx.result_mark(),
            manifest=self._manifest(scored, notes),
            stamp=self._stamp(),
            films=self._films(),
        )

    def _films(self) -> tuple[mux.SyncedFilm, ...]:
        """The picture with its lips in time with each sound, where that was asked for."""
        lips = self._ctx.lips
        tracks = lips.tracks if lips else ()
        return tuple(mux.SyncedFilm(one, lips.pieces(one), lips.fps, lips.sound(one)) for one in tracks if lips)

    def _stamp(self) -> Stamp | None:
        ctx = self._ctx
        origin = ctx.request.origin
        if origin is None:
            return None
        made = {
            "source_sha256": ctx.ingested.sha256,
            "source_language": ctx.heard.transcript.language,
            "target_language": ctx.target,
            "engines": ctx.engine_names(),
            "non_commercial": non_commercial(ctx.engine_names()),
        }
        return Stamp.of(origin, ctx.result_mark(), made)

    def _manifest(self, scored: Scored, notes: tuple[str, ...]) -> JSON:
        return {
            "source_sha256": self._ctx.ingested.sha256,
            "engines": self._ctx.engine_names(),
            "non_commercial": non_commercial(self._ctx.engine_names()),
            "scores": dataclasses.asdict(scored.scores),
            "notes": notes,
        }

    def _result(self, scored: Scored, artifacts: tuple[Artifact, ...], notes: tuple[str, ...]) -> Outcome:
        ctx = self._ctx
        return Outcome(
            media=ctx.ingested.info,
            transcript=dataclasses.replace(ctx.heard.transcript, segments=ctx.translation.segments),
            target_language=ctx.target,
            takes=scored.takes,
            scores=dataclasses.asdict(scored.scores),
            artifacts=artifacts,
            engines=ctx.engine_names(),
            notes=notes,
            speakers=ctx.speakers() or (),
        )

    def _notes(self, takes: tuple[Take, ...]) -> tuple[str, ...]:
        """What a person should know about this result."""
        notes = list(self._ctx.heard.notes)
        notes += self._stand_ins()
        long = sorted({take.index + 1 for take in takes if take.fit is FitKind.OVERFLOW})
        if long:
            which = ", ".join(str(number) for number in long[:10]) + (" and more" if len(long) > 10 else "")
            notes.append(
                f"{len(long)} of the segments are longer than the time there is and run into the next one ({which}): "
                "shorten their translation and speak them again."
            )
        doubtful = sum("low_confidence" in segment.flags for segment in self._ctx.translation.segments)
        if doubtful:
            notes.append(f"The words of {doubtful} segments are doubtful; they are marked in the transcript.")
        notes += self._ctx.lips.notes() if self._ctx.lips else []
        return tuple(notes)

    def _stand_ins(self) -> list[str]:
        """Who is not heard in their own voice, though they should be."""
        ctx = self._ctx
        known = {info.number: info.name for info in ctx.speakers() or ()}
        speaking = {segment.speaker for segment, _ in ctx.spoken}
        without = [
            known.get(number) or f"speaker {number + 1}"
            for number, role in ctx.cast.items()
            if number in speaking and role.voice.kind is VoiceKind.OWN and ctx.reference(role) is None
        ]
        if not without:
            return []
        whose = "" if len(ctx.cast) == 1 else f" of {', '.join(without)}"
        return [f"There was too little clear speech{whose} to match a voice to, so the engine's own voice speaks."]
