"""Wav2Lip as an engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vocasync.engines.base import EngineConfig
from vocasync.engines.devices import device, weight_of
from vocasync.weights import store

if TYPE_CHECKING:
    from vocasync.engines.lipsync.networks import NetworkLips

NAME = "wav2lip"
_EDITION = 1  # raised when the same weights come to draw otherwise


def create(config: EngineConfig) -> NetworkLips:
    """The network with its weights. Raises ``weights_absent``, ``weights_unsafe``, ``weights_damaged``."""
    from vocasync.engines.lipsync.networks import NetworkLips
    from vocasync.engines.lipsync.wav2lip.painter import Wav2LipPainter, place
    from vocasync.engines.lipsync.wav2lip.weights import built

    version = f"{_EDITION}-{store.mark(NAME, config.models)}"
    where = device(config.device)
    net = built(store.only_file(NAME, config.models)).to(where)
    painter = Wav2LipPainter(net)
    return NetworkLips(NAME, version, lambda scene: painter, place, where, weight_of(net))
