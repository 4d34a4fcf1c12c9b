from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.vocasync.engines.local_http import serving
from tests.vocasync.engines.translate.google_page import GooglePage
from vocasync.engines import retries
from vocasync.engines.base import EngineConfig
from vocasync.engines.translate import apertium, google
from vocasync.engines.translate.routes import apertium_pairs


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retries, "_FIRST", 0.01)


@pytest.fixture
def page() -> Iterator[GooglePage]:
    with serving(GooglePage) as server:
        yield server


@pytest.fixture
def online(page: GooglePage) -> google.GoogleTranslator:
    return google.create(EngineConfig(options=(("google_url", page.address),)))


@pytest.fixture
def offline() -> Iterator[apertium.ApertiumTranslator]:
    if ("en", "es") not in apertium_pairs():
        pytest.skip("Apertium with apertium-eng-spa is not installed")
    engine = apertium.create(EngineConfig())
    yield engine
    engine.close()
