"""Google Cloud Translation, v3 over gRPC (https://cloud.google.com/translate/docs). The text leaves the machine, and
costs money."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from vocasync.artifacts import fingerprint
from vocasync.engines import google_cloud
from vocasync.engines.base import EngineConfig
from vocasync.engines.translate.keeping import Markup, kept
from vocasync.engines.translate.pairs import google_pair
from vocasync.engines.translate.routes import Pair
from vocasync.engines.translate.service import ServiceTranslator
from vocasync.errors import PipelineError
from vocasync.progress import Progress

ENDPOINT = "translate.googleapis.com"
LABEL = "Google Cloud Translation"
SPAN = Markup('<span translate="no">', "</span>")


class GoogleCloud:
    """A :class:`vocasync.engines.translate.service.Vendor`.

    glossaries: resource names by language pair (our codes), made by whoever pays; a request about such a pair names its
    glossary, and has to go to the region that it lies in.
    """

    name = "google-cloud"
    label = LABEL
    most = 1024
    room = 28_000
    """Characters; Google recommends to stay below 30,000."""
    contextual = False

    def __init__(self, who: google_cloud.Account, endpoint: str, glossaries: dict[Pair, str]) -> None:
        from google.cloud.translate_v3 import TranslationServiceClient

        self.version = f"1 {fingerprint(sorted(glossaries.items()))[:8]}" if glossaries else "1"
        self._project = f"projects/{who.project}"
        self._glossaries = {google_pair(*pair): name for pair, name in glossaries.items()}
        self._client: Any = google_cloud.client(TranslationServiceClient, who, endpoint)

    def size(self, text: str) -> int:
        return len(SPAN.write(text))

    def pair(self, source: str, target: str, progress: Progress) -> Pair:
        return google_pair(source, target)

    def keeps(self, pair: Pair) -> bool:
        return True

    def ask(self, texts: Sequence[str], pair: Pair, context: str, progress: Progress) -> list[str]:
        marked = any(map(kept, texts))
        request: dict[str, Any] = {
            "contents": [SPAN.write(text) if marked else text for text in texts],
            "mime_type": "text/html" if marked else "text/plain",
            "source_language_code": pair[0],
            "target_language_code": pair[1],
            "parent": f"{self._project}/locations/global",
        }
        glossary = self._glossaries.get(pair, "")
        if glossary:
            request["parent"] = glossary.partition("/glossaries/")[0]
            request["glossary_config"] = {"glossary": glossary, "ignore_case": True}
        answer = google_cloud.call(
            LABEL, lambda: self._client.translate_text(request=request, **google_cloud.ONCE), progress
        )
        made = [one.translated_text for one in (answer.glossary_translations if glossary else answer.translations)]
        return [SPAN.read(one) for one in made] if marked else made

    def unreadable(self) -> PipelineError:
        return PipelineError("service_failed", label=LABEL, reason="its answer could not be read.")

    def close(self) -> None:
        self._client.transport.close()


def glossaries(value: str, project: str) -> dict[Pair, str]:
    """Of the option ``google_glossaries``: ``en-es=NAME, en-hi=NAME``. A name is the resource's whole one
    (``projects/…/locations/…/glossaries/…``), or its last part where it lies in ``us-central1`` of the project.

    Raises ``engine_not_ready`` for what cannot be read.
    """
    found: dict[Pair, str] = {}
    for entry in value.replace(",", " ").split():
        pair, _, name = entry.partition("=")
        source, _, target = pair.partition("-")
        if not (source and target and name):
            missing = f"“{entry}” in VOCASYNC_GOOGLE_GLOSSARIES is not like “en-es=projects/…/glossaries/…”."
            raise PipelineError("engine_not_ready", label=LABEL, missing=missing)
        whole = name if "/" in name else f"projects/{project}/locations/us-central1/glossaries/{name}"
        found[source, target] = whole
    return found


def create(config: EngineConfig) -> ServiceTranslator:
    """The engine. Options ``google_project``, ``google_translate_endpoint`` and ``google_glossaries``."""
    who = google_cloud.account(config, LABEL)
    endpoint = config.option("google_translate_endpoint") or ENDPOINT
    return ServiceTranslator(GoogleCloud(who, endpoint, glossaries(config.option("google_glossaries"), who.project)))
