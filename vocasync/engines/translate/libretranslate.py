"""LibreTranslate (https://docs.libretranslate.com): an own server, which costs nothing, or libretranslate.com."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from requests import Response

from vocasync.engines.base import EngineConfig
from vocasync.engines.cloud import Http
from vocasync.engines.translate.keeping import Markup, kept
from vocasync.engines.translate.network import LIBRETRANSLATE_URL
from vocasync.engines.translate.pairs import libretranslate_codes, unsupported
from vocasync.engines.translate.routes import Pair
from vocasync.engines.translate.service import ServiceTranslator
from vocasync.errors import PipelineError
from vocasync.progress import Progress

LABEL = "LibreTranslate"
SPAN = Markup('<span translate="no">', "</span>")

Languages = dict[str, frozenset[str]]
"""Targets by source, in the server's own codes."""


class LibreTranslate:
    """A :class:`vocasync.engines.translate.service.Vendor`. Which languages there are is the server's own matter: it is
    asked, and what it has is remembered."""

    name = "libretranslate"
    label = LABEL
    version = "1"
    most = 20
    room = 2_000
    """Characters: what a server takes depends on how it was started, and nothing less is common."""
    contextual = False

    def __init__(self, key: str, url: str) -> None:
        self._key = key
        self._http = Http(LABEL, "libretranslate", base=url, headers={}, hidden=[key], means=_means)
        self._known: Languages = {}

    def size(self, text: str) -> int:
        return len(SPAN.write(text))

    def pair(self, source: str, target: str, progress: Progress) -> Pair:
        found = _found(self._known, source, target)
        if found is None:  # nor is it known for good: models may have been added since
            self._known = self._languages(progress)
            found = _found(self._known, source, target)
        if found is None:
            raise unsupported(source, target)
        return found

    def keeps(self, pair: Pair) -> bool:
        return True

    def ask(self, texts: Sequence[str], pair: Pair, context: str, progress: Progress) -> list[str]:
        marked = any(map(kept, texts))
        body: dict[str, Any] = {
            "q": [SPAN.write(text) if marked else text for text in texts],
            "source": pair[0],
            "target": pair[1],
            "format": "html" if marked else "text",
        }
        body |= {"api_key": self._key} if self._key else {}
        answer = self._http.json("POST", "/translate", progress, json=body)
        made = answer.get("translatedText") if isinstance(answer, dict) else None
        if not isinstance(made, list):
            raise self.unreadable()
        return [SPAN.read(str(one)) if marked else str(one) for one in made]

    def _languages(self, progress: Progress) -> Languages:
        answer = self._http.json("GET", "/languages", progress)
        with suppress(KeyError, TypeError):
            return {str(row["code"]): frozenset(map(str, row["targets"])) for row in answer}
        raise self.unreadable()

    def unreadable(self) -> PipelineError:
        return self._http.unreadable()

    def close(self) -> None:
        self._http.close()


def _found(known: Languages, source: str, target: str) -> Pair | None:
    for begin in libretranslate_codes(source):
        for end in libretranslate_codes(target):
            if end in known.get(begin, ()):
                return begin, end
    return None


def _means(response: Response) -> str:
    """Who asked too often is banned with the status of a wrong key."""
    return "service_busy" if response.status_code == 403 and "Too many request" in response.text else ""


def create(config: EngineConfig) -> ServiceTranslator:
    """The engine. Option ``libretranslate_url``: the own server."""
    url = config.option("libretranslate_url") or LIBRETRANSLATE_URL
    return ServiceTranslator(LibreTranslate(config.key("libretranslate").strip(), url))
