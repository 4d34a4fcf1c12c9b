"""Dubbing: a video or a recording in, tracks, transcripts and scores out."""

from __future__ import annotations

from vocasync.artifacts import Workspace
from vocasync.engines.base import EngineConfig
from vocasync.engines.cache import in_use
from vocasync.pipelines import kept
from vocasync.pipelines.base import DubRequest, Outcome, Step, Unit
from vocasync.pipelines.context import DubContext
from vocasync.pipelines.converting import Convert, ScoreBoth
from vocasync.pipelines.finishing import Mux, Score, Stitch
from vocasync.pipelines.lipsyncing import Lipsync
from vocasync.pipelines.speakers import Diarize
from vocasync.pipelines.speaking import Synthesize, Voice
from vocasync.pipelines.wording import Ingest, Review, Transcribe, Translate
from vocasync.progress import Progress
from vocasync.stages.transcribe import mostly_doubtful
from vocasync.types import SpeakerInfo, Take, Transcript, Ways

_WEIGHTS = {
    "ingest": 0.06,
    "transcribe": 0.42,
    "diarize": 0.04,
    "translate": 0.04,
    "review": 0.0,
    "voice": 0.05,
    "synthesize": 0.28,
    "convert": 0.3,
    "stitch": 0.04,
    "score": 0.06,
    "lipsync": 1.0,
    "mux": 0.05,
}


class DubPipeline:
    """The stages of a dub over a workspace (see :mod:`vocasync.pipelines.base` for how they are driven)."""

    def __init__(self, request: DubRequest, workspace: Workspace, config: EngineConfig) -> None:
        self._ctx = DubContext(request, workspace, config)
        ctx, ways = self._ctx, request.ways
        words = (Transcribe(ctx), Diarize(ctx), Translate(ctx), Review(), Voice(ctx), Synthesize(ctx))
        steps: tuple[Step, ...] = (
            Ingest(ctx),
            *(words if ways is not Ways.CONVERT else ()),
            *((Convert(ctx),) if ways is not Ways.SPEAK else ()),
            Stitch(ctx),
            Score(ctx) if ways is Ways.SPEAK else ScoreBoth(ctx),
            *((Lipsync(ctx, ctx.lips),) if ctx.lips else ()),
            Mux(ctx),
        )
        self._steps = {step.name: step for step in steps}

    @property
    def stages(self) -> tuple[str, ...]:
        return tuple(self._steps)

    @property
    def weights(self) -> dict[str, float]:
        """Rough shares of the whole: the user's own text takes next to no time to read."""
        known = dict(_WEIGHTS, transcribe=0.04) if self._ctx.has_text else _WEIGHTS
        raw = {name: known[name] for name in self._steps}
        return {name: weight / sum(raw.values()) for name, weight in raw.items()}

    def plan(self, stage: str) -> tuple[Unit, ...]:
        with in_use():
            return self._steps[stage].plan()

    def run(self, stage: str, unit: str, progress: Progress) -> None:
        with in_use():
            self._steps[stage].run(unit, progress)

    def finish(self, stage: str) -> None:
        with in_use():
            self._steps[stage].finish()

    def needs_review(self) -> bool:
        """Whether a person must look before anything is spoken: asked for, or most words are doubtful.

        Valid once "translate" is finished."""
        asked = self._ctx.request
        return not asked.reviewed and (asked.review or mostly_doubtful(self._ctx.heard.transcript))

    def transcript(self) -> Transcript | None:
        """The transcript with what is translated so far, or None before "diarize" is finished: it splits segments."""
        return self._ctx.current_transcript()

    def speakers(self) -> tuple[SpeakerInfo, ...] | None:
        """Who speaks, by number, with everybody whom hand edits made and without those they left nothing to say.

        None before "diarize" is finished."""
        return self._ctx.speakers()

    def takes(self) -> tuple[Take, ...]:
        """What is spoken so far."""
        return self._ctx.takes()

    def result(self) -> Outcome:
        """What came of it; valid once "mux" is finished."""
        return self._ctx.ws.read(kept.RESULT, Outcome)
