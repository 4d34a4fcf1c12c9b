"""Live sessions over REST: of their owner alone, whatever they are called."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from django.test import Client

from live import services
from live.models import LiveSession
from tests.people import Person, program_of

NUMBERS = {
    "delays": {"total": {"count": 4, "p50": 0.3, "p95": 0.5, "p99": 0.6}},
    "heard_seconds": 9.6,
    "errors": {"chunks_lost": 1},
}


def opened(person: Person, session_id: str = "session-one", **fields: Any) -> LiveSession:
    session = services.session_open(owner=person.user, session_id=session_id, connection_id="connection-1")
    LiveSession.objects.filter(pk=session.pk).update(**fields)
    session.refresh_from_db()
    return session


def test_state_speakers_and_statistics(alice: Person) -> None:
    speaker = {"number": 0, "name": "Ann", "voice": "own", "seconds": 4.2, "similarity": 0.9}
    opened(alice, state="running", numbers=NUMBERS, speakers=[speaker], engines={"asr": "pocketsphinx"}, clauses=4)
    body = alice.program.get("/api/sessions/session-one").json()
    assert (body["session_id"], body["state"], body["clauses"]) == ("session-one", "running", 4)
    assert (body["numbers"], body["speakers"]) == (NUMBERS, [speaker])
    assert (body["engines"], body["error_code"], body["ended_at"]) == ({"asr": "pocketsphinx"}, "", None)
    assert "worker" not in body


def test_one_that_was_not_begun_has_no_numbers(alice: Person) -> None:
    opened(alice)
    body = alice.program.get("/api/sessions/session-one").json()
    assert (body["state"], body["numbers"], body["speakers"]) == ("waiting", {}, [])


def test_sessions_of_others_are_not_there(alice: Person, bob: Person, charlie: Person) -> None:
    opened(alice)
    mine = opened(bob, target_language="fr")
    assert bob.browser.get("/api/sessions/session-one").json()["target_language"] == "fr"  # not hers of that name
    opened(alice, "session-two")
    for person in (bob, charlie):
        for method in ("get", "delete"):
            assert getattr(person.browser, method)("/api/sessions/session-two").status_code == 404
    assert [person.browser.get("/api/sessions").json()["count"] for person in (alice, bob, charlie)] == [2, 1, 0]
    mine.refresh_from_db()
    assert LiveSession.objects.filter(ended_at=None).count() == 3


def test_they_are_listed_in_pages_newest_first(alice: Person) -> None:
    for name in ("session-one", "session-two", "session-six"):
        opened(alice, name)
    page = alice.program.get("/api/sessions?limit=2").json()
    assert ([row["session_id"] for row in page["results"]], page["count"]) == (["session-six", "session-two"], 3)
    services.session_stop(session=LiveSession.objects.get(session_id="session-two"))
    stopped = alice.program.get("/api/sessions?state=stopped").json()["results"]
    assert [row["session_id"] for row in stopped] == ["session-two"]


def test_one_is_stopped(alice: Person) -> None:
    session = opened(alice, state="running")
    for _ in range(2):  # twice is as good as once
        assert alice.program.delete("/api/sessions/session-one").status_code == 204
    session.refresh_from_db()
    assert session.state == "stopped"
    assert session.ended_at is not None


@pytest.mark.parametrize(
    ("scopes", "looks", "stops"), [(["read"], 200, 403), (["live"], 403, 204), (["jobs"], 403, 403)]
)
def test_keys_open_what_they_name(alice: Person, scopes: list[str], looks: int, stops: int) -> None:
    opened(alice)
    program = program_of(alice, scopes)
    assert [program.get(path).status_code for path in ("/api/sessions", "/api/sessions/session-one")] == [looks, looks]
    assert program.delete("/api/sessions/session-one").status_code == stops


def test_nobody_sees_any(alice: Person) -> None:
    opened(alice)
    assert [Client().get(path).status_code for path in ("/api/sessions", "/api/sessions/session-one")] == [401, 401]


def test_the_protocol_is_there_for_everybody(client: Client) -> None:
    answer = client.get("/api/live/schema")
    assert answer["Content-Type"] == "application/yaml"
    assert yaml.safe_load(answer.getvalue())["asyncapi"] == "3.0.0"
