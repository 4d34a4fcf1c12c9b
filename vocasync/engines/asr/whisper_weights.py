"""Which Whisper weights there are: a light module, for it is asked on every page that lists engines."""

from __future__ import annotations

import socket
import time
from pathlib import Path

from vocasync.engines.base import EngineConfig

SIZES = ("tiny", "base", "small", "medium", "turbo", "large")
"""From the quickest to the best."""

DEFAULT_SIZE = "base"
HOST = "openaipublic.azureedge.net:443"

# openai-whisper saves the last two under the name that the host gives them.
_FILES = {"large": ("large.pt", "large-v3.pt"), "turbo": ("turbo.pt", "large-v3-turbo.pt")}
_TIMEOUT = 1.5
_REMEMBERED = 300.0
_answers: dict[str, tuple[float, bool]] = {}


def folder(config: EngineConfig) -> Path:
    """Where weights lie, and where they are downloaded to."""
    return config.models / "whisper"


def on_disk(size: str, config: EngineConfig) -> Path | None:
    """The weights of a size, or None."""
    candidates = (folder(config) / name for name in _FILES.get(size, (f"{size}.pt",)))
    return next((path for path in candidates if path.is_file()), None)


def wanted_size(config: EngineConfig) -> str:
    """The size asked for; without one the best on disk, else ``base``."""
    best = next((size for size in reversed(SIZES) if on_disk(size, config)), DEFAULT_SIZE)
    return config.size or best


def missing(config: EngineConfig) -> str:
    """What a person must do before Whisper can run: "" when the weights are there or can be downloaded."""
    size = wanted_size(config)
    if size not in SIZES:
        return f"Whisper has no size “{size}”: choose one of {', '.join(SIZES)}."
    if on_disk(size, config) or (config.network and reachable(config.option("whisper_host", HOST))):
        return ""
    return f"No Whisper weights in {_shown(folder(config))}: put {size}.pt there, or connect to the internet."


def _shown(path: Path) -> Path:
    """A path as a person who runs the site knows it: others need not learn where that is on the disk."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else Path(*path.parts[-3:])


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
