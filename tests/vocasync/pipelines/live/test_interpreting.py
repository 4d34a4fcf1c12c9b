"""Clauses in another language: by Apertium, and by services that answer late, wrongly, or not at all."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence

import pytest

from tests.vocasync.engines.local_http import Asked, LocalServer, Reply, serving
from vocasync import retries
from vocasync.engines.base import Translated
from vocasync.engines.translate.apertium import ApertiumTranslator
from vocasync.engines.translate.deepl import DeepL
from vocasync.engines.translate.routes import apertium_pairs
from vocasync.engines.translate.service import ServiceTranslator
from vocasync.errors import PipelineError
from vocasync.pipelines.live.interpreting import Interpreter, Remembered
from vocasync.progress import Progress
from vocasync.spending import Spent, counting
from vocasync.stages.glossary import Term


class DeepLServer(LocalServer):
    """Says each text backwards. held: waits for its leave to answer. status: of its answers."""

    def __init__(self) -> None:
        super().__init__()
        self.leave = threading.Event()
        self.leave.set()
        self.status = 200

    def answer(self, asked: Asked) -> Reply:
        self.leave.wait(20)
        if self.status != 200:
            return Reply(self.status, {"message": "no"})
        return Reply(body={"translations": [{"text": text[::-1]} for text in asked.json["text"]]})


@pytest.fixture
def server() -> Iterator[DeepLServer]:
    with serving(DeepLServer) as running:
        yield running
        running.leave.set()


@pytest.fixture
def service(server: DeepLServer) -> Iterator[ServiceTranslator]:
    translator = ServiceTranslator(DeepL("key", server.url))
    yield translator
    translator.close()


def test_apertium_translates_and_is_asked_once_for_the_same() -> None:
    translator = ApertiumTranslator()
    interpreter = Interpreter(translator, (Term("boat", "lancha"),))
    try:
        interpreter.warm("en", "es")
        assert "lancha" in interpreter.translate("The boat is small.", "en", "es").text
        assert interpreter.translate("The glorbix is small.", "en", "es").unsure
    finally:
        translator.close()
    assert "lancha" in interpreter.translate("The boat is small.", "en", "es").text, "from memory"


def test_an_engine_that_is_warm_has_begun_what_it_begins() -> None:
    if ("en", "es") not in apertium_pairs():
        pytest.skip("apertium-eng-spa is not installed")
    engine = ApertiumTranslator()
    Interpreter(engine).warm("en", "es")
    assert engine.pids()
    engine.close()


def test_what_is_not_to_be_translated_stays_as_it_is(service: ServiceTranslator, server: DeepLServer) -> None:
    assert Interpreter(None).translate("Yes.", "en", "es") == Translated("Yes.")
    assert Interpreter(service).translate("Yes.", "en", "en") == Translated("Yes.")
    assert Interpreter(service).translate("  ", "en", "es") == Translated("  ")
    Interpreter(service).warm("en", "en")
    assert not server.asked


def test_what_was_said_before_is_context_and_spending_is_counted(
    service: ServiceTranslator, server: DeepLServer
) -> None:
    interpreter = Interpreter(service)
    with counting() as spent:
        assert interpreter.translate("She left.", "en", "es").text == ".tfel ehS"
        interpreter.translate("It was late.", "en", "es")
    assert "She left." in server.asked[1].json["context"]
    assert "She left." not in server.asked[0].json["context"].removesuffix("She left.")
    assert spent == [Spent("translate", "deepl", 9), Spent("translate", "deepl", 12)]


def test_an_answer_that_does_not_come_is_not_waited_for(service: ServiceTranslator, server: DeepLServer) -> None:
    interpreter = Interpreter(service, deadline=0.05)
    server.leave.clear()
    for _ in range(6):
        with pytest.raises(PipelineError) as caught:
            interpreter.translate("Where is it?", "en", "es")
        assert caught.value.code == "translation_failed"
    assert len(server.asked) <= 4, "no further call while several are under way"


def test_a_service_that_fails_is_trouble_and_the_next_clause_is_tried(
    service: ServiceTranslator, server: DeepLServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retries, "_FIRST", 0.001)
    interpreter = Interpreter(service)
    server.status = 500
    interpreter.warm("en", "es")
    with pytest.raises(PipelineError) as caught:
        interpreter.translate("Where?", "en", "es")
    assert caught.value.code == "service_failed"
    server.status = 403
    with pytest.raises(PipelineError, match="key"):
        interpreter.warm("en", "es")
    server.status = 200
    assert interpreter.translate("Where?", "en", "es").text == "?erehW"


def test_an_engine_that_breaks_is_told_as_such() -> None:
    class Breaking:
        name, version, contextual = "breaking", "1", False

        def translate(
            self, texts: Sequence[str], source: str, target: str, progress: Progress, around: tuple[str, str] = ("", "")
        ) -> list[Translated]:
            raise RuntimeError("out of memory")

    with pytest.raises(PipelineError, match="breaking failed: RuntimeError: out of memory"):
        Interpreter(Breaking()).translate("Yes.", "en", "es")


def test_answers_are_forgotten_when_they_are_old_or_many() -> None:
    now = 0.0
    kept = Remembered(10.0, 2, lambda: now)
    for word in ("one", "two"):
        kept.put(word, Translated(word))
    assert kept.get("one") == Translated("one")
    kept.put("three", Translated("three"))
    assert kept.get("two") is None, "not used for longest"
    assert kept.get("one") == Translated("one")
    now = 10.0
    assert kept.get("one") is None
