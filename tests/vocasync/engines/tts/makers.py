"""Where each voice engine that wants weights or a service runs for the tests, by its name in the registry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.tiny import tiny
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


MAKERS: dict[str, Maker] = {
    "bark": Weights("bark"),
    "bark-small": Weights("bark"),
    "sv2tts": Weights("sv2tts"),
    "xtts": Weights("xtts"),
}
