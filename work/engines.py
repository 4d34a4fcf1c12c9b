"""The engines as the site sees them: where they live, which are ready, and what each missing one needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings

from vocasync.engines.auto import ready_watermark
from vocasync.engines.base import EngineConfig, EngineSpec, Price
from vocasync.engines.registry import dotted, readiness, specs


def engine_config(size: str = "", keys: Mapping[str, str] | None = None) -> EngineConfig:
    """The place that engines run in, from ``settings.ENGINES``. size: of a model that comes in sizes. keys: somebody's
    own for services, which go before the site's."""
    given: dict[str, Any] = settings.ENGINES
    return EngineConfig(
        models=Path(given["models"]),
        cache=Path(given["cache"]),
        network=given["network"],
        device=given["device"],
        size=size,
        memory_mb=given["memory_mb"],
        options=_set(given["options"]),
        keys=_set(given["keys"] | dict(keys or {})),
    )


def _set(values: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """What is not empty, in an order of its own: equal settings are equal keys of the cache of engines."""
    return tuple(sorted((name, value) for name, value in values.items() if value))


def watermark() -> str:
    """The engine that marks what is spoken, "" where none is ready or ``settings.WATERMARK`` is ``off``."""
    return "" if settings.WATERMARK == "off" else ready_watermark(engine_config())


@dataclass(frozen=True, slots=True)
class EngineRow:
    """An engine for pages and programs. languages: codes, empty for any. weights: name of its model. service: whose key
    it needs. price: None for what costs nothing."""

    name: str
    label: str
    stage: str
    kind: str
    ready: bool
    missing: str
    licence: str
    tried: str
    about: str
    quality: int
    languages: tuple[str, ...]
    sizes: tuple[str, ...]
    commercial: bool
    weights: str
    service: str
    price: Price | None

    @property
    def shown(self) -> str:
        """The label for a list to choose from: what must not be forgotten about the engine is with it."""
        return self.label if self.commercial else f"{self.label} (non-commercial use only)"


def engine_table(config: EngineConfig | None = None) -> list[EngineRow]:
    """Every engine, by stage in the order of the pipeline, best first. config: the site's own without one."""
    config = config or engine_config()
    return [
        _row(spec, config)
        for stage in ("asr", "align", "translate", "tts", "convert", "lipsync", "face", "speaker", "watermark")
        for spec in specs(stage)
    ]


def _row(spec: EngineSpec, config: EngineConfig) -> EngineRow:
    state = readiness(spec, config)
    return EngineRow(
        name=spec.name,
        label=spec.label,
        stage=spec.stage,
        kind=spec.kind,
        ready=state.ready,
        missing=state.missing,
        licence=spec.licence,
        tried=spec.tried,
        about=spec.about,
        quality=spec.quality,
        languages=_languages(spec),
        sizes=spec.sizes,
        commercial=spec.commercial,
        weights=spec.needs.weights,
        service=spec.needs.service,
        price=spec.price,
    )


def _languages(spec: EngineSpec) -> tuple[str, ...]:
    if spec.routes and spec.stage != "translate":
        return tuple(sorted(dotted(spec.routes)()))
    return tuple(sorted(spec.languages))
