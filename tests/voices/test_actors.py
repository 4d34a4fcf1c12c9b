"""Actors: recognised by their voice, learned from their appearances, never shared by two speakers of one recording."""

from __future__ import annotations

import uuid
from typing import Any

import numpy as np
import pytest
from django.core.exceptions import ValidationError

from accounts.models import User
from vocasync.errors import PipelineError
from vocasync.types import FloatArray
from voices import actors
from voices.models import Actor, ActorAppearance, VoiceProfile

pytestmark = pytest.mark.django_db


def vector(axis: int, towards: int | None = None, cosine: float = 1.0) -> FloatArray:
    """A unit embedding along an axis, turned towards another so that its cosine to the first is ``cosine``."""
    one = np.zeros(256, np.float32)
    one[axis] = cosine
    if towards is not None:
        one[towards] = np.sqrt(1 - cosine**2)
    return one


def actor(owner: User, name: str, embedding: FloatArray | None = None, **fields: Any) -> Actor:
    made = actors.actor_create(owner=owner, name=name, **fields)
    if embedding is not None:
        appear(made, embedding)
    return made


def appear(who: Actor, embedding: FloatArray, seconds: float = 10.0, **fields: Any) -> ActorAppearance:
    given = {"job_id": uuid.uuid4(), "job_title": "A talk", "speaker": 0, "style": {}} | fields
    return actors.appearance_record(actor=who, seconds=seconds, embedding=embedding, **given)


def voice(owner: User, **fields: Any) -> VoiceProfile:
    return VoiceProfile.objects.create(owner=owner, name="Deep", whose="own", **fields)


# --- recognising ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("cosine", "sure"), [(0.95, True), (0.81, True), (0.79, False), (0.71, False), (0.69, None)])
def test_a_likeness_is_sure_asked_or_nothing(alice: User, cosine: float, sure: bool | None) -> None:
    anna = actor(alice, "Anna", vector(0))
    found = actors.match(alice, vector(0, 1, cosine))
    if sure is None:
        assert found is None
    else:
        assert found is not None
        assert (found.actor, found.sure) == (anna, sure)
        assert found.similarity == pytest.approx(cosine, abs=1e-5)


def test_the_thresholds_are_settings(alice: User, settings: Any) -> None:
    actor(alice, "Anna", vector(0))
    settings.ACTOR_SIMILARITY, settings.ACTOR_ASK = 0.5, 0.3
    close, far = (actors.match(alice, vector(0, 1, cosine)) for cosine in (0.55, 0.35))
    assert close is not None
    assert far is not None
    assert (close.sure, far.sure) == (True, False)


def test_two_speakers_are_never_the_same_actor(alice: User) -> None:
    anna = actor(alice, "Anna", vector(0))
    found = actors.match_all(alice, {0: vector(0, 1, 0.9), 1: vector(0, 2, 0.97), 2: vector(9)})
    assert {speaker: one.actor for speaker, one in found.items()} == {1: anna}


def test_the_assignment_is_the_best_one_together(alice: User) -> None:
    """Speaker 0 is a little nearer to Anna than speaker 1 is, who is like nobody else; 0 is like Ben as well."""
    anna, ben = actor(alice, "Anna", vector(0)), actor(alice, "Ben", vector(1))
    both = (vector(0) * 0.76 + vector(1) * 0.65).astype(np.float32)
    both /= np.linalg.norm(both)
    found = actors.match_all(alice, {0: both, 1: vector(0, 5, 0.75)}, taken=())
    assert found[0].actor == anna
    assert 1 not in found
    found = actors.match_all(alice, {0: vector(1, 0, 0.8), 1: vector(0, 5, 0.75)})
    assert {speaker: one.actor for speaker, one in found.items()} == {0: ben, 1: anna}


def test_who_is_somebody_else_already_is_not_taken_twice(alice: User) -> None:
    anna = actor(alice, "Anna", vector(0))
    assert actors.match_all(alice, {0: vector(0)}, taken={anna.pk}) == {}


def test_other_peoples_actors_are_nobody(alice: User, bob: User) -> None:
    anna = actor(bob, "Anna", vector(0))
    actor(alice, "Never heard")
    assert actors.match(alice, vector(0)) is None
    assert list(actors.actors_of(bob)) == [anna]
    with pytest.raises(Actor.DoesNotExist):
        actors.actor_of(alice, anna.pk)
    with pytest.raises(Actor.DoesNotExist):
        actors.actor_of(bob, "no uuid")


# --- learning ---------------------------------------------------------------------------------------------------------
def test_means_are_weighted_by_seconds(alice: User) -> None:
    anna = actor(alice, "Anna")
    first = appear(anna, vector(0), 30.0, style={"f0_median": 200.0, "pace": 4.0}, emotion={"happy": 12.0})
    second = appear(anna, vector(0, 1, 0.8), 10.0, style={"f0_median": 240.0}, emotion={"happy": 3.0, "calm": 5.0})
    assert (first.similarity, second.similarity) == (None, pytest.approx(0.8, abs=1e-5))
    assert anna.seconds == 40.0
    assert anna.style == {"f0_median": pytest.approx(210.0), "pace": pytest.approx(4.0)}
    assert anna.emotion == {"happy": 15.0, "calm": 5.0}
    mean = 30 * vector(0) + 10 * vector(0, 1, 0.8)
    assert np.allclose(anna.embedding, mean / np.linalg.norm(mean), atol=1e-6)


