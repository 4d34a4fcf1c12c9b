"""``POST /translate`` of the Translator v3.0 as Microsoft's reference describes it."""

from __future__ import annotations

from tests.vocasync.engines.local_http import Asked, LocalServer, Reply
from tests.vocasync.engines.translate.servers.pseudo import markup, plain

KEY = "6f1b2c3d4e5f60718293a4b5c6d7e8f9"
REGION = "westeurope"
LANGUAGES = frozenset(["ar", "cs", "de", "en", "es", "fr", "hi", "ko", "pt", "ur", "zh-Hans", "zh-Hant"])


def error(status: int, code: int, message: str) -> Reply:
    """An error as the service writes it."""
    return Reply(status, {"error": {"code": code, "message": message}})


class MicrosoftServer(LocalServer):
    """A regional resource."""

    def answer(self, asked: Asked) -> Reply:
        given = [asked.headers.get(f"ocp-apim-subscription-{name}") for name in ("key", "region")]
        if given != [KEY, REGION]:
            message = "The request is not authorized because credentials are missing or invalid."
            return error(401, 401000, message)
        if asked.path != "/translate" or asked.query.get("api-version") != ["3.0"]:
            return error(404, 404000, "The requested resource is not found.")
        return _translate(asked)


def _translate(asked: Asked) -> Reply:
    source, target, kind = (asked.query[name][0] for name in ("from", "to", "textType"))
    texts = [one["Text"] for one in asked.json]
    if source not in LANGUAGES:
        return error(400, 400035, "The source language is not valid.")
    if target not in LANGUAGES:
        return error(400, 400036, "The target language is not valid.")
    if len(texts) > 1000 or sum(map(len, texts)) > 50_000:
        return error(400, 400077, "The maximum request size has been exceeded.")
    made = [markup(text, target, _keeps) if kind == "html" else plain(text, target) for text in texts]
    return Reply(body=[{"translations": [{"text": text, "to": target}]} for text in made])


def _keeps(_tag: str, attributes: dict[str, str | None]) -> bool:
    return attributes.get("class") == "notranslate"
