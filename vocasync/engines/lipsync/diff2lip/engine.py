"""Diff2Lip as an engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vocasync.engines.base import EngineConfig
from vocasync.engines.devices import device, halves, weight_of
from vocasync.weights import store

if TYPE_CHECKING:
    from vocasync.engines.lipsync.networks import NetworkLips

NAME = "diff2lip"
_EDITION = 1  # raised when the same weights come to draw otherwise


def create(config: EngineConfig) -> NetworkLips:
    """The network with its weights. Raises ``weights_absent``, ``weights_unsafe``, ``weights_damaged``."""
    from vocasync.engines.lipsync.diff2lip.painter import Diff2LipPainter, Way, place
    from vocasync.engines.lipsync.diff2lip.weights import built
    from vocasync.engines.lipsync.networks import NetworkLips

    mark = store.mark(NAME, config.models)
    where = device(config.device)
    net = built(store.only_file(NAME, config.models))
    if halves(where):
        net.in_half_precision()
    net.to(where)
    version = f"{_EDITION}-{mark}-{'half' if halves(where) else 'exact'}"
    return NetworkLips(NAME, version, lambda scene: Diff2LipPainter(net, Way.of(scene)), place, where, weight_of(net))
