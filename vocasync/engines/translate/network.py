"""Whether services that need no key can be reached, asked without importing an engine."""

from __future__ import annotations

import socket
import threading
import time
from ipaddress import ip_address
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from vocasync.engines.base import EngineConfig
from vocasync.engines.services import OFFLINE, no_key

GOOGLE_URL = "https://translate.google.com/m"
LIBRETRANSLATE_URL = "https://libretranslate.com"
CONNECT_SECONDS = 1.5
CONNECTION = "check the internet connection of this machine."
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
        return OFFLINE
    url = config.option("google_url") or GOOGLE_URL
    return "" if reachable(peer(url)) else f"{urlsplit(url).hostname} does not answer: {CONNECTION}"


def missing_libretranslate(config: EngineConfig) -> str:
    """ "" when there is a server to ask: an own one, which needs no key, or a key for libretranslate.com."""
    url = config.option("libretranslate_url")
    if not url and not config.key("libretranslate"):
        return f"{no_key('libretranslate')} Or run a server of your own and set VOCASYNC_LIBRETRANSLATE_URL."
    if not config.network and not (url and at_home(url)):
        return OFFLINE
    if reachable(peer(url or LIBRETRANSLATE_URL)):
        return ""
    what = "start the server, or correct VOCASYNC_LIBRETRANSLATE_URL." if url else CONNECTION
    return f"{urlsplit(url or LIBRETRANSLATE_URL).hostname} does not answer: {what}"


def at_home(url: str) -> bool:
    """Whether the address is on this machine or in a private network, so that asking it is no use of the internet."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_private
    except ValueError:
        return host == "localhost" or "." not in host  # a name without a domain: a neighbour, a container


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
