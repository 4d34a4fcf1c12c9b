"""Every address of the library's REST interface, every method, seen by Alice, Bob, Charlie and nobody.

The cases come from the URL configuration: an address or a method without a rule here fails.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client

from tests.people import Person, program_of
from tests.permissions import METHODS, READS, filled, methods_of, routes, status_of, views
from tests.voices.shelf import Shelf
from voices import files
from voices.api.urls import urlpatterns
from voices.models import Actor, EmotionReference, FaceProfile, Preview, VoiceProfile, VoiceSample, VoiceShare


@dataclass(frozen=True)
class Rule:
    """What Alice gets, whose it is; Bob, with whom the voice is shared; and Charlie."""

    alice: int
    bob: int
    charlie: int
    data: Any = None
    form: bool = False
    """Sent as a form (an empty one: what is wanted is a file)."""


ALL = Rule(200, 200, 200)
SEEN = Rule(200, 200, 404)
OWN = Rule(200, 404, 404)
GONE = Rule(204, 404, 404)
CLOSED = Rule(405, 405, 405)
A_LINE = {"text": "Hello.", "language": "en", "engine": "espeak"}


def form(alice: int, bob: int, charlie: int) -> Rule:
    """An upload without its file: 400 for whoever may send one."""
    return Rule(alice, bob, charlie, form=True)


RULES: dict[str, dict[str, Rule]] = {
    "voices": {"GET": ALL, "POST": Rule(201, 201, 201, {"name": "New", "whose": "own"})},
    "voices/search-by-sound": {"POST": form(400, 400, 400)},
    "voices/<uuid:voice_id>": {
        "GET": SEEN,
        "PATCH": Rule(200, 404, 404, {"description": "Changed."}),
        "DELETE": GONE,
    },
    "voices/<uuid:voice_id>/audio": {"GET": SEEN},
    "voices/<uuid:voice_id>/samples": {"GET": OWN, "POST": form(400, 404, 404)},
    "voices/<uuid:voice_id>/samples/<uuid:sample_id>": {
        "GET": OWN,
        "PATCH": Rule(200, 404, 404, {"transcript": "Changed."}),
        "DELETE": GONE,
    },
    "voices/<uuid:voice_id>/samples/<uuid:sample_id>/audio": {"GET": OWN},
    "voices/<uuid:voice_id>/preview": {"POST": Rule(201, 201, 404, A_LINE)},
    "voices/<uuid:voice_id>/similar": {"GET": SEEN},
    "voices/<uuid:voice_id>/share": {"GET": OWN, "POST": Rule(201, 404, 404, {"name": "charlie"})},
    "voices/<uuid:voice_id>/share/<str:username>": {"DELETE": Rule(204, 204, 404)},
    "voices/<uuid:voice_id>/favourite": {"PUT": SEEN, "DELETE": SEEN},
    "voices/<uuid:voice_id>/settings/<slug:engine>": {"GET": SEEN, "PUT": Rule(200, 404, 404, {"values": {}})},
    "voices/<uuid:voice_id>/consent": {"GET": OWN, "POST": Rule(409, 404, 404)},
    "voices/<uuid:voice_id>/consent/<uuid:attempt_id>": {"GET": OWN, "POST": form(400, 404, 404)},
    "voices/<uuid:voice_id>/statement": {"POST": form(400, 404, 404)},
    "voices/<uuid:voice_id>/withdraw": {"POST": Rule(204, 404, 404, {})},
    "voices/<uuid:voice_id>/publish": {"POST": Rule(201, 404, 404, {}), "DELETE": GONE},
    "previews": {"GET": ALL},
    "previews/<uuid:preview_id>": {"GET": OWN},
    "previews/<uuid:preview_id>/audio": {"GET": OWN},
    "emotions": {"GET": ALL, "POST": form(400, 400, 400)},
    "emotions/<uuid:emotion_id>": {"GET": OWN, "PATCH": Rule(200, 404, 404, {"label": "sad"}), "DELETE": GONE},
    "emotions/<uuid:emotion_id>/audio": {"GET": OWN},
    "faces": {"GET": ALL, "POST": form(400, 400, 400)},
    "faces/<uuid:face_id>": {"GET": OWN, "PATCH": Rule(200, 404, 404, {"name": "Changed"}), "DELETE": GONE},
    "faces/<uuid:face_id>/choose": {"POST": Rule(200, 404, 404, {"number": 0})},
    "faces/<uuid:face_id>/picture": {"GET": OWN},
    "faces/<uuid:face_id>/statement": {"POST": form(400, 404, 404)},
    "faces/<uuid:face_id>/withdraw": {"POST": Rule(204, 404, 404, {})},
    "errands/<uuid:errand_id>": {"GET": OWN},
    "actors": {"GET": ALL, "POST": Rule(201, 201, 201, {"name": "Berta"})},
    "actors/<uuid:actor_id>": {"GET": OWN, "PATCH": Rule(200, 404, 404, {"name": "Changed"}), "DELETE": GONE},
    "actors/<uuid:actor_id>/appearances": {"GET": OWN},
    "actors/<uuid:actor_id>/merge": {"POST": Rule(400, 404, 404, {"others": []})},
    "reports": {"GET": ALL, "POST": Rule(400, 400, 400, {})},
    "decisions": {"GET": ALL},
    "decisions/<uuid:decision_id>/appeal": {"POST": Rule(201, 404, 404, {"text": "Please look again."})},
}


def rule(route: str, method: str) -> Rule:
    return RULES[route].get("GET" if method == "HEAD" else method, CLOSED)


def ask(client: Client, route: str, method: str, shelf: Shelf) -> int:
    asked = rule(route, method)
    address = filled(route, {**shelf.ids, "username": "bob", "engine": "espeak"})
    kind = "multipart/form-data; boundary=x" if asked.form else "application/json"
    return status_of(client, method, address, asked.data, kind)


VIEWS = views(urlpatterns)
ROUTES = routes(urlpatterns)
CASES = [(route, method) for route in ROUTES for method in METHODS if rule(route, method) is not CLOSED]
cases = pytest.mark.parametrize(("route", "method"), CASES, ids=[f"{method} {route}" for route, method in CASES])
each_route = pytest.mark.parametrize("route", ROUTES)
"""For whoever changes nothing: all methods in one test."""


def untouched(shelf: Shelf) -> bool:
    """Nothing of Alice's was changed or deleted."""
    voice = VoiceProfile.objects.get(pk=shelf.voice.pk)
    emotion = EmotionReference.objects.get(pk=shelf.emotion.pk)
    return (
        (voice.description, voice.consent, voice.is_public) == ("", "verified", False)
        and VoiceSample.objects.get(pk=shelf.sample.pk).transcript == ""
        and emotion.label == "happy"
        and Actor.objects.filter(name__in=["Anna", "Ann"]).count() == 2
        and Preview.objects.filter(pk=shelf.preview.pk).exists()
        and files.sample_sound(shelf.sample).is_file()
        and FaceProfile.objects.filter(pk=shelf.face.pk, name="Passport", consent="none").exists()
        and files.face_picture(shelf.face.pk).is_file()
    )


