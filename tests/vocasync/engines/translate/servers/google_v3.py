"""``google.cloud.translation.v3.TranslationService/TranslateText`` over gRPC, as Google's reference describes it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.cloud.translate_v3 import TranslateTextRequest, TranslateTextResponse

from tests.vocasync.engines.google_account import PROJECT
from tests.vocasync.engines.google_server import Failure, authenticate, fail, serving
from tests.vocasync.engines.translate.servers.pseudo import markup, plain

SERVICE = "google.cloud.translation.v3.TranslationService"
LANGUAGES = frozenset(["ar", "cs", "de", "en", "es", "fr", "hi", "ko", "pt", "ur", "zh-CN"])
GLOSSARY = f"projects/{PROJECT}/locations/us-central1/glossaries/terms"


@dataclass
class GoogleServer:
    """``script``: failures of the next calls. ``asked``: the requests. ``drops``: how many texts are left out of each
    answer. ``revoked``: whether the account is known no more."""

    endpoint: str = ""
    script: list[Failure] = field(default_factory=list)
    asked: list[Any] = field(default_factory=list)
    drops: int = 0
    revoked: bool = False

    def translate(self, request: Any, context: Any) -> Any:
        self.asked.append(request)
        if self.script:
            fail(self.script.pop(0), context)
        authenticate(context, self.revoked)
        problem = _problem(request)
        if problem:
            fail(Failure(grpc.StatusCode.INVALID_ARGUMENT, problem), context)
        return self._answer(request)

    def _answer(self, request: Any) -> Any:
        target = request.target_language_code
        kept = request.contents[self.drops :]
        made = [
            markup(text, target, _keeps) if request.mime_type == "text/html" else plain(text, target) for text in kept
        ]
        glossary = [f"[{request.glossary_config.glossary.rpartition('/')[2]}] {text}" for text in made]
        return TranslateTextResponse(
            translations=[{"translated_text": text} for text in made],
            glossary_translations=[{"translated_text": text} for text in glossary] if request.glossary_config else [],
        )


def _keeps(_tag: str, attributes: dict[str, str | None]) -> bool:
    return attributes.get("translate") == "no"


def _problem(request: Any) -> str:
    location = "us-central1" if request.glossary_config else "global"
    if request.parent != f"projects/{PROJECT}/locations/{location}":
        return f"Invalid resource name {request.parent}."
    if request.glossary_config and request.glossary_config.glossary != GLOSSARY:
        return "Glossary not found."
    if len(request.contents) > 1024 or sum(map(len, request.contents)) > 30_720:
        return "Text is too long."
    unknown = {request.source_language_code, request.target_language_code} - LANGUAGES
    return f"Unsupported language {unknown}." if unknown else ""


@contextmanager
def google_server() -> Iterator[GoogleServer]:
    """The server, running."""
    served = GoogleServer()
    handler = grpc.unary_unary_rpc_method_handler(
        served.translate, TranslateTextRequest.deserialize, TranslateTextResponse.serialize
    )
    with serving(SERVICE, {"TranslateText": handler}) as served.endpoint:
        yield served
