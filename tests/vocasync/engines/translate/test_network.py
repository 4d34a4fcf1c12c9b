from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import pytest

from tests.vocasync.engines.translate.google_page import GooglePage
from tests.waiting import PATIENCE
from vocasync.engines.base import EngineConfig
from vocasync.engines.translate import network
from vocasync.engines.translate.network import missing_google, peer, reachable


@pytest.fixture(autouse=True)
def forgetful(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    reachable.clear()
    yield
    reachable.clear()


def config(url: str, network: bool = True) -> EngineConfig:
    return EngineConfig(network=network, options=(("google_url", url),))


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_ready_when_it_answers(page: GooglePage) -> None:
    assert missing_google(config(page.address)) == ""


def test_the_switch_comes_first(page: GooglePage) -> None:
    assert "VOCASYNC_NETWORK" in missing_google(config(page.address, network=False))


def test_no_answer_names_host_and_remedy() -> None:
    line = missing_google(config(f"http://127.0.0.1:{closed_port()}/m"))
    assert "127.0.0.1" in line
    assert "check the internet connection" in line


def test_a_silent_host_costs_no_more_than_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network, "CONNECT_SECONDS", 0.2)
    with socket.socket() as listener:  # a full backlog: connections hang
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        port = listener.getsockname()[1]
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))
        begin = time.monotonic()
        assert missing_google(config(f"http://127.0.0.1:{port}/m"))
        assert time.monotonic() - begin < PATIENCE
        for one in waiting:
            one.close()


def test_an_answer_is_believed_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        address = listener.getsockname()
        url = f"http://127.0.0.1:{address[1]}/m"
        assert missing_google(config(url)) == ""
    assert missing_google(config(url)) == "", "not asked again"
    monkeypatch.setattr(network.time, "monotonic", lambda: 10**9)
    assert missing_google(config(url)) != ""


def test_a_proxy_is_what_is_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    assert peer("https://translate.google.com/m") == ("translate.google.com", 443)
    assert peer("http://127.0.0.1:8080/m") == ("127.0.0.1", 8080)
    monkeypatch.setenv("https_proxy", "http://proxy.example:3128")
    assert peer("https://translate.google.com/m") == ("proxy.example", 3128)
    monkeypatch.setenv("https_proxy", "proxy.example:3128")
    assert peer("https://translate.google.com/m") == ("proxy.example", 3128)
    monkeypatch.setenv("no_proxy", "translate.google.com")
    assert peer("https://translate.google.com/m") == ("translate.google.com", 443)
