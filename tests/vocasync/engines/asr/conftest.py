from __future__ import annotations

from pathlib import Path

import pytest

from tests.tiny import tiny
from vocasync.engines.asr import alignment, faster_whisper, pocketsphinx, whisper
from vocasync.engines.base import EngineConfig, Recognizer


@pytest.fixture(scope="session")
def weights() -> Path:
    """A models folder with tiny Whisper weights that always say the same."""
    return tiny("whisper")


@pytest.fixture(scope="session")
def sphinx() -> pocketsphinx.PocketSphinx:
    return pocketsphinx.create(EngineConfig())


@pytest.fixture(scope="session")
def scripted(weights: Path) -> whisper.Whisper:
    return whisper.create(EngineConfig(models=weights, network=False))


@pytest.fixture(scope="session")
def faster() -> faster_whisper.FasterWhisper:
    return faster_whisper.create(EngineConfig(models=tiny("faster_whisper"), network=False))


@pytest.fixture(params=["sphinx", "scripted", "faster"])
def recognizer(request: pytest.FixtureRequest) -> Recognizer:
    """Every recogniser in turn."""
    engine: Recognizer = request.getfixturevalue(request.param)
    return engine


@pytest.fixture(scope="session")
def aligner() -> alignment.SphinxAligner:
    return alignment.create(EngineConfig())
