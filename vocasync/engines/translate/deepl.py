"""DeepL (https://developers.deepl.com/docs). The text leaves the machine, and costs money."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from vocasync.engines.base import EngineConfig
from vocasync.engines.cloud import Http
from vocasync.engines.translate.keeping import Markup, kept
from vocasync.engines.translate.pairs import DEEPL_TAGS, deepl_pair
from vocasync.engines.translate.routes import Pair
from vocasync.engines.translate.service import ServiceTranslator
from vocasync.errors import PipelineError
from vocasync.progress import Progress

FREE = "https://api-free.deepl.com"
PRO = "https://api.deepl.com"
LABEL = "DeepL"
TAG = Markup("<x>", "</x>")


class DeepL:
    """A :class:`vocasync.engines.translate.service.Vendor`.

    Neighbours are context, which is not billed. What is kept stands in a tag that is ignored.
    """

    name = "deepl"
    label = LABEL
    version = "1"
    most = 50
    room = 90 * 1024
    """Bytes; 128 KiB is the limit of a body, which has the context and the quoting as well."""
    contextual = True

    def __init__(self, key: str, url: str) -> None:
        self._http = Http(LABEL, "deepl", base=url, headers={"Authorization": f"DeepL-Auth-Key {key}"})

    def size(self, text: str) -> int:
        return len(TAG.write(text).encode()) + 4

    def pair(self, source: str, target: str, progress: Progress) -> Pair:
        return deepl_pair(source, target)

    def keeps(self, pair: Pair) -> bool:
        return set(pair) <= DEEPL_TAGS

    def ask(self, texts: Sequence[str], pair: Pair, context: str, progress: Progress) -> list[str]:
        marked = any(map(kept, texts))
        body: dict[str, Any] = {
            "text": [TAG.write(text) if marked else text for text in texts],
            "source_lang": pair[0],
            "target_lang": pair[1],
        }
        body |= {"tag_handling": "xml", "ignore_tags": ["x"]} if marked else {}
        body |= {"context": context} if context else {}
        made = self._request(json.dumps(body, ensure_ascii=False).encode(), progress)
        return [TAG.read(one) for one in made] if marked else made

    def _request(self, data: bytes, progress: Progress) -> list[str]:
        headers = {"Content-Type": "application/json"}
        answer = self._http.json("POST", "/v2/translate", progress, data=data, headers=headers)
        with suppress(KeyError, TypeError):
            return [str(one["text"]) for one in answer["translations"]]
        raise self.unreadable()

    def unreadable(self) -> PipelineError:
        return self._http.unreadable()

    def close(self) -> None:
        self._http.close()


def create(config: EngineConfig) -> ServiceTranslator:
    """The engine. Option ``deepl_url``: another address than the one that goes with the kind of key."""
    key = config.key("deepl").strip()
    usual = FREE if key.endswith(":fx") else PRO
    return ServiceTranslator(DeepL(key, config.option("deepl_url") or usual))
