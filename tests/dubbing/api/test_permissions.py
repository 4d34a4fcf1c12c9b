"""Every address of the REST interface, every method, seen by Alice, Bob, Charlie and nobody.

The cases come from the URL configuration: an address or a method without a rule here fails.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client

from accounts.models import ApiKey
from dubbing import files
from dubbing.api.urls import urlpatterns
from dubbing.models import Batch, Job
from tests.people import Person
from tests.permissions import METHODS, filled, methods_of, routes, status_of, views
from voices.files import speech_sound
from voices.models import Utterance


@dataclass(frozen=True)
class Rule:
    """What the owner gets, and a stranger (somebody signed in whom the thing does not belong to)."""

    owner: int
    stranger: int
    data: dict[str, Any] | None = None
    key: int | None = None
    """What the owner gets with an API key, where that differs."""
    viewer: int | None = None
    """What somebody gets with whom the result is shared, where that is not what a stranger gets."""


OPEN = Rule(200, 200)
SHARED = Rule(200, 404, viewer=200)
CLOSED = Rule(405, 405)
NOT_NOW = Rule(409, 404)

RULES: dict[str, dict[str, Rule]] = {
    "jobs": {"GET": OPEN},
    "jobs/dubbing": {"POST": Rule(400, 400)},
    "jobs/conversion": {"POST": Rule(400, 400)},
    "jobs/portrait": {"POST": Rule(400, 400)},
    "jobs/<uuid:job_id>": {"GET": SHARED, "DELETE": Rule(204, 404)},
    "jobs/<uuid:job_id>/cancel": {"POST": NOT_NOW},
    "jobs/<uuid:job_id>/retry": {"POST": NOT_NOW},
    "jobs/<uuid:job_id>/approve": {"POST": NOT_NOW},
    "jobs/<uuid:job_id>/rerun": {"POST": Rule(400, 404)},
    "jobs/<uuid:job_id>/events": {"GET": SHARED},
    "jobs/<uuid:job_id>/source": {"GET": SHARED},
    "jobs/<uuid:job_id>/segments": {"GET": SHARED},
    "jobs/<uuid:job_id>/segments/<int:index>": {"GET": SHARED, "PATCH": Rule(200, 404, {"text": "Good day."})},
    "jobs/<uuid:job_id>/artifacts": {"GET": SHARED},
    "jobs/<uuid:job_id>/artifacts/<str:path>": {"GET": SHARED},
    "jobs/<uuid:job_id>/share": {"GET": Rule(200, 404), "POST": Rule(422, 404, {"name": "nobody"})},
    "jobs/<uuid:job_id>/share/<str:username>": {"DELETE": Rule(204, 404)},
    "jobs/<uuid:job_id>/voice": {"PUT": Rule(400, 404, {"voice": None})},
    "jobs/<uuid:job_id>/speakers/merge": {"POST": Rule(200, 404, {"into": 0, "others": [1]})},
    "jobs/<uuid:job_id>/speakers/split": {"POST": Rule(200, 404, {"speaker": 0, "segments": [1]})},
    "jobs/<uuid:job_id>/speakers/recount": {"POST": Rule(200, 404, {"count": 2})},
    "batches": {"GET": OPEN, "POST": Rule(400, 400)},
    "batches/<uuid:batch_id>": {"GET": Rule(200, 404)},
    "batches/<uuid:batch_id>/archive": {"GET": Rule(200, 404)},
    "speech": {"GET": OPEN, "POST": Rule(202, 202, {"text": "Hello."})},
    "speech/<uuid:utterance_id>": {"GET": Rule(200, 404), "DELETE": Rule(204, 404)},
    "speech/<uuid:utterance_id>/audio": {"GET": Rule(200, 404)},
    "speech/<uuid:utterance_id>/stream": {"GET": Rule(200, 404)},
    "speakers": {"GET": OPEN},
    "speakers/<int:speaker_id>": {"GET": SHARED, "PATCH": Rule(200, 404, {"name": "Mine"})},
    "speakers/<int:speaker_id>/library": {"POST": Rule(202, 404, {"name": "Mine", "whose": "own"})},
    "engines": {"GET": OPEN},
    "languages": {"GET": OPEN},
    "check": {"GET": Rule(400, 400), "POST": Rule(400, 400)},
    "check/portrait": {"GET": OPEN},
    "keys": {"GET": OPEN, "POST": Rule(201, 201, {"name": "another"}, key=403)},
    "keys/<int:key_id>": {"DELETE": Rule(204, 404, key=403)},
    "me": {"GET": OPEN},
    "verify": {"GET": Rule(400, 400), "POST": Rule(400, 400)},
}


FOR_ALL = {"verify"}
"""Addresses that need no account."""


def rule(route: str, method: str) -> Rule:
    # Whoever writes to keys with a key is refused for that, before it matters whether the method exists.
    closed = Rule(405, 405, key=403) if route.startswith("keys") and method not in ("GET", "HEAD") else CLOSED
    return RULES[route].get("GET" if method == "HEAD" else method, closed)


def ask(client: Client, route: str, method: str, job: Job, owner: Person) -> int:
    values = {"job_id": job.pk, "index": 0, "path": "voice.wav", "key_id": owner.key.pk, "username": "bob"}
    values["speaker_id"] = job.speakers.get(number=0).pk
    values["batch_id"] = Batch.objects.get_or_create(owner=job.owner, title="Several")[0].pk
    values["utterance_id"] = spoken(owner).pk
    data = rule(route, method).data if method in ("POST", "PUT", "PATCH") else None
    forms = ("jobs/dubbing", "jobs/conversion")
    kind = "application/json" if route not in forms else "multipart/form-data; boundary=x"
    return status_of(client, method, filled(route, values), data, kind)


def spoken(owner: Person) -> Utterance:
    """A text that was spoken while somebody listened."""
    row, made = Utterance.objects.get_or_create(
        owner=owner.user, text="Good day.", language="en", engine="espeak", live=True, seconds=1.0
    )
    if made:
        speech_sound(row.pk).parent.mkdir(parents=True)
        speech_sound(row.pk).write_bytes(b"RIFF")
    return row


VIEWS = views(urlpatterns)
CASES = [(route, method) for route in routes(urlpatterns) for method in METHODS]
cases = pytest.mark.parametrize(("route", "method"), CASES, ids=[f"{method} {route}" for route, method in CASES])


def test_every_route_has_a_rule() -> None:
    assert set(routes(urlpatterns)) - set(RULES) == set(), "say who may do what there"
    assert set(RULES) - set(routes(urlpatterns)) == set(), "a rule without an address"


@pytest.mark.parametrize("route", routes(urlpatterns))
def test_every_method_has_a_rule(route: str) -> None:
    assert methods_of(VIEWS[route]) == set(RULES[route])


def test_every_address_works_with_a_slash_at_its_end() -> None:
    found = VIEWS
    assert {route.rstrip("/") for route in found} == set(routes(urlpatterns))
    for route in routes(urlpatterns):
        assert found[f"{route}/"] is found[route]


@cases
def test_alice_owns_it(route: str, method: str, alice: Person, dub: Job) -> None:
    assert ask(alice.browser, route, method, dub, alice) == rule(route, method).owner


@cases
def test_alices_key_does_what_she_may_do_but_make_keys(route: str, method: str, alice: Person, dub: Job) -> None:
    expected = rule(route, method)
    assert ask(alice.program, route, method, dub, alice) == (expected.key or expected.owner)


@cases
def test_bob_whom_it_is_shared_with_looks_and_changes_nothing(
    route: str, method: str, alice: Person, bob: Person, dub: Job
) -> None:
    expected = rule(route, method)
    assert ask(bob.browser, route, method, dub, alice) == (expected.viewer or expected.stranger)
    assert unharmed(dub, alice)


@cases
def test_charlie_sees_nothing_of_it(route: str, method: str, alice: Person, charlie: Person, dub: Job) -> None:
    assert ask(charlie.browser, route, method, dub, alice) == rule(route, method).stranger
    assert unharmed(dub, alice)


def unharmed(job: Job, owner: Person) -> bool:
    job.refresh_from_db()
    return (
        job.status == Job.Status.SUCCEEDED
        and job.segments.get(index=0).text == "Hello."
        and sorted(str(row) for row in job.speakers.all()) == ["Speaker 1", "Speaker 2"]
        and [share.user.username for share in job.shares.all()] == ["bob"]
        and files.job_root(job.pk).exists()
        and ApiKey.objects.get(pk=owner.key.pk).revoked_at is None
    )


@cases
def test_nobody_gets_in(route: str, method: str, alice: Person, dub: Job) -> None:
    wrong = Client(headers={"Authorization": "Bearer voca_nothing_atall"})
    assert ask(Client(), route, method, dub, alice) == (rule(route, method).owner if route in FOR_ALL else 401)
    assert ask(wrong, route, method, dub, alice) == 401
    assert Job.objects.filter(pk=dub.pk).exists()


@cases
def test_another_site_cannot_write_with_alices_session(route: str, method: str, alice: Person, dub: Job) -> None:
    if method in ("GET", "HEAD"):
        return
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(alice.user)
    assert ask(strict, route, method, dub, alice) == 403
    assert Job.objects.filter(pk=dub.pk).exists()


def test_lists_hold_only_ones_own(alice: Person, bob: Person, charlie: Person, dub: Job) -> None:
    def titles(person: Person, query: str = "") -> list[str]:
        return [row["title"] for row in person.browser.get(f"/api/jobs{query}").json()["results"]]

    def keys(person: Person) -> list[int]:
        return [row["id"] for row in person.browser.get("/api/keys").json()["results"]]

    assert (titles(alice), titles(bob), titles(charlie)) == ([dub.title], ["Bob's own"], [])
    assert [titles(bob, f"?whose={whose}") for whose in ("mine", "shared", "all")] == [
        ["Bob's own"],
        [dub.title],
        [dub.title, "Bob's own"],
    ]
    assert bob.browser.get("/api/jobs?whose=everybody").status_code == 400
    assert (keys(alice), keys(bob)) == ([alice.key.pk], [bob.key.pk])
