from __future__ import annotations

import time

import pytest
from deep_translator.constants import GOOGLE_LANGUAGES_TO_CODES

from tests.vocasync.engines.translate.google_page import GooglePage, translated
from vocasync.engines.base import EngineConfig
from vocasync.engines.translate import google
from vocasync.engines.translate.google import GoogleTranslator
from vocasync.errors import PipelineError
from vocasync.languages import LANGUAGES
from vocasync.progress import Silent

LINES = ["First line.", "Second line.", "Third line."]


def texts(engine: GoogleTranslator, lines: list[str], target: str = "es") -> list[str]:
    return [one.text for one in engine.translate(lines, "en", target, Silent())]


def test_neighbours_travel_together(online: GoogleTranslator, page: GooglePage) -> None:
    assert texts(online, LINES) == [translated(line, "es") for line in LINES]
    assert page.queries == [("en", "es", "\n".join(LINES))]


def test_empty_texts_are_not_asked_about(online: GoogleTranslator, page: GooglePage) -> None:
    assert texts(online, ["", "One.", " ", "Two."]) == ["", translated("One.", "es"), "", translated("Two.", "es")]
    assert texts(online, ["", ""]) == ["", ""]
    assert [query for _, _, query in page.queries] == ["One.\nTwo."]


def test_lines_that_run_together_are_asked_one_by_one(online: GoogleTranslator, page: GooglePage) -> None:
    page.script = ["merged"]
    assert texts(online, LINES) == [translated(line, "es") for line in LINES]
    assert len(page.queries) == 4


@pytest.mark.parametrize("trouble", ["429", "500", "503", "slow", "drop", "broken"])
def test_passing_trouble_is_survived(
    online: GoogleTranslator, page: GooglePage, trouble: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if trouble == "slow":
        monkeypatch.setattr(google, "TIMEOUT", (5.0, 0.5))
    page.script = [trouble]
    assert texts(online, LINES) == [translated(line, "es") for line in LINES]


@pytest.mark.parametrize(
    ("trouble", "code"),
    [
        ("429", "translator_unreachable"),
        ("slow", "translator_unreachable"),
        ("drop", "translator_unreachable"),
        ("500", "translation_failed"),
        ("broken", "translation_failed"),
    ],
)
def test_lasting_trouble_is_told(
    online: GoogleTranslator, page: GooglePage, trouble: str, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if trouble == "slow":
        monkeypatch.setattr(google, "TIMEOUT", (5.0, 0.3))
    page.script = [trouble] * 50
    with pytest.raises(PipelineError) as caught:
        texts(online, LINES)
    assert caught.value.code == code
    assert not caught.value.permanent
    assert "Google Translate" in str(caught.value)
    assert "again" in str(caught.value) or "Retry" in str(caught.value)
    assert len(page.queries) <= 5


def test_nobody_there() -> None:
    engine = google.create(EngineConfig(options=(("google_url", "http://127.0.0.1:9/m"),)))
    begin = time.monotonic()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(google, "WAITS", (0.01,))
        with pytest.raises(PipelineError) as caught:
            texts(engine, LINES)
    assert caught.value.code == "translator_unreachable"
    assert time.monotonic() - begin < 5


def test_waits_grow_between_tries(online: GoogleTranslator, page: GooglePage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(google, "WAITS", (0.1, 0.3))
    page.script = ["429", "429"]
    begin = time.monotonic()
    texts(online, ["One."])
    assert time.monotonic() - begin >= 0.4


def test_queries_stay_short_however_long_the_text(online: GoogleTranslator, page: GooglePage) -> None:
    hindi = "यह एक बहुत लंबा वाक्य है जिसमें बहुत सारे शब्द हैं। " * 60
    lines = [hindi.strip(), "x" * 12_000, *LINES]
    made = texts(online, lines)
    assert made[0].count("वाक्य") == 60
    assert made[1].count("x") == 12_000
    assert made[2:] == [translated(line, "es") for line in LINES]
    assert all(len(google.quote_plus(query)) <= google.QUERY_CHARS for _, _, query in page.queries)


def test_every_language_has_a_code_that_google_knows(online: GoogleTranslator, page: GooglePage) -> None:
    assert {google.google_code(code) for code in LANGUAGES} <= set(GOOGLE_LANGUAGES_TO_CODES.values())
    assert texts(online, ["One."], "zh") == [translated("One.", "zh-CN")]
    assert page.queries[0][:2] == ("en", "zh-CN")


def test_text_that_stays_as_it_is(online: GoogleTranslator, page: GooglePage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.vocasync.engines.translate.google_page.translated", lambda line, target: line)
    assert texts(online, ["Vocasync", "!!!"]) == ["Vocasync", "!!!"]
    assert texts(online, ["?!"]) == ["?!"]
