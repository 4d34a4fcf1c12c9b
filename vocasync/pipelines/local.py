"""Drive a pipeline to its end from one process, its units over a pool: for the shell, for scripts, for benchmarks."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import nullcontext
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Generic, Protocol, TypeVar

from vocasync.artifacts import Workspace
from vocasync.engines.base import EngineConfig
from vocasync.pipelines.base import Pipeline, Unit
from vocasync.progress import Progress, Silent

Watcher = Callable[[str, float, float], None]
"""Told (stage, fraction of the stage, fraction of the whole)."""


@dataclass(slots=True)
class _Watched:
    """Progress of one unit in this process, as the stage's."""

    tell: Callable[[float], None]

    def report(self, fraction: float, note: str = "") -> None:
        self.tell(fraction)

    def check(self) -> None:
        return None


class Reviewed(Pipeline, Protocol):
    """A pipeline that may have to be looked at on the way."""

    def needs_review(self) -> bool:
        """Whether a person must look before the stage ``review`` is passed."""


R = TypeVar("R")
P = TypeVar("P", bound=Reviewed)


@dataclass(frozen=True, slots=True)
class Work(Generic[R, P]):
    """A pipeline that any process can make: of its class, and of what it is asked."""

    kind: Callable[[R, Workspace, EngineConfig], P]
    request: R
    workspace: Workspace
    config: EngineConfig

    def pipeline(self) -> P:
        """It, made anew."""
        return self.kind(self.request, self.workspace, self.config)


def run_unit(work: Work[R, P], stage: str, unit: str) -> str:
    """Do one unit in whatever process this is, and give its name back."""
    work.pipeline().run(stage, unit, Silent())
    return unit


def _ready() -> None:
    """Nothing: a process that can do this has imported what it needs."""


def run(work: Work[R, P], watch: Watcher, workers: int = 1) -> P | None:
    """Run every stage that is not done yet; units of a stage run on ``workers`` processes.

    Returns the finished pipeline, or None when it stopped for review. Raises
    :class:`vocasync.errors.PipelineError`.
    """
    pipeline = work.pipeline()
    # "spawn": a forked child would inherit locks of loaded models and of the tracer threads of numeric libraries.
    pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn")) if workers > 1 else None
    before = 0.0
    with pool or nullcontext():
        if pool is not None:
            # The processes start and import while the first stage, which is mostly one unit, runs here.
            for _ in range(workers):
                pool.submit(_ready)
        for stage in pipeline.stages:
            if stage == "review" and pipeline.needs_review():
                return None
            share = pipeline.weights[stage]

            def tell(fraction: float, stage: str = stage, before: float = before, share: float = share) -> None:
                watch(stage, fraction, before + share * fraction)

            tell(0.0)
            while units := pipeline.plan(stage):
                total = sum(unit.weight for unit in units)
                if pool is None or len(units) == 1:
                    _in_turn(pipeline, stage, units, total, tell)
                else:
                    started = [pool.submit(run_unit, work, stage, unit.name) for unit in units]
                    _gather(units, (future.result() for future in as_completed(started)), total, tell)
            pipeline.finish(stage)
            tell(1.0)
            before += share
    return pipeline


def _in_turn(
    pipeline: Pipeline, stage: str, units: Iterable[Unit], total: float, tell: Callable[[float], None]
) -> None:
    done = 0.0
    for unit in units:

        def within(fraction: float, done: float = done, weight: float = unit.weight) -> None:
            tell((done + weight * fraction) / total)

        progress: Progress = _Watched(within)
        pipeline.run(stage, unit.name, progress)
        done += unit.weight


def _gather(units: Iterable[Unit], finished: Iterable[str], total: float, tell: Callable[[float], None]) -> None:
    weights = {unit.name: unit.weight for unit in units}
    done = 0.0
    for name in finished:
        done += weights[name]
        tell(done / total)
