"""``POST /v2/translate`` as https://developers.deepl.com/api-reference/translate describes it."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from tests.vocasync.engines.local_http import Asked, LocalServer, Reply
from tests.vocasync.engines.translate.servers.pseudo import markup, plain

KEY = "279a2e9d-83b3-c416-7e2d-f721593e42a0:fx"
SOURCES = frozenset(["AR", "CS", "DE", "EN", "ES", "FR", "HI", "KO", "PT", "UR", "ZH"])
TARGETS = frozenset(
    ["AR", "CS", "DE", "EN-GB", "EN-US", "ES", "FR", "HI", "KO", "PT-BR", "PT-PT", "UR", "ZH-HANS", "ZH-HANT"]
)
NO_TAGS = frozenset({"HI", "UR"})


class DeepLServer(LocalServer):
    """Of the free plan."""

    def answer(self, asked: Asked) -> Reply:
        if asked.headers.get("authorization") != f"DeepL-Auth-Key {KEY}":
            return Reply(403, {"message": "Invalid auth key."})
        if asked.path != "/v2/translate" or asked.method != "POST":
            return Reply(404, {"message": "Not found."})
        if len(asked.body) > 128 * 1024:
            return Reply(413, {"message": "Payload too large."})
        return _translate(asked.json)


def _translate(body: dict[str, object]) -> Reply:
    texts, source, target = body["text"], str(body["source_lang"]), str(body["target_lang"])
    assert isinstance(texts, list)
    problem = _problem(texts, source, target, body)
    if problem:
        return Reply(400, {"message": problem})
    tagged = body.get("tag_handling") == "xml"
    ignored = body.get("ignore_tags", [])
    assert isinstance(ignored, list)
    made = [markup(text, target, lambda tag, _: tag in ignored) if tagged else plain(text, target) for text in texts]
    return Reply(body={"translations": [{"detected_source_language": source, "text": text} for text in made]})


def _problem(texts: list[str], source: str, target: str, body: dict[str, object]) -> str:
    if len(texts) > 50:
        return "Too many texts."
    if source not in SOURCES:
        return "Value for 'source_lang' not supported."
    if target not in TARGETS:
        return "Value for 'target_lang' not supported."
    if body.get("tag_handling") == "xml":
        return _tags(texts, {source, target})
    return ""


def _tags(texts: list[str], languages: set[str]) -> str:
    if languages & NO_TAGS:
        return "Tag handling is not supported for this language."
    try:
        for text in texts:
            ET.fromstring(f"<all>{text}</all>")  # noqa: S314 (our own)
    except ET.ParseError:
        return "Tag handling parsing failed, please check input."
    return ""
