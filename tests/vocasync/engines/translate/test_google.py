from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from deep_translator.constants import GOOGLE_LANGUAGES_TO_CODES

from tests.vocasync.engines.local_http import Reply, serving
from tests.vocasync.engines.translate.google_page import BROKEN, GooglePage, translated
from vocasync.engines.base import EngineConfig
from vocasync.engines.translate import google
from vocasync.engines.translate.google import GoogleTranslator
from vocasync.engines.translate.keeping import keep
from vocasync.engines.translate.pairs import google_code
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
    page.line_end = " "
    assert texts(online, LINES) == [translated(line, "es") for line in LINES]
    assert len(page.queries) == 4


@pytest.mark.parametrize(
    "trouble", [Reply(429), Reply(500), Reply(503), Reply(mode="drop"), Reply(mode="slow", seconds=1.5), BROKEN]
)
def test_passing_trouble_is_survived(online: GoogleTranslator, page: GooglePage, trouble: Reply) -> None:
    online._http.timeout = (5.0, 1.0 if trouble.mode == "slow" else 60.0)
    page.script = [trouble]
    assert texts(online, LINES) == [translated(line, "es") for line in LINES]


@pytest.mark.parametrize(
    ("trouble", "code"),
    [
        (Reply(429), "service_busy"),
        (Reply(mode="slow", seconds=0.5), "service_unreachable"),
        (Reply(mode="drop"), "service_unreachable"),
        (Reply(500), "service_failed"),
        (BROKEN, "service_failed"),
    ],
)
def test_lasting_trouble_is_told(online: GoogleTranslator, page: GooglePage, trouble: Reply, code: str) -> None:
    online._http.timeout = (5.0, 0.2 if trouble.mode == "slow" else 60.0)
    page.script = [trouble] * 50
    with pytest.raises(PipelineError) as caught:
        texts(online, LINES)
    assert caught.value.code == code
    assert not caught.value.permanent
    assert "Google Translate" in str(caught.value)
    assert "again" in str(caught.value)
    assert len(page.queries) <= 5


def test_nobody_there() -> None:
    engine = google.create(EngineConfig(options=(("google_url", "http://127.0.0.1:9/m"),)))
    with pytest.raises(PipelineError) as caught:
        texts(engine, LINES)
    assert caught.value.code == "service_unreachable"


def test_one_connection_is_enough(online: GoogleTranslator, page: GooglePage) -> None:
    for line in LINES:
        texts(online, [line])
    assert page.connections == 1
    online.close()


def test_threads_do_not_ask_for_each_other(page: GooglePage) -> None:
    with serving(GooglePage) as other:
        engines = [google.create(EngineConfig(options=(("google_url", one.address),))) for one in (page, other)]
        with ThreadPoolExecutor(2) as pool:
            made = list(pool.map(lambda engine: [texts(engine, [line]) for line in LINES * 5], engines))
    assert made[0] == made[1] == [[translated(line, "es")] for line in LINES] * 5
    assert len(page.queries) == len(other.queries) == 15


def test_neighbours_are_shown_and_not_given_back(online: GoogleTranslator, page: GooglePage) -> None:
    made = online.translate(LINES[1:2], "en", "es", Silent(), (LINES[0], LINES[2]))
    assert [one.text for one in made] == [translated(LINES[1], "es")]
    assert page.queries == [("en", "es", "\n".join(LINES))]


def test_what_is_kept_goes_as_a_placeholder(online: GoogleTranslator, page: GooglePage) -> None:
    made = texts(online, [f"The {keep('Tren Azul')} leaves.", "Nothing.", f"{keep('A')} and {keep('B')}"])
    assert made == ["«es» The Tren Azul leaves.", "«es» Nothing.", "«es» A and B"]
    assert page.queries[0][2] == "The ⟦0⟧ leaves.\nNothing.\n⟦0⟧ and ⟦1⟧"


def test_a_placeholder_that_got_lost_is_asked_for_again(
    online: GoogleTranslator, page: GooglePage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def careless(line: str, target: str) -> str:
        return f"«{target}» {line.replace('⟦0⟧', '')}"

    monkeypatch.setattr("tests.vocasync.engines.translate.google_page.translated", careless)
    assert texts(online, ["One.", f"The {keep('Tren Azul')} leaves."]) == ["«es» One.", "«es» The Tren Azul leaves."]
    assert [query for _, _, query in page.queries] == ["One.\nThe ⟦0⟧ leaves.", "The Tren Azul leaves."]


def test_queries_stay_short_however_long_the_text(online: GoogleTranslator, page: GooglePage) -> None:
    hindi = "यह एक बहुत लंबा वाक्य है जिसमें बहुत सारे शब्द हैं। " * 60
    lines = [hindi.strip(), "x" * 12_000, *LINES]
    made = texts(online, lines)
    assert made[0].count("वाक्य") == 60
    assert made[1].count("x") == 12_000
    assert made[2:] == [translated(line, "es") for line in LINES]
    assert all(len(google.quote_plus(query)) <= google.QUERY_CHARS for _, _, query in page.queries)


def test_every_language_has_a_code_that_google_knows(online: GoogleTranslator, page: GooglePage) -> None:
    assert {google_code(code) for code in LANGUAGES} <= set(GOOGLE_LANGUAGES_TO_CODES.values())
    assert texts(online, ["One."], "zh") == [translated("One.", "zh-CN")]
    assert page.queries[0][:2] == ("en", "zh-CN")


def test_text_that_stays_as_it_is(online: GoogleTranslator, page: GooglePage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.vocasync.engines.translate.google_page.translated", lambda line, target: line)
    assert texts(online, ["Vocasync", "!!!"]) == ["Vocasync", "!!!"]
    assert texts(online, ["?!"]) == ["?!"]
