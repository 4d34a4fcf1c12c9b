"""Pages of actors."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from tests.voices.rows import vector, verified_voice
from tests.voices.views.pages import browser, html
from voices import actors
from voices.models import Actor
from voices.views.actors import charts

pytestmark = pytest.mark.django_db


@pytest.fixture
def as_alice(alice: User) -> Client:
    return browser(alice)


@pytest.fixture
def anna(alice: User) -> Actor:
    return actors.actor_create(owner=alice, name="Anna")


def heard(actor: Actor, title: str, pitch: float, seconds: float = 10.0, **fields: Any) -> None:
    actors.appearance_record(
        actor=actor,
        job_id=uuid.uuid4(),
        job_title=title,
        speaker=0,
        seconds=seconds,
        embedding=vector(),
        style={"f0_median": pitch, "pace": 4.5},
        **fields,
    )


def test_made_named_given_a_voice_and_forgotten(alice: User, as_alice: Client) -> None:
    voice = verified_voice(alice, name="Deep", fingerprint="f" * 64)
    empty = html(as_alice.get(reverse("voices:actors")))
    assert "Nobody yet" in empty
    made = as_alice.post(reverse("voices:actors"), {"name": "Anna", "voice": str(voice.pk)})
    anna = Actor.objects.get()
    assert made["Location"] == reverse("voices:actor", args=[anna.pk])
    assert "Dubbed with Deep" in html(as_alice.get(reverse("voices:actors")))
    as_alice.post(made["Location"], {"name": "Anna B.", "voice": "", "notes": "Tall."})
    anna.refresh_from_db()
    assert (anna.name, anna.voice, anna.notes) == ("Anna B.", None, "Tall.")
    assert "is forgotten" in html(as_alice.post(reverse("voices:actor-delete", args=[anna.pk]), follow=True))
    assert not Actor.objects.exists()


def test_what_cannot_be_is_said_at_its_field(alice: User, bob: User, anna: Actor, as_alice: Client) -> None:
    theirs = verified_voice(bob, fingerprint="f" * 64)
    for sent, field in (
        ({"name": "ANNA"}, "name"),
        ({"name": ""}, "name"),
        ({"name": "B", "voice": theirs.pk}, "voice"),
    ):
        refused = as_alice.post(reverse("voices:actors"), sent)
        assert refused.status_code == 422
        assert list(refused.context["form"].errors) == [field]
    refused = as_alice.post(reverse("voices:actor", args=[anna.pk]), {"name": ""})
    assert refused.status_code == 422
    assert "<h1>Anna</h1>" in html(refused)


def test_the_page_draws_what_was_measured(anna: Actor, as_alice: Client) -> None:
    for title, pitch in (("First", 190.0), ("Second", 210.0), ("<b>Third</b>", 230.0)):
        heard(anna, title, pitch, emotion={"happy": 12.0})
    page = html(as_alice.get(reverse("voices:actor", args=[anna.pk])))
    assert "on average 210 Hz, from 190 Hz to 230 Hz" in page
    assert page.count('class="chart-dot"') == 6
    assert "&lt;b&gt;Third&lt;/b&gt;: 230 Hz" in page
    assert "happy" in page
    assert page.rindex("Second") > page.rindex("&lt;b&gt;Third"), "the newest first in the list"


def test_a_chart_goes_from_old_to_new_around_the_mean(anna: Actor) -> None:
    for title, pitch, seconds in (("First", 200.0, 30.0), ("Second", 240.0, 10.0)):
        heard(anna, title, pitch, seconds)
    pitch, pace = charts(anna, list(actors.appearances_of(anna))[::-1])
    assert (pitch.title, pitch.mean, pitch.low, pitch.high) == ("Pitch", "210 Hz", "200 Hz", "240 Hz")
    first, second = pitch.points
    assert first.x < second.x
    assert first.y > pitch.mean_y > second.y, "higher is further up"
    assert pace.points[0].y == pace.points[1].y == pytest.approx(pace.mean_y)
    assert charts(anna, []) == []


def test_a_recording_is_taken_out(anna: Actor, as_alice: Client) -> None:
    heard(anna, "Kept", 200.0)
    heard(anna, "Wrong", 300.0)
    wrong = anna.appearances.get(job_title="Wrong")
    said = as_alice.post(reverse("voices:actor-forget", args=[anna.pk, wrong.pk]), follow=True)
    assert "does not count any more" in html(said)
    anna.refresh_from_db()
    assert anna.style["f0_median"] == pytest.approx(200.0)


def test_a_deleted_recording_is_named_and_not_linked(anna: Actor, as_alice: Client) -> None:
    heard(anna, "Gone", 200.0)
    row = anna.appearances.get()
    address = reverse("dubbing:job", args=[row.job_id])
    assert address in html(as_alice.get(reverse("voices:actor", args=[anna.pk])))
    actors.appearances_keep(job_id=row.job_id)
    page = html(as_alice.get(reverse("voices:actor", args=[anna.pk])))
    assert "Gone" in page
    assert address not in page


def test_two_actors_become_one(alice: User, bob: User, anna: Actor, as_alice: Client) -> None:
    annie = actors.actor_create(owner=alice, name="Annie")
    foreign = actors.actor_create(owner=bob, name="Ben")
    merge = reverse("voices:actor-merge", args=[anna.pk])
    assert as_alice.post(merge, {"others": [foreign.pk]}).status_code == 404
    assert as_alice.post(merge, {"others": ["nonsense"]}).status_code == 404
    assert "toast-error" in html(as_alice.post(merge, follow=True))
    as_alice.post(merge, {"others": [annie.pk]})
    assert set(Actor.objects.all()) == {anna, foreign}
