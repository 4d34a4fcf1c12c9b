from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.vocasync.engines.translate.google_page import GooglePage, google_page
from vocasync.engines.base import EngineConfig
from vocasync.engines.translate import apertium, google
from vocasync.engines.translate.routes import apertium_pairs


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Iterator[GooglePage]:
    monkeypatch.setattr(google, "TIMEOUT", (5.0, 5.0))
    monkeypatch.setattr(google, "WAITS", (0.02, 0.02, 0.02))
    with google_page() as server:
        yield server


@pytest.fixture
def online(page: GooglePage) -> google.GoogleTranslator:
    return google.create(EngineConfig(options=(("google_url", page.url),)))


@pytest.fixture
def offline() -> Iterator[apertium.ApertiumTranslator]:
    if ("en", "es") not in apertium_pairs():
        pytest.skip("Apertium with apertium-eng-spa is not installed")
    engine = apertium.create(EngineConfig())
    yield engine
    engine.close()