def test_every_route_has_a_rule() -> None:
    assert set(ROUTES) - set(RULES) == set(), "say who may do what there"
    assert set(RULES) - set(ROUTES) == set(), "a rule without an address"


@each_route
def test_every_method_has_a_rule(route: str) -> None:
    assert methods_of(VIEWS[route]) == set(RULES[route])


def test_every_address_works_with_a_slash_at_its_end() -> None:
    assert {route.rstrip("/") for route in VIEWS} == set(ROUTES)
    for route in ROUTES:
        assert VIEWS[f"{route}/"] is VIEWS[route]


@cases
def test_alice_owns_it(route: str, method: str, alice: Person, charlie: Person, shelf: Shelf) -> None:
    assert ask(alice.browser, route, method, shelf) == rule(route, method).alice


@cases
def test_a_key_for_everything_does_what_its_owner_may_do(
    route: str, method: str, alice: Person, charlie: Person, shelf: Shelf
) -> None:
    assert ask(alice.program, route, method, shelf) == rule(route, method).alice


@each_route
def test_what_is_closed_is_closed_to_alice_too(route: str, alice: Person, shelf: Shelf) -> None:
    for method in METHODS:
        if rule(route, method) is CLOSED:
            assert ask(alice.browser, route, method, shelf) == 405
    assert untouched(shelf)


@each_route
def test_bob_has_the_voice_shared_with_him(route: str, bob: Person, charlie: Person, shelf: Shelf) -> None:
    for method in METHODS:
        assert ask(bob.browser, route, method, shelf) == rule(route, method).bob, method
    assert untouched(shelf)


