"""``/languages`` and ``/translate`` as https://docs.libretranslate.com describes them, with an operator's limits."""

from __future__ import annotations

import html
from typing import Any

from tests.vocasync.engines.local_http import Asked, LocalServer, Reply
from tests.vocasync.engines.translate.servers.pseudo import markup, plain

KEY = "b4c1d0e2-1a2b-4c3d-8e4f-5a6b7c8d9e0f"
LANGUAGES = ("ar", "cs", "de", "en", "es", "fr", "hi", "ko", "pt-BR", "ur", "zh-Hans")
BATCH = 25
CHARS = 2_000


class LibreTranslateServer(LocalServer):
    """``needs_key``: as the public service. ``languages``: whose models are loaded."""

    needs_key = False
    languages = LANGUAGES

    def answer(self, asked: Asked) -> Reply:
        if asked.path == "/languages":
            return Reply(
                body=[{"code": code, "name": code, "targets": list(self.languages)} for code in self.languages]
            )
        if asked.path != "/translate":
            return Reply(404, {"error": "Not found"})
        body = asked.json
        if self.needs_key and body.get("api_key") != KEY:
            return Reply(403, {"error": "Invalid API key"})
        return self._translate(body)

    def _translate(self, body: dict[str, Any]) -> Reply:
        texts, source, target = body["q"], body["source"], body["target"]
        if len(texts) > BATCH:
            return Reply(400, {"error": f"Invalid request: request ({len(texts)}) exceeds text limit ({BATCH})"})
        longest = max(map(len, texts))
        if longest > CHARS:
            return Reply(400, {"error": f"Invalid request: request ({longest}) exceeds text limit ({CHARS})"})
        for code in (source, target):
            if code not in self.languages:
                return Reply(400, {"error": f"{code} is not supported"})
        return Reply(body={"translatedText": [_made(text, target, body["format"]) for text in texts]})


def _made(text: str, target: str, kind: str) -> str:
    if kind == "html":
        return html.unescape(markup(text, target, lambda _, attributes: attributes.get("translate") == "no"))
    return plain(text, target)
