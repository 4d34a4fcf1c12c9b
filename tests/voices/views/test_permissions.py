"""Every page of the library, every method, seen by Alice, Bob, Charlie, nobody, and another site.

The cases come from the URL configuration: a page without a rule here fails.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client

from tests.people import Person
from tests.permissions import METHODS, views
from tests.voices.shelf import SOUND, Shelf
from voices import files
from voices.models import Actor, EmotionReference, FaceProfile, Preview, VoiceProfile, VoiceSample, VoiceShare
from voices.urls import urlpatterns

NEVER = 405


@dataclass(frozen=True)
class Rule:
    """What Alice gets, whose it is; Bob, with whom the voice is shared; and Charlie."""

    alice: int
    bob: int
    charlie: int
    sent: str = ""
    query: str = ""

    def wanted(self, name: str) -> int:
        status: int = getattr(self, name)
        return status


ALL = Rule(200, 200, 200)
SEEN = Rule(200, 200, 404)
OWN = Rule(200, 404, 404)
CLOSED = Rule(NEVER, NEVER, NEVER)
WENT = Rule(302, 404, 404)
INCOMPLETE = Rule(422, 422, 422)
OWN_INCOMPLETE = Rule(422, 404, 404)

RULES: dict[str, tuple[Rule, Rule]] = {
    "voices/": (ALL, CLOSED),
    "voices/search/": (CLOSED, INCOMPLETE),
    "voices/new/": (ALL, INCOMPLETE),
    "voices/<uuid:voice_id>/": (SEEN, CLOSED),
    "voices/<uuid:voice_id>/edit/": (CLOSED, OWN_INCOMPLETE),
    "voices/<uuid:voice_id>/delete/": (CLOSED, WENT),
    "voices/<uuid:voice_id>/favourite/": (CLOSED, Rule(302, 302, 404)),
    "voices/<uuid:voice_id>/sound/": (SEEN, CLOSED),
    "voices/<uuid:voice_id>/share/": (CLOSED, OWN_INCOMPLETE),
    "voices/<uuid:voice_id>/share/<int:user_id>/remove/": (CLOSED, WENT),
    "voices/<uuid:voice_id>/samples/": (CLOSED, OWN_INCOMPLETE),
    "voices/<uuid:voice_id>/samples/<uuid:sample_id>/": (OWN, Rule(302, 404, 404, sent="transcript=Changed.")),
    "voices/<uuid:voice_id>/samples/<uuid:sample_id>/sound/": (OWN, CLOSED),
    "voices/<uuid:voice_id>/samples/<uuid:sample_id>/delete/": (CLOSED, WENT),
    "voices/<uuid:voice_id>/previews/": (CLOSED, Rule(422, 422, 404)),
    "voices/<uuid:voice_id>/settings/<slug:engine>/": (CLOSED, WENT),
    "voices/<uuid:voice_id>/consent/": (OWN, CLOSED),
    "voices/<uuid:voice_id>/consent/statement/": (CLOSED, OWN_INCOMPLETE),
    "voices/<uuid:voice_id>/consent/withdraw/": (CLOSED, WENT),
    "voices/<uuid:voice_id>/publish/": (OWN, WENT),
    "voices/<uuid:voice_id>/unpublish/": (CLOSED, WENT),
    "reports/new/": (Rule(200, 200, 404, query="?voice={voice_id}"), Rule(422, 422, 404, query="?voice={voice_id}")),
    "decisions/<uuid:decision_id>/": (OWN, CLOSED),
    "decisions/<uuid:decision_id>/appeal/": (CLOSED, OWN_INCOMPLETE),
    "previews/<uuid:preview_id>/": (OWN, CLOSED),
    "previews/<uuid:preview_id>/sound/": (OWN, CLOSED),
    "actors/": (ALL, INCOMPLETE),
    "actors/<uuid:actor_id>/": (OWN, OWN_INCOMPLETE),
    "actors/<uuid:actor_id>/delete/": (CLOSED, WENT),
    "actors/<uuid:actor_id>/merge/": (CLOSED, WENT),
    "actors/<uuid:actor_id>/appearances/<int:appearance_id>/forget/": (CLOSED, WENT),
    "faces/": (ALL, INCOMPLETE),
    "faces/<uuid:face_id>/": (OWN, OWN_INCOMPLETE),
    "faces/<uuid:face_id>/card/": (OWN, CLOSED),
    "faces/<uuid:face_id>/picture/": (OWN, CLOSED),
    "faces/<uuid:face_id>/choose/": (CLOSED, WENT),
    "faces/<uuid:face_id>/statement/": (CLOSED, OWN_INCOMPLETE),
    "faces/<uuid:face_id>/withdraw/": (CLOSED, WENT),
    "faces/<uuid:face_id>/delete/": (CLOSED, WENT),
    "emotions/": (ALL, INCOMPLETE),
    "emotions/<uuid:emotion_id>/": (OWN, CLOSED),
    "emotions/<uuid:emotion_id>/sound/": (OWN, CLOSED),
    "emotions/<uuid:emotion_id>/try/": (Rule(302, 404, 404, query="?voice={voice_id}"), CLOSED),
    "emotions/<uuid:emotion_id>/delete/": (CLOSED, WENT),
}
"""By address: what a GET gets, and a POST that is not filled in."""

PEOPLE = ("alice", "bob", "charlie")


def pages() -> list[str]:
    """The addresses of the library that are pages."""
    return list(views(urlpatterns))


def address(route: str, rule: Rule, shelf: Shelf, people: dict[str, Person]) -> str:
    """With the ids of the shelf in the place of its parameters."""
    values = {**shelf.ids, "user_id": people["bob"].user.pk, "engine": "espeak", "appearance_id": shelf.appearance.pk}
    filled = re.sub(r"<\w+:(\w+)>", lambda found: str(values[found[1]]), route)
    return f"/{filled}{rule.query.format(**values)}"


def ask(client: Client, method: str, where: str, sent: str = "") -> Any:
    """The answer, its body read to the end."""
    response = client.generic(method, where, sent, "application/x-www-form-urlencoded")
    if response.streaming:
        b"".join(response)  # type: ignore[arg-type]
    return response


def state(shelf: Shelf) -> tuple[Any, ...]:
    """What somebody else must not change."""
    return (
        VoiceProfile.objects.filter(pk=shelf.voice.pk).values_list("name", "consent", "is_public").first(),
        VoiceSample.objects.filter(pk=shelf.sample.pk).values_list("transcript", "wanted").first(),
        EmotionReference.objects.filter(pk=shelf.emotion.pk).exists(),
        FaceProfile.objects.filter(pk=shelf.face.pk).values_list("name", "consent").first(),
        Preview.objects.filter(pk=shelf.preview.pk).exists(),
        VoiceShare.objects.filter(voice=shelf.voice).count(),
        Actor.objects.filter(pk=shelf.actor.pk).values_list("name", "seconds").first(),
        files.sample_sound(shelf.sample).read_bytes() == SOUND,
    )


def test_every_page_has_a_rule() -> None:
    assert set(pages()) == set(RULES)


@pytest.mark.parametrize("name", PEOPLE)
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("route", list(RULES))
def test_who_gets_what(route: str, method: str, name: str, shelf: Shelf, people: dict[str, Person]) -> None:
    read, write = RULES[route]
    rule = {"GET": read, "HEAD": read, "POST": write}.get(method, CLOSED)
    before = state(shelf)
    response = ask(
        people[name].browser, method, address(route, rule, shelf, people), rule.sent if method == "POST" else ""
    )
    assert response.status_code == rule.wanted(name)
    if name != "alice" or method != "POST":
        assert state(shelf) == before


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("route", list(RULES))
def test_nobody_is_asked_to_sign_in(route: str, method: str, shelf: Shelf, people: dict[str, Person]) -> None:
    before = state(shelf)
    response = ask(Client(), method, address(route, RULES[route][0], shelf, people))
    assert response.status_code == 302
    assert response.headers["Location"].startswith("/accounts/login/")
    assert state(shelf) == before


@pytest.mark.parametrize("route", [route for route, (_, write) in RULES.items() if write is not CLOSED])
def test_another_site_cannot_write_with_alices_session(route: str, shelf: Shelf, people: dict[str, Person]) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(people["alice"].user)
    before = state(shelf)
    assert ask(strict, "POST", address(route, RULES[route][1], shelf, people)).status_code == 403
    assert state(shelf) == before


def test_a_public_voice_is_for_everybody_to_see_but_not_its_samples(shelf: Shelf, people: dict[str, Person]) -> None:
    VoiceProfile.objects.filter(pk=shelf.voice.pk).update(is_public=True)
    ids = shelf.ids
    seen = {where: ask(people["charlie"].browser, "GET", where).status_code for where in (
        f"/voices/{ids['voice_id']}/",
        f"/voices/{ids['voice_id']}/sound/",
        f"/voices/{ids['voice_id']}/samples/{ids['sample_id']}/",
        f"/voices/{ids['voice_id']}/samples/{ids['sample_id']}/sound/",
        f"/voices/{ids['voice_id']}/consent/",
    )}  # fmt: skip
    assert list(seen.values()) == [200, 200, 404, 404, 404]


@pytest.mark.parametrize("consent", ["none", "pending", "refused", "withdrawn"])
def test_a_shared_voice_is_gone_when_its_consent_is(consent: str, shelf: Shelf, people: dict[str, Person]) -> None:
    VoiceProfile.objects.filter(pk=shelf.voice.pk).update(consent=consent)
    for where in (f"/voices/{shelf.voice.pk}/", f"/voices/{shelf.voice.pk}/sound/"):
        assert ask(people["bob"].browser, "GET", where).status_code == 404
        assert ask(people["alice"].browser, "GET", where).status_code == 200
