"""What a dub is about to cost, guessed before it starts, and what the services that were used ask for."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from vocasync.engines.auto import Plan
from vocasync.engines.base import EngineSpec, Price, Stage
from vocasync.engines.registry import spec, specs

CHARACTERS_A_SECOND = 15.0
"""Expected of a recording. Read texts of the languages that were measured have 12 (English) to 18 (Tamil, German)
characters a second; whole recordings have pauses."""

Prices = Mapping[str, Price]
"""By ``stage:engine``: what a site pays that is not the vendor's list price."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one engine asks for. amount: in ``unit``. usd: US dollars."""

    stage: Stage
    engine: str
    label: str
    service: str
    amount: float
    unit: str
    usd: float


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a dub is expected to cost. basis: what the guess rests on, a sentence ("" where nothing costs anything)."""

    lines: tuple[Cost, ...]
    basis: str

    @property
    def usd(self) -> float:
        """US dollars, all lines together."""
        return sum(line.usd for line in self.lines)


def estimate(
    plan: Plan, *, seconds: float, characters: int | None = None, tracks: int = 1, prices: Prices | None = None
) -> Estimate:
    """What a dub by the engines of a plan will cost, about.

    seconds: of the recording. characters: of the text that is spoken, None where it is not known yet. tracks: how many
    dubbed ones are made.
    """
    seconds = max(0.0, seconds) if math.isfinite(seconds) else 0.0
    expected = float(characters) if characters is not None else seconds * CHARACTERS_A_SECOND
    amounts: tuple[tuple[Stage, str, dict[str, float]], ...] = (
        ("asr", plan.recognizer, {"seconds": seconds}),
        ("translate", plan.translator, {"characters": expected}),
        ("tts", plan.voice, {"characters": expected * tracks, "seconds": seconds * tracks}),
    )
    lines = [_line(spec(stage, name), units, prices or {}) for stage, name, units in amounts if name]
    costing = tuple(line for line in lines if line is not None)
    return Estimate(costing, _basis(costing, seconds, characters))


def line_cost(row: EngineSpec, characters: int, prices: Prices) -> Estimate:
    """What a line costs that a voice engine says once."""
    units = {"characters": float(characters), "seconds": characters / CHARACTERS_A_SECOND}
    cost = _line(row, units, prices)
    lines = () if cost is None else (cost,)
    return Estimate(lines, _basis(lines, 0.0, characters))


def _line(row: EngineSpec, units: Mapping[str, float], prices: Prices) -> Cost | None:
    price = price_of(row, prices)
    if price is None:
        return None
    return cost_of(row, units.get(price.unit, 0.0), price)


def cost_of(row: EngineSpec, amount: float, price: Price) -> Cost:
    """What ``amount`` of the price's unit costs."""
    usd = amount * price.usd / price.per
    return Cost(row.stage, row.name, row.label, row.needs.service, amount, price.unit, usd)


def price_of(row: EngineSpec, prices: Prices) -> Price | None:
    """What an engine costs here; None for what costs nothing."""
    return None if row.price is None else prices.get(f"{row.stage}:{row.name}", row.price)


def _basis(lines: Sequence[Cost], seconds: float, characters: int | None) -> str:
    if not lines:
        return ""
    told = []
    if seconds or characters is None:
        told.append(f"{_length(seconds)} of recording")
    if characters is not None:
        told.append(f"{characters:,} characters of text")
    elif any(line.unit == "characters" for line in lines):
        told.append(f"{CHARACTERS_A_SECOND:.0f} characters a second")
    return f"For {', '.join(told)}. What is spoken again, because it failed a check or was edited, comes on top."


def _length(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02d} minutes"


# --- a site's own prices ----------------------------------------------------------------------------------------------
def parse_prices(given: Any) -> dict[str, Price]:
    """A site's own prices from plain data: ``{"tts:elevenlabs": {"usd": 0.08, "per": 1000}}``. The unit is the one of
    the engine's own price, and so is ``per`` where it is left out.

    Raises ValueError with a sentence for the operator.
    """
    if not isinstance(given, dict):
        raise ValueError('it has to be an object, such as {"tts:elevenlabs": {"usd": 0.08, "per": 1000}}.')
    return {str(name): _own_price(str(name), value) for name, value in given.items()}


def _own_price(name: str, value: Any) -> Price:
    known = {f"{row.stage}:{row.name}": row.price for row in specs() if row.price is not None}
    given = value if isinstance(value, dict) else {"usd": value}
    if name not in known:
        raise ValueError(f"“{name}” is no engine that costs anything; those are: {', '.join(sorted(known)) or 'none'}.")
    usd, per = _number(given.get("usd")), _number(given.get("per", known[name].per))
    if not (usd >= 0 and per >= 1):
        raise ValueError(f'the price of “{name}” needs "usd" from 0 on, and "per" from 1 on.')
    return replace(known[name], usd=usd, per=int(per), of="this site's own")


def _number(value: object) -> float:
    """NaN, which compares with nothing, for what is no number."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return math.nan
    return float(value)
