from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.vocasync.engines.local_http import Reply, serving
from tests.vocasync.engines.translate.google_page import GooglePage, translated
from vocasync import retries
from vocasync.engines.base import EngineConfig
from vocasync.engines.translate import apertium, google
from vocasync.engines.translate.cache import TranslationCache
from vocasync.engines.translate.keeping import keep
from vocasync.engines.translate.routes import apertium_pairs
from vocasync.errors import Cancelled, PipelineError
from vocasync.progress import Silent
from vocasync.stages.glossary import parse
from vocasync.stages.translate import BATCH, UNSURE, translate
from vocasync.types import Segment


class Heard:
    def __init__(self, stop_at: float = 2.0) -> None:
        self.fractions: list[float] = []
        self._stop_at = stop_at

    def report(self, fraction: float, note: str = "") -> None:
        self.fractions.append(fraction)

    def check(self) -> None:
        if self.fractions and self.fractions[-1] >= self._stop_at:
            raise Cancelled


def segments(*texts: str) -> tuple[Segment, ...]:
    return tuple(Segment(index, float(index), index + 0.9, text) for index, text in enumerate(texts))


@pytest.fixture
def cache(tmp_path: Path) -> TranslationCache:
    return TranslationCache(tmp_path / "cache")


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Iterator[GooglePage]:
    monkeypatch.setattr(retries, "_FIRST", 0.01)
    with serving(GooglePage) as server:
        yield server


@pytest.fixture
def online(page: GooglePage) -> google.GoogleTranslator:
    return google.create(EngineConfig(options=(("google_url", page.address),)))


@pytest.fixture
def offline() -> Iterator[apertium.ApertiumTranslator]:
    if ("en", "es") not in apertium_pairs():
        pytest.skip("Apertium with apertium-eng-spa is not installed")
    engine = apertium.create(EngineConfig())
    yield engine
    engine.close()


def asked(page: GooglePage) -> list[str]:
    return [line for _, _, query in page.queries for line in query.split("\n")]


def test_without_a_translator_the_text_is_spoken(cache: TranslationCache) -> None:
    given = (*segments("One.", "Two."), replace(segments("Three.")[0], translation="Mine."))
    made = translate(given, None, "en", "en", cache, Silent())
    assert [one.translation for one in made] == ["One.", "Two.", "Mine."]


def test_into_the_same_language_nothing_is_asked(
    online: google.GoogleTranslator, page: GooglePage, cache: TranslationCache
) -> None:
    made = translate(segments("One."), online, "en", "en", cache, Silent())
    assert made[0].translation == "One."
    assert page.queries == []


def test_every_segment_keeps_its_place(
    online: google.GoogleTranslator, page: GooglePage, cache: TranslationCache
) -> None:
    given = segments(*(f"Sentence number {n}." for n in range(3 * BATCH + 5)))
    heard = Heard()
    made = translate(given, online, "en", "es", cache, heard)
    assert [replace(one, translation="") for one in made] == list(given)
    assert [one.translation for one in made] == [translated(one.text, "es") for one in given]
    assert heard.fractions == sorted(heard.fractions)
    assert heard.fractions[-1] == 1.0


def test_what_a_person_wrote_is_kept(
    online: google.GoogleTranslator, page: GooglePage, cache: TranslationCache
) -> None:
    given = segments("One.", "Two.", "Three.")
    given = (given[0], replace(given[1], translation="Mi propio dos.", flags=("low_confidence",)), given[2])
    made = translate(given, online, "en", "es", cache, Silent())
    assert made[1] == given[1]
    assert made[0].translation == translated("One.", "es")


def test_nothing_is_asked_twice(online: google.GoogleTranslator, page: GooglePage, cache: TranslationCache) -> None:
    given = segments("One.", "Two.", "Three.", "Four.")
    first = translate(given, online, "en", "es", cache, Silent())
    count = len(page.queries)
    assert translate(given, online, "en", "es", cache, Silent()) == first
    assert len(page.queries) == count
    assert translate(given, online, "en", "fr", cache, Silent())[0].translation == translated("One.", "fr")
    assert len(page.queries) > count


def test_an_edit_asks_for_it_and_its_neighbours_only(
    online: google.GoogleTranslator, page: GooglePage, cache: TranslationCache
) -> None:
    texts = [f"Sentence {n}." for n in range(10)]
    translate(segments(*texts), online, "en", "es", cache, Silent())
    page.asked.clear()
    texts[5] = "Changed."
    made = translate(segments(*texts), online, "en", "es", cache, Silent())
    assert made[5].translation == translated("Changed.", "es")
    # 4 to 6 are new (their context changed), 3 and 7 are shown as context
    assert asked(page) == ["Sentence 3.", "Sentence 4.", "Changed.", "Sentence 6.", "Sentence 7."]


