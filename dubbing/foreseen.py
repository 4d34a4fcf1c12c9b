"""What a portrait would take, before it is submitted: engines, length, money, and the time for its lips."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from accounts.models import User
from dubbing.portraits import NO_COST, check_lips
from engines.keys import config_for
from engines.spending import prices
from vocasync.engines.auto import AUTO
from vocasync.engines.base import EngineConfig, EngineSpec
from vocasync.engines.costs import CHARACTERS_A_SECOND, Estimate, line_cost
from vocasync.engines.registry import readiness, spec, specs
from vocasync.errors import PipelineError
from voices.services.speech import speaking_engine


@dataclass(frozen=True, slots=True)
class Question:
    """cloned: in a given voice. spoken: False where a recording is brought, of so many ``seconds``."""

    language: str
    voice_engine: str = AUTO
    cloned: bool = False
    spoken: bool = True
    characters: int | None = None
    seconds: float | None = None
    lipsync: str = AUTO
    lip_options: Mapping[str, float] = field(default_factory=dict)
    fps: float = 25.0


@dataclass(frozen=True, slots=True)
class Foreseen:
    """voice, lipsync: names of engines, "" for none. seconds: of the result, None where nothing is known of it.
    work_seconds: for its lips, None where that is not known."""

    voice: str
    lipsync: str
    seconds: float | None
    work_seconds: float | None
    cost: Estimate


def foresee(owner: User, asked: Question) -> Foreseen:
    """Raises ``engine_unknown``, ``engine_not_ready``, ``voice_unsupported``, ``unknown_language``, and ValidationError
    for settings of lips."""
    config = config_for(owner)
    check_lips(asked.lipsync, asked.lip_options)
    lips = lip_engine(config, asked.lipsync)
    if not asked.spoken:
        return Foreseen("", lips.name, asked.seconds, work(config, lips, asked, asked.seconds), NO_COST)
    row, _code = speaking_engine(owner, asked.voice_engine, asked.language, cloned=asked.cloned)
    seconds = None if asked.characters is None else asked.characters / CHARACTERS_A_SECOND
    cost = NO_COST if asked.characters is None else line_cost(row, asked.characters, prices())
    return Foreseen(row.name, lips.name, seconds, work(config, lips, asked, seconds), cost)


def lip_engine(config: EngineConfig, name: str) -> EngineSpec:
    """The engine that moves the lips: the one that is asked for, or the best that is ready. Raises
    ``engine_unknown``, ``engine_not_ready``."""
    if name != AUTO:
        row = spec("lipsync", name)
        state = readiness(row, config)
        if not state.ready:
            raise PipelineError("engine_not_ready", label=row.label, missing=state.missing, field="lipsync")
        return row
    rows = specs("lipsync")
    ready = next((row for row in rows if readiness(row, config).ready), None)
    if ready is None:
        best = rows[0]
        missing = readiness(best, config).missing
        raise PipelineError("engine_not_ready", label=best.label, missing=missing, field="lipsync")
    return ready


def work(config: EngineConfig, lips: EngineSpec, asked: Question, seconds: float | None) -> float | None:
    """Seconds that the lips of so many seconds take; None where that is not known."""
    return None
