"""Which Whisper weights there are: a light module, for it is asked on every page that lists engines."""

from __future__ import annotations

import socket
import time
from pathlib import Path

from vocasync.engines.base import EngineConfig
from vocasync.errors import PipelineError
from vocasync.progress import Silent
from vocasync.weights import store
from vocasync.weights.catalogue import model

SIZES = ("tiny", "base", "small", "medium", "turbo", "large")
"""From the quickest to the best."""

DEFAULT_SIZE = "base"
HOST = "openaipublic.azureedge.net:443"

_TIMEOUT = 1.5
_REMEMBERED = 300.0
_answers: dict[str, tuple[float, bool]] = {}


def model_name(size: str, family: str = "whisper") -> str:
    """What a size is called in the catalogue of models. family: ``whisper``, or ``faster-whisper``."""
    return f"{family}-{size}"


def on_disk(size: str, config: EngineConfig) -> Path | None:
    """The weights of a size, or None."""
    if size not in SIZES:
        return None
    name = model_name(size)
    return store.path_of(model(name).files[0], store.folder(name, config.models))


def fetched(size: str, config: EngineConfig) -> Path:
    """The weights of a size, fetched where they are not on disk. Raises what fetching raises."""
    found = on_disk(size, config)
    if found is None:
        from vocasync.weights.fetch import fetch

        name = model_name(size)
        fetch(name, config.models, Silent(), mirror=config.option("models_mirror"), network=config.network)
        found = on_disk(size, config)
    if found is None:
        raise PipelineError("weights_absent", name=model_name(size))
    return found


def wanted_size(config: EngineConfig) -> str:
    """The size asked for; without one the best on disk, else ``base``."""
    best = next((size for size in reversed(SIZES) if on_disk(size, config)), DEFAULT_SIZE)
    return config.size or best


def missing(config: EngineConfig) -> str:
    """What a person must do before Whisper can run: "" when the weights are there or can be downloaded."""
    size = wanted_size(config)
    if size not in SIZES:
        return unknown_size("Whisper", size)
    if on_disk(size, config) or (config.network and reachable(config.option("whisper_host", HOST))):
        return ""
    return store.missing(model_name(size), config.models)


def unknown_size(label: str, size: str) -> str:
    """The line that says which sizes there are."""
    return f"{label} has no size “{size}”: choose one of {', '.join(SIZES)}."


def reachable(address: str) -> bool:
    """Whether ``host:port`` takes a connection within 1.5 s; the answer is remembered for five minutes."""
    asked, answer = _answers.get(address, (-_REMEMBERED, False))
    now = time.monotonic()
    if now - asked >= _REMEMBERED:
        answer = _connects(address)
        _answers[address] = (now, answer)
    return answer


def _connects(address: str) -> bool:
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host, int(port)), timeout=_TIMEOUT):
            return True
    except OSError:
        return False