def test_work_that_was_cancelled_goes_on_where_it_was(
    online: google.GoogleTranslator, page: GooglePage, cache: TranslationCache
) -> None:
    given = segments(*(f"Sentence number {n}." for n in range(4 * BATCH)))
    with pytest.raises(Cancelled):
        translate(given, online, "en", "es", cache, Heard(stop_at=0.5))
    before = len(asked(page))
    made = translate(given, online, "en", "es", cache, Silent())
    assert all(one.translation for one in made)
    assert before >= BATCH
    assert len(asked(page)) <= 4 * BATCH + 8  # each once, and the context at the seams


def test_trouble_keeps_what_was_done(
    online: google.GoogleTranslator, page: GooglePage, cache: TranslationCache
) -> None:
    given = segments(*(f"Sentence number {n}." for n in range(2 * BATCH)))
    page.script = [None, *[Reply(500)] * 20]
    with pytest.raises(PipelineError) as caught:
        translate(given, online, "en", "es", cache, Silent())
    assert caught.value.code == "service_failed"
    page.script = []
    page.asked.clear()
    translate(given, online, "en", "es", cache, Silent())
    assert len(asked(page)) <= BATCH + 1


def test_doubt_is_flagged_once_and_taken_back(offline: apertium.ApertiumTranslator, cache: TranslationCache) -> None:
    given = segments("The blorptastic house.", "The house is white.", "")
    given = (replace(given[0], flags=("low_confidence", UNSURE)), replace(given[1], flags=(UNSURE,)), given[2])
    for _ in range(2):  # the second time from the cache
        made = translate(given, offline, "en", "es", cache, Silent())
        assert made[0].flags == ("low_confidence", UNSURE)
        assert made[1].flags == ()
        assert made[1].translation == "La casa es blanca."
        assert made[2] == given[2]


def test_engines_do_not_share_what_they_cached(
    offline: apertium.ApertiumTranslator, online: google.GoogleTranslator, cache: TranslationCache
) -> None:
    given = segments("The house is white.")
    assert translate(given, offline, "en", "es", cache, Silent())[0].translation == "La casa es blanca."
    assert translate(given, online, "en", "es", cache, Silent())[0].translation == translated(given[0].text, "es")


def test_a_glossary_is_kept_to(online: google.GoogleTranslator, page: GooglePage, cache: TranslationCache) -> None:
    given = segments("The train leaves.", "Nothing here.", "Another train.")
    made = translate(given, online, "en", "es", cache, Silent(), parse("train = ferrocarril"))
    assert [one.translation for one in made] == [
        "«es» The ferrocarril leaves.",
        "«es» Nothing here.",
        "«es» Another ferrocarril.",
    ]
    assert not any(one.flags for one in made)


def test_another_glossary_translates_anew_what_it_touches(cache: TranslationCache, offline: Any) -> None:
    given = segments("The train is white.", "The house is old.")
    first = translate(given, offline, "en", "es", cache, Silent())
    asked: list[str] = []

    class Watched:
        name, version, contextual = offline.name, offline.version, offline.contextual

        def translate(self, texts: list[str], *rest: Any) -> Any:
            asked.extend(texts)
            return offline.translate(texts, *rest)

    second = translate(given, Watched(), "en", "es", cache, Silent(), parse("train = ferrocarril"))
    assert asked == [f"The {keep('ferrocarril')} is white."]
    assert second[1] == first[1]
    assert second[0].translation == "El ferrocarril es blanco."
    again = translate(given, Watched(), "en", "es", cache, Silent(), parse("train = ferrocarril\nboat = barca"))
    assert again == second
    assert len(asked) == 1


def test_a_term_that_got_lost_is_flagged(
    online: google.GoogleTranslator, page: GooglePage, cache: TranslationCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    def careless(line: str, target: str) -> str:
        return line.replace("⟦0⟧", "").replace("ferrocarril", "Ferrocarriles")

    monkeypatch.setattr("tests.vocasync.engines.translate.google_page.translated", careless)
    made = translate(segments("The train.", "It."), online, "en", "es", cache, Silent(), parse("train = ferrocarril"))
    assert [one.flags for one in made] == [(UNSURE,), ()]
