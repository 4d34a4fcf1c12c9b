from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.vocasync.engines.google_account import account_key
from tests.vocasync.engines.local_http import serving
from tests.vocasync.engines.translate.google_page import GooglePage
from tests.vocasync.engines.translate.servers import deepl as deepl_api
from tests.vocasync.engines.translate.servers import google_v3 as google_api
from tests.vocasync.engines.translate.servers import libretranslate as libretranslate_api
from tests.vocasync.engines.translate.servers import microsoft as microsoft_api
from vocasync import retries
from vocasync.engines.base import EngineConfig
from vocasync.engines.translate import apertium, deepl, google, google_v3, libretranslate, microsoft
from vocasync.engines.translate.routes import apertium_pairs
from vocasync.engines.translate.service import ServiceTranslator


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


@pytest.fixture
def deepl_server() -> Iterator[deepl_api.DeepLServer]:
    with serving(deepl_api.DeepLServer) as server:
        yield server


@pytest.fixture
def with_deepl(deepl_server: deepl_api.DeepLServer) -> Iterator[ServiceTranslator]:
    config = EngineConfig(options=(("deepl_url", deepl_server.url),), keys=(("deepl", deepl_api.KEY),))
    yield from closing(deepl.create(config))


@pytest.fixture
def microsoft_server() -> Iterator[microsoft_api.MicrosoftServer]:
    with serving(microsoft_api.MicrosoftServer) as server:
        yield server


@pytest.fixture
def with_microsoft(microsoft_server: microsoft_api.MicrosoftServer) -> Iterator[ServiceTranslator]:
    options = (("microsoft_region", microsoft_api.REGION), ("microsoft_url", microsoft_server.url))
    yield from closing(microsoft.create(EngineConfig(options=options, keys=(("microsoft", microsoft_api.KEY),))))


@pytest.fixture
def libretranslate_server() -> Iterator[libretranslate_api.LibreTranslateServer]:
    with serving(libretranslate_api.LibreTranslateServer) as server:
        yield server


@pytest.fixture
def with_libretranslate(
    libretranslate_server: libretranslate_api.LibreTranslateServer,
) -> Iterator[ServiceTranslator]:
    yield from closing(
        libretranslate.create(
            EngineConfig(
                options=(("libretranslate_url", libretranslate_server.url),),
                keys=(("libretranslate", libretranslate_api.KEY),),
            )
        )
    )


@pytest.fixture
def google_cloud_server() -> Iterator[google_api.GoogleServer]:
    with google_api.google_server() as server:
        yield server


@pytest.fixture
def with_google_cloud(google_cloud_server: google_api.GoogleServer) -> Iterator[ServiceTranslator]:
    options = (("google_translate_endpoint", google_cloud_server.endpoint),)
    yield from closing(google_v3.create(EngineConfig(options=options, keys=(("google", account_key()),))))


def closing(engine: ServiceTranslator) -> Iterator[ServiceTranslator]:
    """The engine, closed at the end."""
    yield engine
    engine.close()
