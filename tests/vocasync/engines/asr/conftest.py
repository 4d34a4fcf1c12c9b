from __future__ import annotations

from pathlib import Path

import pytest

from tests.checkpoints import scripted_whisper
from vocasync.engines.asr import alignment, pocketsphinx, whisper
from vocasync.engines.base import EngineConfig, Recognizer

SCRIPT = "We went to the market. It was closed!"


@pytest.fixture(scope="session")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A models folder with tiny Whisper weights that always say ``SCRIPT``."""
    folder = tmp_path_factory.mktemp("models")
    (folder / "whisper").mkdir()
    scripted_whisper(folder / "whisper" / "tiny.pt", SCRIPT)
    return folder


@pytest.fixture(scope="session")
def sphinx() -> pocketsphinx.PocketSphinx:
    return pocketsphinx.create(EngineConfig())


@pytest.fixture(scope="session")
def scripted(weights: Path) -> whisper.Whisper:
    return whisper.create(EngineConfig(models=weights, network=False))


@pytest.fixture(params=["sphinx", "scripted"])
def recognizer(request: pytest.FixtureRequest) -> Recognizer:
    """Every recogniser in turn."""
    engine: Recognizer = request.getfixturevalue(request.param)
    return engine


@pytest.fixture(scope="session")
def aligner() -> alignment.SphinxAligner:
    return alignment.create(EngineConfig())
