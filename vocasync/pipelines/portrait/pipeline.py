"""A portrait, from a photograph and a text to a film."""

from __future__ import annotations

from vocasync.artifacts import Workspace
from vocasync.engines.base import EngineConfig
from vocasync.pipelines.base import Step
from vocasync.pipelines.portrait.context import PortraitContext
from vocasync.pipelines.portrait.request import PortraitRequest
from vocasync.pipelines.portrait.steps import Lipsync, Mux, Prepare
from vocasync.pipelines.script.pipeline import SpeakingPipeline, speaking_steps

_WEIGHTS = {
    "prepare": 0.02,
    "voice": 0.04,
    "synthesize": 0.15,
    "stitch": 0.03,
    "score": 0.05,
    "lipsync": 0.64,
    "mux": 0.07,
}


class PortraitPipeline(SpeakingPipeline):
    """The stages of a portrait over a workspace (see :mod:`vocasync.pipelines.base` for how they are driven)."""

    def __init__(self, request: PortraitRequest, workspace: Workspace, config: EngineConfig) -> None:
        context = PortraitContext(request, workspace, config)
        own: tuple[Step, ...] = (Lipsync(context), Mux(context))
        super().__init__(context, (Prepare(context), *speaking_steps(context), *own), _WEIGHTS)
