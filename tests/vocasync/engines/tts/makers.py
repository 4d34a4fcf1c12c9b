"""Where each voice engine that wants weights or a service runs for the tests, by its name in the registry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.tiny import tiny
from tests.vocasync.engines.tts import elevenlabs_server
from vocasync.engines.base import EngineConfig

Maker = Callable[[Path], EngineConfig]
"""Given an empty folder, the configuration of a place where the engine is ready: with a tiny checkpoint of random
weights, or with a server that speaks the vendor's protocol."""


@dataclass(frozen=True, slots=True)
class Weights:
    """A place with the tiny checkpoint of ``tests.tiny.<name>``, the terms of its model accepted there."""

    name: str

    def __call__(self, folder: Path) -> EngineConfig:
        return EngineConfig(models=tiny(self.name), cache=folder, network=False, device="cpu")


def elevenlabs(folder: Path) -> EngineConfig:
    """An account at a local server."""
    return elevenlabs_server.config(elevenlabs_server.running(), folder)


MAKERS: dict[str, Maker] = {
    "bark": Weights("bark"),
    "bark-small": Weights("bark"),
    "elevenlabs": elevenlabs,
    "elevenlabs-flash": elevenlabs,
    "neutts-air": Weights("neutts"),
    "neutts-air-gguf": Weights("neutts_gguf"),
    "sv2tts": Weights("sv2tts"),
    "xtts": Weights("xtts"),
    "yourtts": Weights("yourtts"),
}