@each_route
def test_charlie_sees_nothing_of_it(route: str, charlie: Person, shelf: Shelf) -> None:
    for method in METHODS:
        assert ask(charlie.browser, route, method, shelf) == rule(route, method).charlie, method
    assert untouched(shelf)
    assert VoiceShare.objects.filter(voice=shelf.voice).count() == 1


@each_route
def test_a_key_that_reads_does_not_write(route: str, alice: Person, shelf: Shelf) -> None:
    program = program_of(alice, ["read"])
    for method in METHODS:
        expected = rule(route, method)
        writes = method not in READS and expected is not CLOSED
        assert ask(program, route, method, shelf) == (403 if writes else expected.alice), method
    assert untouched(shelf)


@each_route
def test_a_key_for_jobs_opens_nothing_here(route: str, alice: Person, shelf: Shelf) -> None:
    program = program_of(alice, ["jobs"])
    for method in METHODS:
        expected = rule(route, method)
        assert ask(program, route, method, shelf) == (expected.alice if expected is CLOSED else 403), method
    assert untouched(shelf)


@each_route
def test_nobody_gets_in(route: str, shelf: Shelf) -> None:
    wrong = Client(headers={"Authorization": "Bearer voca_nothing_atall"})
    for method in METHODS:
        assert [ask(client, route, method, shelf) for client in (Client(), wrong)] == [401, 401], method
    assert untouched(shelf)


@each_route
def test_another_site_cannot_write_with_alices_session(route: str, alice: Person, shelf: Shelf) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(alice.user)
    for method in METHODS:
        if method not in READS:
            assert ask(strict, route, method, shelf) == 403, method
    assert untouched(shelf)


HIDING: dict[str, dict[str, Any]] = {
    "taken down": {"taken_down_at": "2026-01-01T00:00Z"},
    "withdrawn": {"consent": "withdrawn"},
    "not verified any more": {"consent": "none"},
}


@pytest.mark.parametrize("fields", HIDING.values(), ids=HIDING)
def test_what_ended_is_hidden_from_all_but_its_owner(
    fields: dict[str, Any], alice: Person, bob: Person, charlie: Person, shelf: Shelf
) -> None:
    VoiceProfile.objects.filter(pk=shelf.voice.pk).update(is_public=True)
    assert [person.browser.get(f"/api/voices/{shelf.voice.pk}").status_code for person in (alice, bob, charlie)] == [
        200,
        200,
        200,
    ]
    VoiceProfile.objects.filter(pk=shelf.voice.pk).update(**fields)
    for route, methods in RULES.items():
        for method in methods:
            if "<uuid:voice_id>" in route:
                assert ask(bob.browser, route, method, shelf) == 404, (method, route)
                assert ask(charlie.browser, route, method, shelf) == 404, (method, route)
    assert alice.browser.get(f"/api/voices/{shelf.voice.pk}").status_code == 200
    assert bob.browser.get("/api/voices").json()["results"] == []


def test_a_suspended_owners_voices_are_hidden(bob: Person, charlie: Person, shelf: Shelf) -> None:
    VoiceProfile.objects.filter(pk=shelf.voice.pk).update(is_public=True)
    owner = shelf.voice.owner
    owner.suspended_at = owner.date_joined
    owner.save()
    for person in (bob, charlie):
        assert person.browser.get(f"/api/voices/{shelf.voice.pk}").status_code == 404
        assert person.browser.get("/api/voices").json()["count"] == 0


def test_a_public_voice_is_for_everybody_but_its_samples(charlie: Person, shelf: Shelf) -> None:
    VoiceProfile.objects.filter(pk=shelf.voice.pk).update(is_public=True)
    address = f"/api/voices/{shelf.voice.pk}"
    assert charlie.browser.get(address).json()["mine"] is False
    for path in ("samples", f"samples/{shelf.sample.pk}", f"samples/{shelf.sample.pk}/audio", "share", "consent"):
        assert charlie.browser.get(f"{address}/{path}").status_code == 404, path


def test_lists_hold_only_ones_own(alice: Person, bob: Person, charlie: Person, shelf: Shelf) -> None:
    def counts(path: str) -> list[int]:
        return [person.browser.get(f"/api/{path}").json()["count"] for person in (alice, bob, charlie)]

    assert counts("voices") == [1, 1, 0]
    for path in ("previews", "emotions", "decisions"):
        assert counts(path) == [1, 0, 0]
    assert counts("actors") == [2, 0, 0]
