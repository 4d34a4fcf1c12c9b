"""The last step of what was made from a script: its files, and the result."""

from __future__ import annotations

import dataclasses

from vocasync.artifacts import Workspace
from vocasync.engines.terms import non_commercial
from vocasync.media.probe import probe
from vocasync.pipelines import kept
from vocasync.pipelines.base import WHOLE, Outcome, Unit
from vocasync.pipelines.kept import Scored
from vocasync.pipelines.script.context import ScriptContext
from vocasync.progress import Progress
from vocasync.provenance.stamp import Stamp
from vocasync.stages.delivery import DeliveryRequest, Pictures, deliver
from vocasync.types import JSON, Artifact, MediaInfo


class Mux:
    """The files that a person takes away, and the result."""

    name = "mux"

    def __init__(self, context: ScriptContext) -> None:
        self._ctx = context

    def plan(self) -> tuple[Unit, ...]:
        return () if self._ctx.ws.has(kept.RESULT, self._ctx.result_mark()) else WHOLE

    def run(self, unit: str, progress: Progress) -> None:
        ctx = self._ctx
        scored = ctx.ws.read(kept.SCORES, Scored)
        out = Workspace(ctx.ws.root / kept.OUTPUT)
        made = deliver(self._request(scored), out, progress)
        ctx.ws.save(kept.RESULT, self._result(scored, made, probe(out.root / made[0].path, made[0].name)), self._mark)

    def finish(self) -> None:
        self._ctx.ws.tidy()

    @property
    def _mark(self) -> str:
        return self._ctx.result_mark()

    def _request(self, scored: Scored) -> DeliveryRequest:
        ctx = self._ctx
        return DeliveryRequest(
            name=ctx.request.title,
            sound=ctx.sound,
            track=ctx.track,
            segments=tuple(one for one in ctx.segments if one.text.strip()),
            language=ctx.target,
            formats=ctx.request.formats,
            mark=self._mark,
            manifest=self._made(scored),
            stamp=self._stamp(),
            pictures=self._pictures(),
        )

    def _pictures(self) -> Pictures | None:
        """Of speech alone there are none."""
        return None

    def _made(self, scored: Scored) -> JSON:
        names = self._ctx.engine_names()
        return {
            **self._ctx.sources(),
            "engines": names,
            "non_commercial": non_commercial(names),
            "scores": dataclasses.asdict(scored.scores),
            "notes": self._ctx.notes(),
        }

    def _stamp(self) -> Stamp | None:
        ctx, origin = self._ctx, self._ctx.request.origin
        if origin is None:
            return None
        names = ctx.engine_names()
        made = {
            **ctx.sources(),
            "target_language": ctx.target,
            "engines": names,
            "non_commercial": non_commercial(names),
        }
        return Stamp.of(origin, self._mark, made)

    def _result(self, scored: Scored, artifacts: tuple[Artifact, ...], media: MediaInfo) -> Outcome:
        ctx = self._ctx
        return Outcome(
            media=media,
            transcript=ctx.transcript(),
            target_language=ctx.target,
            takes=scored.takes,
            scores=dataclasses.asdict(scored.scores),
            artifacts=artifacts,
            engines=ctx.engine_names(),
            notes=ctx.notes(),
        )
