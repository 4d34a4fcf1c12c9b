"""Which of faster-whisper's weights there are: a light module, for it is asked on every page that lists engines."""

from __future__ import annotations

from vocasync.engines.asr.whisper_weights import DEFAULT_SIZE, SIZES, model_name, unknown_size
from vocasync.engines.base import EngineConfig
from vocasync.weights import store

FAMILY = "faster-whisper"


def wanted_size(config: EngineConfig) -> str:
    """The size asked for; without one the best on disk, else ``base``."""
    there = (size for size in reversed(SIZES) if not lacking(size, config))
    return config.size or next(there, DEFAULT_SIZE)


def lacking(size: str, config: EngineConfig) -> str:
    """What is missing of a size, "" for nothing."""
    return store.missing(model_name(size, FAMILY), config.models)


def missing(config: EngineConfig) -> str:
    """What a person must do before it can run, "" when its files are there."""
    size = wanted_size(config)
    if size not in SIZES:
        return unknown_size(FAMILY, size)
    return lacking(size, config)
