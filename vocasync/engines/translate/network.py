"""Whether Google Translate can be reached, asked without importing the engine."""

from __future__ import annotations

import socket
import threading
import time
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from vocasync.engines.base import EngineConfig

GOOGLE_URL = "https://translate.google.com/m"
CONNECT_SECONDS = 1.5
KEEP_YES = 300.0
KEEP_NO = 60.0
"""How long an answer is believed, in seconds: a network that came back should be noticed soon."""

Address = tuple[str, int]


class Reachability:
    """Remembers who answered lately; safe in threads."""

    def __init__(self) -> None:
        self._known: dict[Address, tuple[bool, float]] = {}

    def __call__(self, address: Address) -> bool:
        """Whether ``(host, port)`` accepts a TCP connection within :data:`CONNECT_SECONDS`."""
        answer, until = self._known.get(address, (False, 0.0))
        if time.monotonic() < until:
            return answer
        answer = connects(address)
        self._known[address] = (answer, time.monotonic() + (KEEP_YES if answer else KEEP_NO))
        return answer

    def clear(self) -> None:
        """Forget everything."""
        self._known.clear()


reachable = Reachability()


def missing_google(config: EngineConfig) -> str:
    """ "" when the translator can be reached, else one line with the remedy. Takes 1.5 s at most."""
    if not config.network:
        return "It needs the internet, whose use is turned off here (VOCASYNC_NETWORK)."
    url = config.option("google_url") or GOOGLE_URL
    if reachable(peer(url)):
        return ""
    return f"{urlsplit(url).hostname} does not answer: check the internet connection of this machine."


def peer(url: str) -> Address:
    """The host and port that a request for ``url`` connects to: the proxy's where the environment names one."""
    target = urlsplit(url)
    proxy = getproxies().get(target.scheme, "")
    if proxy and not proxy_bypass(target.hostname or ""):
        target = urlsplit(proxy if "//" in proxy else f"http://{proxy}")
    return target.hostname or "", target.port or (443 if target.scheme == "https" else 80)


def connects(address: Address) -> bool:
    """One attempt, in a thread of its own: looking up a name has no timeout that could be set."""
    answers: list[bool] = []

    def attempt() -> None:
        try:
            socket.create_connection(address, CONNECT_SECONDS).close()
            answers.append(True)
        except OSError:
            answers.append(False)

    thread = threading.Thread(target=attempt, name="reachability", daemon=True)
    thread.start()
    thread.join(CONNECT_SECONDS)
    return answers == [True]
