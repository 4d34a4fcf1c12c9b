"""Engines, languages and the check, over REST."""

from __future__ import annotations

from typing import Any

import pytest

from tests.dubbing.api.conftest import Person
from vocasync.languages import LANGUAGES
from work.engines import watermark


def test_engines(alice: Person) -> None:
    rows = alice.program.get("/api/engines").json()
    found = {(row["stage"], row["name"]): row for row in rows}
    assert found["tts", "espeak"]["ready"] is True
    assert found["translate", "google"]["ready"] is False  # the tests' settings allow no network
    for row in rows:
        assert bool(row["missing"]) is not row["ready"]
    assert {"en", "es", "fr", "de", "hi", "te", "ta", "ur"} <= set(found["tts", "espeak"]["languages"])


def test_engines_say_what_they_may_be_used_for_and_what_they_cost(alice: Person) -> None:
    rows = {row["name"]: row for row in alice.program.get("/api/engines").json()}
    kept = ("commercial", "weights", "service", "price")
    assert [rows["espeak"][name] for name in kept] == [True, "", "", None]
    assert [rows["xtts"][name] for name in kept] == [False, "xtts-v2", "", None]
    assert [rows["elevenlabs"][name] for name in kept[:3]] == [True, "", "elevenlabs"]
    assert rows["elevenlabs"]["price"].keys() == {"usd", "per", "unit", "of"}
    assert rows["xtts"]["missing"] == "The model “xtts-v2” is not here: run `manage.py models fetch xtts-v2`."


def test_languages(alice: Person) -> None:
    rows = alice.program.get("/api/languages").json()
    assert [row["code"] for row in rows] == list(LANGUAGES)
    assert next(row for row in rows if row["code"] == "ur")["rtl"] is True


def ask(person: Person, method: str, **question: Any) -> dict[str, Any]:
    if method == "GET":
        response = person.program.get("/api/check", question)
    else:
        response = person.program.post("/api/check", question, content_type="application/json")
    assert response.status_code == 200
    body: dict[str, Any] = response.json()
    return body


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_dub_that_can_be_made(alice: Person, method: str) -> None:
    body = ask(alice, method, source="hi", target="te", has_text=True, has_translation=True)
    assert body == {
        "ok": True,
        "engines": {"recognizer": "", "translator": "", "voice": "espeak", "watermark": watermark()},
        "model": None,
        "cost": {"usd": 0, "per_minute": True, "basis": "", "lines": []},
        "code": "",
        "message": "",
        "field": "",
    }


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_dub_that_cannot_be_made_and_the_ways_out(alice: Person, method: str) -> None:
    body = ask(alice, method, source="ta", target="te", has_text=True)
    assert (body["ok"], body["engines"], body["code"]) == (False, None, "pair_unsupported")
    assert body["field"] == "target_language"
    assert "Tamil" in body["message"]
    assert "subtitles in the target language" in body["message"]


@pytest.mark.parametrize(
    ("question", "code"),
    [
        ({"target": "xx", "has_text": True}, "unknown_language"),
        ({"source": "en", "target": "es", "translator": "babelfish", "has_text": True}, "engine_unknown"),
    ],
)
def test_a_question_about_what_is_unknown(alice: Person, question: dict[str, Any], code: str) -> None:
    assert ask(alice, "POST", **question)["code"] == code


def test_a_question_that_is_none(alice: Person) -> None:
    response = alice.program.get("/api/check")
    assert response.status_code == 400
    assert response.json()["fields"] == {"target": ["This field is required."]}
