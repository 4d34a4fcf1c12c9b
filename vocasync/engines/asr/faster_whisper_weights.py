"""Which of faster-whisper's weights there are: a light module, for it is asked on every page that lists engines."""

from __future__ import annotations

from vocasync.engines.asr.whisper_weights import DEFAULT_SIZE, SIZES, model_name, unknown_size
from vocasync.engines.base import EngineConfig
from vocasync.engines.lipsync.costs import on_gpu
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


def too_slow(config: EngineConfig) -> str:
    """Why it cannot keep up with live speech, "" where it can: there a pass is made about once a second, which on one
    core takes 0.5 s with the size tiny and 0.95 s with the next one."""
    if on_gpu(config.device) or wanted_size(config) == SIZES[0]:
        return ""
    return f"without a GPU only its size {SIZES[0]} keeps up with live speech; choose it yourself if you can wait."
