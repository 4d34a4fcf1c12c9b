from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tiny import tiny
from tests.vocasync.engines.asr.google_speech_server import SpeechServer, speech_server
from tests.vocasync.engines.google_account import account_key
from vocasync.engines.asr import alignment, faster_whisper, google_speech, pocketsphinx, whisper
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


@pytest.fixture
def google_server() -> Iterator[SpeechServer]:
    with speech_server() as served:
        yield served


@pytest.fixture
def google_config(google_server: SpeechServer) -> EngineConfig:
    options = (("google_speech_endpoint", google_server.endpoint),)
    return EngineConfig(options=options, keys=(("google", account_key()),))


@pytest.fixture
def google(google_config: EngineConfig) -> Iterator[google_speech.GoogleSpeech]:
    engine = google_speech.create(google_config)
    yield engine
    engine.close()


@pytest.fixture(params=["sphinx", "scripted", "faster", "google"])
def recognizer(request: pytest.FixtureRequest) -> Recognizer:
    """Every recogniser in turn."""
    engine: Recognizer = request.getfixturevalue(request.param)
    return engine


@pytest.fixture(scope="session")
def aligner() -> alignment.SphinxAligner:
    return alignment.create(EngineConfig())
