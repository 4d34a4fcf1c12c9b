"""The table of engines: names to dotted paths, loaded on first use; readiness probed without importing any."""

from __future__ import annotations

import shutil
from dataclasses import replace
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from vocasync.engines.asr import rows as asr
from vocasync.engines.base import EngineConfig, EngineSpec, Needs, Readiness, Stage, StockVoice
from vocasync.engines.cache import ENGINES, HOST
from vocasync.engines.convert import rows as convert
from vocasync.engines.devices import device, halves, memory_of
from vocasync.engines.face import rows as face
from vocasync.engines.lipsync import rows as lipsync
from vocasync.engines.services import OFFLINE, no_key
from vocasync.engines.translate import rows as translate
from vocasync.engines.tts import rows as tts
from vocasync.errors import PipelineError
from vocasync.weights import store

SPECS: tuple[EngineSpec, ...] = (
    *asr.ROWS,
    *translate.ROWS,
    *tts.ROWS,
    EngineSpec(
        name="resemblyzer",
        stage="speaker",
        label="Resemblyzer",
        path="vocasync.engines.speaker.resemblyzer:create",
        kind="embedded",
        quality=10,
        licence="Apache-2.0",
        needs=Needs(packages=("resemblyzer", "torch")),
        tried="Runs with its published weights.",
    ),
    EngineSpec(
        name="perth",
        stage="watermark",
        label="Perth",
        path="vocasync.engines.watermark.perth:create",
        kind="embedded",
        quality=10,
        licence="MIT",
        needs=Needs(probe="vocasync.engines.watermark.perth_parts:missing"),
        tried="Runs with the weights in its package: found in dubs after AAC at 128 kbit/s and MP3 at 64 kbit/s, and "
        "in none of 29 real recordings.",
        about="Puts an inaudible mark into every dubbed voice, which a conversion keeps. It says that a machine spoke; "
        "other sites may use the same one.",
    ),
    *convert.ROWS,
    *face.ROWS,
    *lipsync.ROWS,
)


def specs(stage: Stage | None = None) -> tuple[EngineSpec, ...]:
    """All rows, or those of one stage, best first."""
    rows = SPECS if stage is None else tuple(spec for spec in SPECS if spec.stage == stage)
    return tuple(sorted(rows, key=lambda spec: -spec.quality))


def spec(stage: Stage, name: str) -> EngineSpec:
    """The row of a name. Raises ``engine_unknown``."""
    for row in SPECS:
        if row.stage == stage and row.name == name:
            return row
    raise PipelineError("engine_unknown", name=name)


def stock_voices(name: str, config: EngineConfig) -> tuple[StockVoice, ...]:
    """The voices that a voice engine brings, those of a model as they lie in the models folder. Raises
    ``engine_unknown``."""
    row = spec("tts", name)
    found: tuple[StockVoice, ...] = dotted(row.stock)(config) if row.stock else ()
    return found


def dotted(path: str) -> Any:
    """The object at ``package.module:name``."""
    module, _, name = path.partition(":")
    return getattr(import_module(module), name)


def readiness(row: EngineSpec, config: EngineConfig) -> Readiness:
    """Whether the engine can be used now, without importing it."""
    for package in row.needs.packages:
        if not _installed(package):
            return Readiness(False, f"The Python package “{package}” is missing: run `{row.needs.step}`.")
    for command in row.needs.commands:
        if shutil.which(command) is None:
            return Readiness(False, f"The program “{command}” is missing: run `make setup`.")
    missing = _missing(row, config)
    return Readiness(not missing, missing)


def _installed(package: str) -> bool:
    try:
        return find_spec(package) is not None
    except ModuleNotFoundError:  # of a dotted name: the package around it is missing
        return False


def _missing(row: EngineSpec, config: EngineConfig) -> str:
    """What is missing beside packages and programs, "" for nothing."""
    needs = row.needs
    if needs.weights and (lack := store.missing(needs.weights, config.models)):
        return lack
    if needs.service and not config.network:
        return OFFLINE
    if needs.service and not config.key(needs.service):
        return no_key(needs.service)
    return str(dotted(needs.probe)(config)) if needs.probe else ""


def load(stage: Stage, name: str, config: EngineConfig) -> Any:
    """The engine, loaded once a process. Raises ``engine_unknown`` or ``engine_not_ready``."""
    row = spec(stage, name)
    state = readiness(row, config)
    if not state.ready:
        raise PipelineError("engine_not_ready", label=row.label, missing=state.missing)
    own = concerning(row, config)
    return ENGINES.get(
        (stage, name, replace(own, memory_mb=0)),
        lambda: dotted(row.path)(own),
        pool=_pool(row, own),
        expected=_weights(row, own),
        budget=_budget(row, own),
    )


def concerning(row: EngineSpec, config: EngineConfig) -> EngineConfig:
    """What of a configuration an engine has to do with: somebody's key for another service is none of its business,
    and must not make it load its model a second time."""
    keys = tuple((service, key) for service, key in config.keys if service == row.needs.service)
    return replace(config, keys=keys, size=config.size if row.sizes else "")


def _pool(row: EngineSpec, config: EngineConfig) -> str:
    """Whose memory an engine takes: the GPU's where a neural one runs on it."""
    where = device(config.device) if row.kind == "neural" else HOST
    return where if where.startswith("cuda") else HOST


def _budget(row: EngineSpec, config: EngineConfig) -> int:
    """Bytes that all engines in the same memory may take together."""
    return config.memory_mb << 20 if config.memory_mb else memory_of(_pool(row, config)) // 2


def _weights(row: EngineSpec, config: EngineConfig) -> int:
    """Bytes of an engine's weights on the disk: about what it will take, so that room is made before it is loaded."""
    if not row.needs.weights:
        return 0
    size = sum(path.stat().st_size for path in store.folder(row.needs.weights, config.models).rglob("*"))
    return size // 2 if halves(_pool(row, config)) else size
