"""Voice engines where they are installed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.vocasync.engines.tts.makers import MAKERS
from vocasync.engines import registry
from vocasync.engines.base import VoiceEngine


def voice(name: str, folder: Path) -> VoiceEngine:
    """A voice engine with a tiny checkpoint, or before a local server; skips the test where it is not installed."""
    place = MAKERS[name](folder)
    state = registry.readiness(registry.spec("tts", name), place)
    if not state.ready:
        pytest.skip(state.missing)
    loaded: VoiceEngine = registry.load("tts", name, place)
    return loaded
