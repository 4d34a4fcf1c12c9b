"""What a portrait would take, before it is submitted: engines, length, money, and the time for its lips."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from accounts.models import User
from dubbing import lips
from dubbing.portraits import NO_COST
from engines.spending import prices
from vocasync.engines.auto import AUTO
from vocasync.engines.costs import CHARACTERS_A_SECOND, Estimate, line_cost
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
    mover = lips.check(owner, asked.lipsync, asked.lip_options)
    if not asked.spoken:
        return Foreseen("", mover, asked.seconds, _work(owner, mover, asked, asked.seconds), NO_COST)
    row, _code = speaking_engine(owner, asked.voice_engine, asked.language, cloned=asked.cloned)
    seconds = None if asked.characters is None else asked.characters / CHARACTERS_A_SECOND
    cost = NO_COST if asked.characters is None else line_cost(row, asked.characters, prices())
    return Foreseen(row.name, mover, seconds, _work(owner, mover, asked, seconds), cost)


def _work(owner: User, mover: str, asked: Question, seconds: float | None) -> float | None:
    """Seconds that the lips of so many seconds take here, about."""
    if seconds is None:
        return None
    return lips.work_seconds(owner, mover, asked.lip_options, round(seconds * asked.fps))
