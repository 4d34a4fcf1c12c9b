"""Microsoft Translator, v3.0 (https://learn.microsoft.com/azure/ai-services/translator/). The text leaves the machine,
and costs money."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from requests import Response

from vocasync.engines.base import EngineConfig
from vocasync.engines.cloud import Http
from vocasync.engines.translate.keeping import Markup, kept
from vocasync.engines.translate.pairs import microsoft_pair
from vocasync.engines.translate.routes import Pair
from vocasync.engines.translate.service import ServiceTranslator
from vocasync.errors import PipelineError
from vocasync.progress import Progress

URL = "https://api.cognitive.microsofttranslator.com"
LABEL = "Microsoft Translator"
SPAN = Markup('<span class="notranslate">', "</span>")
USED_UP = 403001
"""Its own code for a free tier that is used up, which has the status of a wrong key."""


class Microsoft:
    """A :class:`vocasync.engines.translate.service.Vendor`."""

    name = "microsoft"
    label = LABEL
    version = "1"
    most = 1000
    room = 50_000
    """Characters."""
    contextual = False

    def __init__(self, key: str, region: str, url: str) -> None:
        headers = {"Ocp-Apim-Subscription-Key": key}
        headers |= {"Ocp-Apim-Subscription-Region": region} if region else {}
        self._http = Http(LABEL, "microsoft", base=url, headers=headers, means=_means)

    def size(self, text: str) -> int:
        return len(SPAN.write(text).encode("utf-16-le")) // 2  # as .NET counts

    def pair(self, source: str, target: str, progress: Progress) -> Pair:
        return microsoft_pair(source, target)

    def keeps(self, pair: Pair) -> bool:
        return True

    def ask(self, texts: Sequence[str], pair: Pair, context: str, progress: Progress) -> list[str]:
        marked = any(map(kept, texts))
        params = {"api-version": "3.0", "from": pair[0], "to": pair[1], "textType": "html" if marked else "plain"}
        body = [{"Text": SPAN.write(text) if marked else text} for text in texts]
        answer = self._http.json("POST", "/translate", progress, params=params, json=body)
        with suppress(KeyError, TypeError, IndexError):
            made = [str(one["translations"][0]["text"]) for one in answer]
            return [SPAN.read(one) for one in made] if marked else made
        raise self.unreadable()

    def unreadable(self) -> PipelineError:
        return self._http.unreadable()

    def close(self) -> None:
        self._http.close()


def _means(response: Response) -> str:
    with suppress(ValueError, KeyError, TypeError):
        return "service_quota" if response.json()["error"]["code"] == USED_UP else ""
    return ""


def create(config: EngineConfig) -> ServiceTranslator:
    """The engine. Options ``microsoft_region`` (of a resource that is not global) and ``microsoft_url``."""
    url = config.option("microsoft_url") or URL
    return ServiceTranslator(Microsoft(config.key("microsoft").strip(), config.option("microsoft_region"), url))
