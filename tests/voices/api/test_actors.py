"""Actors over REST. Who may do what at all is in test_permissions."""

from __future__ import annotations

import json
import uuid
from typing import Any

import numpy as np
import pytest
from django.test import Client

from accounts.models import User
from tests.people import Person
from voices import actors
from voices.models import Actor, VoiceProfile

pytestmark = pytest.mark.django_db


@pytest.fixture
def as_alice(alice: Person) -> Client:
    return alice.browser


def voice(owner: User, **fields: Any) -> VoiceProfile:
    return VoiceProfile.objects.create(owner=owner, name="Deep", whose="own", **fields)


def send(client: Client, method: str, path: str, data: dict[str, Any]) -> Any:
    return client.generic(method, f"/api/actors{path}", json.dumps(data), "application/json")


def appear(actor: Actor, axis: int) -> None:
    one = np.zeros(256, np.float32)
    one[axis] = 1
    actors.appearance_record(
        actor=actor,
        job_id=uuid.uuid4(),
        job_title=f"Talk {axis}",
        speaker=0,
        seconds=10.0,
        embedding=one,
        style={"pace": 4.0 + axis},
    )


def test_made_read_changed_and_deleted(alice: Person, as_alice: Client) -> None:
    mine = voice(alice.user)
    made = send(as_alice, "POST", "", {"name": "Anna", "voice": str(mine.pk)})
    assert made.status_code == 201
    body = made.json()
    assert (body["name"], body["voice"], body["appearances"], body["style"]) == ("Anna", str(mine.pk), 0, {})
    appear(Actor.objects.get(), 0)
    address = f"/{body['id']}"
    read = as_alice.get(f"/api/actors{address}").json()
    assert (read["appearances"], read["style"], read["seconds"]) == (1, {"pace": 4.0}, 10.0)
    changed = send(as_alice, "PATCH", address, {"voice": None, "notes": "Tall."}).json()
    assert (changed["voice"], changed["notes"], changed["name"]) == (None, "Tall.", "Anna")
    assert as_alice.delete(f"/api/actors{address}").status_code == 204
    assert not Actor.objects.exists()


def test_appearances_come_newest_first(alice: Person, as_alice: Client) -> None:
    anna = actors.actor_create(owner=alice.user, name="Anna")
    for axis in range(3):
        appear(anna, axis)
    rows = as_alice.get(f"/api/actors/{anna.pk}/appearances?limit=2").json()
    assert rows["count"] == 3
    assert [row["job_title"] for row in rows["results"]] == ["Talk 2", "Talk 1"]
    assert rows["results"][0]["similarity"] == pytest.approx(0.0, abs=1e-6)
    assert rows["results"][0]["job_gone"] is False


def test_lists_are_narrowed_and_ordered(alice: Person, as_alice: Client) -> None:
    for name, count in (("Anna", 1), ("Ben", 2), ("Hannah", 0)):
        actor = actors.actor_create(owner=alice.user, name=name)
        for axis in range(count):
            appear(actor, axis)

    def names(query: str = "") -> list[str]:
        return [row["name"] for row in as_alice.get(f"/api/actors{query}").json()["results"]]

    assert names() == ["Anna", "Ben", "Hannah"]
    assert names("?search=ANNA") == ["Anna", "Hannah"]
    assert names("?order=-appearances") == ["Ben", "Anna", "Hannah"]


def test_what_cannot_be_is_refused_by_field(alice: Person, bob: Person, as_alice: Client) -> None:
    actors.actor_create(owner=alice.user, name="Anna")
    theirs = voice(bob.user, consent="verified")
    for sent, field in (
        ({"name": "anna"}, "name"),
        ({}, "name"),
        ({"name": "Ben", "voice": str(theirs.pk)}, "voice"),
        ({"name": "Ben", "voice": str(voice(alice.user, consent="withdrawn").pk)}, "voice"),
    ):
        refused = send(as_alice, "POST", "", sent)
        assert refused.status_code == 400
        assert field in refused.json()["fields"]
    assert Actor.objects.count() == 1


def test_merging_takes_ones_own_actors_alone(alice: Person, bob: Person, as_alice: Client) -> None:
    anna, annie = (actors.actor_create(owner=alice.user, name=name) for name in ("Anna", "Annie"))
    foreign = actors.actor_create(owner=bob.user, name="Ben")
    appear(annie, 1)
    for others in ([], [str(foreign.pk)], [str(annie.pk), str(foreign.pk)], [str(anna.pk)]):
        assert send(as_alice, "POST", f"/{anna.pk}/merge", {"others": others}).status_code == 400
    assert Actor.objects.count() == 3
    merged = send(as_alice, "POST", f"/{anna.pk}/merge", {"others": [str(annie.pk)]})
    assert (merged.status_code, merged.json()["appearances"]) == (200, 1)
    assert set(Actor.objects.all()) == {anna, foreign}
