"""The container of the three files."""

from __future__ import annotations

from pathlib import Path

from torch import Tensor

from vocasync.engines.shapes import State
from vocasync.weights import safe


def read(path: Path) -> State:
    """The weights in one of them. Raises ``weights_unsafe``, ``weights_damaged``."""
    found = safe.load_checkpoint(path)
    state = found.get("model_state") if isinstance(found, dict) else None
    if not isinstance(state, dict) or not all(isinstance(value, Tensor) for value in state.values()):
        raise safe.damaged(path, "it holds no “model_state”")
    return state
