"""The engines as the site sees them: where they live, which are ready, and what each missing one needs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings

from vocasync.engines.auto import ready_watermark
from vocasync.engines.base import EngineConfig, EngineSpec
from vocasync.engines.registry import dotted, readiness, specs


def engine_config(size: str = "") -> EngineConfig:
    """The place that engines run in, from ``settings.ENGINES``. size: of a model that comes in sizes."""
    given: dict[str, Any] = settings.ENGINES
    options = (("google_url", given["google_url"]),) if given.get("google_url") else ()
    return EngineConfig(
        models=Path(given["models"]),
        cache=Path(given["cache"]),
        network=given["network"],
        device=given["device"],
        size=size,
        options=options,
    )


def watermark() -> str:
    """The engine that marks what is spoken, "" where none is ready or ``settings.WATERMARK`` is ``off``."""
    return "" if settings.WATERMARK == "off" else ready_watermark(engine_config())


@dataclass(frozen=True, slots=True)
class EngineRow:
    """An engine for pages and programs. languages: codes, empty for any."""

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


def engine_table() -> list[EngineRow]:
    """Every engine, by stage in the order of the pipeline, best first."""
    config = engine_config()
    return [
        _row(spec, config)
        for stage in ("asr", "align", "translate", "tts", "speaker", "watermark")
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
    )


def _languages(spec: EngineSpec) -> tuple[str, ...]:
    if spec.routes and spec.stage != "translate":
        return tuple(sorted(dotted(spec.routes)()))
    return tuple(sorted(spec.languages))
