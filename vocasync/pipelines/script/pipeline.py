"""A script, from its text to its files."""

from __future__ import annotations

from collections.abc import Sequence

from vocasync.artifacts import Workspace
from vocasync.engines.base import EngineConfig
from vocasync.engines.cache import in_use
from vocasync.pipelines import kept
from vocasync.pipelines.base import Outcome, Step, Unit
from vocasync.pipelines.script.context import ScriptContext
from vocasync.pipelines.script.delivering import Mux
from vocasync.pipelines.script.request import ScriptRequest
from vocasync.pipelines.script.steps import Score, Stitch, Voice
from vocasync.pipelines.speaking import Synthesize
from vocasync.progress import Progress
from vocasync.types import SpeakerInfo, Take, Transcript

_WEIGHTS = {"voice": 0.1, "synthesize": 0.6, "stitch": 0.1, "score": 0.1, "mux": 0.1}


class SpeakingPipeline:
    """Steps from somebody's words to files, one after the other."""

    def __init__(self, context: ScriptContext, steps: Sequence[Step], weights: dict[str, float]) -> None:
        self._ctx = context
        self._steps = {step.name: step for step in steps}
        self._weights = weights

    @property
    def stages(self) -> tuple[str, ...]:
        return tuple(self._steps)

    @property
    def weights(self) -> dict[str, float]:
        return self._weights

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
        """Never: whoever wrote the words knows them."""
        return False

    def transcript(self) -> Transcript | None:
        """The lines, each as text and as its own translation; their times are guessed until "synthesize" is done."""
        return self._ctx.transcript()

    def speakers(self) -> tuple[SpeakerInfo, ...] | None:
        """Nobody was heard."""
        return ()

    def takes(self) -> tuple[Take, ...]:
        """What is spoken so far."""
        return self._ctx.takes()

    def result(self) -> Outcome:
        """What came of it; valid once "mux" is finished."""
        return self._ctx.ws.read(kept.RESULT, Outcome)


class ScriptPipeline(SpeakingPipeline):
    """The stages of a script over a workspace (see :mod:`vocasync.pipelines.base` for how they are driven)."""

    def __init__(self, request: ScriptRequest, workspace: Workspace, config: EngineConfig) -> None:
        context = ScriptContext(request, workspace, config)
        super().__init__(context, (*speaking_steps(context), Mux(context)), _WEIGHTS)


def speaking_steps(context: ScriptContext) -> tuple[Step, ...]:
    """The steps from the text to the sound and its scores."""
    return (Voice(context), Synthesize(context), Stitch(context), Score(context))