def test_forgetting_leaves_what_the_others_taught(alice: User) -> None:
    anna = actor(alice, "Anna")
    kept = appear(anna, vector(0), style={"pace": 4.0})
    gone = appear(anna, vector(1), 90.0, style={"pace": 6.0}, speaker=3)
    actors.appearance_forget(job_id=gone.job_id, speaker=2)
    assert anna.appearances.count() == 2
    actors.appearance_forget(job_id=gone.job_id)
    anna.refresh_from_db()
    assert (anna.seconds, anna.style) == (10.0, {"pace": 4.0})
    assert np.allclose(anna.embedding, vector(0))
    actors.appearance_forget(job_id=kept.job_id, speaker=0)
    anna.refresh_from_db()
    assert (anna.embedding, anna.seconds, anna.style) == (None, 0.0, {})
    assert actors.match(alice, vector(0)) is None


def test_the_same_speaker_again_replaces_and_may_be_somebody_else(alice: User) -> None:
    anna, ben = actor(alice, "Anna"), actor(alice, "Ben")
    job = uuid.uuid4()
    appear(anna, vector(0), job_id=job)
    appear(anna, vector(1), job_id=job)
    assert np.allclose(anna.embedding, vector(1))
    appear(ben, vector(1), job_id=job)
    anna.refresh_from_db()
    assert (anna.embedding, anna.appearances.count(), ben.appearances.count()) == (None, 0, 1)


def test_a_deleted_job_leaves_what_was_learned(alice: User) -> None:
    anna = actor(alice, "Anna")
    row = appear(anna, vector(0))
    actors.appearances_keep(job_id=row.job_id)
    row.refresh_from_db()
    assert row.job_gone
    assert actors.match(alice, vector(0)) is not None


# --- changing ---------------------------------------------------------------------------------------------------------
def test_a_name_is_needed_and_used_once(alice: User, bob: User) -> None:
    anna = actor(alice, "  Anna \n Smith ")
    assert anna.name == "Anna Smith"
    for name in ("", "  ", "anna smith", "x" * 121):
        with pytest.raises(ValidationError) as caught:
            actor(alice, name)
        assert "name" in caught.value.message_dict
    actor(bob, "Anna Smith")
    ben = actor(alice, "Ben")
    with pytest.raises(ValidationError):
        actors.actor_update(actor=ben, name="ANNA SMITH")
    assert actors.actor_update(actor=anna, name="ANNA SMITH", notes="Tall.").notes == "Tall."


def test_a_voice_that_may_not_be_used_is_refused(alice: User, bob: User) -> None:
    anna = actor(alice, "Anna", voice=voice(alice))
    with pytest.raises(PipelineError) as caught:
        actors.actor_update(actor=anna, voice=voice(bob, consent="verified"))
    assert caught.value.code == "voice_not_shared"
    mine = voice(alice, consent="withdrawn")
    with pytest.raises(PipelineError):
        actor(alice, "Ben", voice=mine)
    assert actors.actor_update(actor=anna, voice=None).voice is None


def test_somebody_suspended_makes_none(alice: User, bob: User) -> None:
    anna = actor(alice, "Anna")
    alice.suspended_at = alice.date_joined
    alice.save()
    with pytest.raises(PipelineError) as caught:
        actor(alice, "Ben")
    assert caught.value.code == "suspended"
    anna.refresh_from_db()
    with pytest.raises(PipelineError):
        actors.actor_update(actor=anna, notes="No.")


def test_two_actors_become_one(alice: User) -> None:
    anna, annie, other = (actor(alice, name) for name in ("Anna", "Annie", "Other"))
    annie.voice = voice(alice)
    annie.save()
    appear(anna, vector(0), 10.0)
    appear(annie, vector(1), 10.0, style={"pace": 5.0})
    actors.actor_merge(into=anna, others=[annie, anna])
    assert (anna.appearances.count(), anna.seconds, anna.style, anna.voice) == (2, 20.0, {"pace": 5.0}, annie.voice)
    assert set(Actor.objects.all()) == {anna, other}
    assert anna.name == "Anna"
    found = actors.match(alice, vector(1, 0, float(np.sqrt(0.5))))
    assert found is not None
    assert found.actor == anna


def test_merging_needs_others_of_the_same_owner(alice: User, bob: User) -> None:
    anna, foreign = actor(alice, "Anna"), actor(bob, "Ben")
    with pytest.raises(ValidationError):
        actors.actor_merge(into=anna, others=[anna])
    with pytest.raises(ValueError):
        actors.actor_merge(into=anna, others=[foreign])
    assert Actor.objects.count() == 2


def test_deleting_forgets_the_voice(alice: User) -> None:
    anna = actor(alice, "Anna", vector(0))
    actors.actor_delete(actor=anna)
    assert not ActorAppearance.objects.exists()
    assert actors.match(alice, vector(0)) is None
