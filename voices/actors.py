"""Actors: people whose voice is followed from one content to the next, recognised by their embedding."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, QuerySet
from django.utils import timezone

from accounts.limits import require_active
from accounts.models import User
from vocasync.types import FloatArray
from voices.consent import Purpose, may_clone
from voices.models import Actor, ActorAppearance, VoiceProfile


@dataclass(frozen=True, slots=True)
class ActorMatch:
    """An actor whom a voice may belong to. similarity: cosine, in [-1, 1]; sure: no person need be asked."""

    actor: Actor
    similarity: float
    sure: bool


# --- reads ------------------------------------------------------------------------------------------------------------
def actors_of(user: User | AnonymousUser) -> QuerySet[Actor]:
    """A person's actors by name, each with ``appearance_count``."""
    if not user.is_authenticated:
        return Actor.objects.none()
    counted = Actor.objects.filter(owner_id=user.pk).annotate(appearance_count=Count("appearances"))
    return counted.select_related("voice").order_by("name", "pk")


def actor_of(user: User | AnonymousUser, actor_id: uuid.UUID | str) -> Actor:
    """One of the person's actors. Raises ``Actor.DoesNotExist``, also for other people's and for no UUID at all."""
    try:
        wanted = actor_id if isinstance(actor_id, uuid.UUID) else uuid.UUID(actor_id)
    except ValueError:
        raise Actor.DoesNotExist from None
    return actors_of(user).get(pk=wanted)


def appearances_of(actor: Actor) -> QuerySet[ActorAppearance]:
    """Where the actor speaks, newest first."""
    return ActorAppearance.objects.filter(actor=actor).order_by("-at", "-pk")


# --- recognising ------------------------------------------------------------------------------------------------------
def match(owner: User, embedding: FloatArray) -> ActorMatch | None:
    """Whom of the owner's actors a voice may belong to. embedding: shape (256,)."""
    return match_all(owner, {0: embedding}).get(0)


def match_all(
    owner: User, embeddings: Mapping[int, FloatArray], taken: Collection[uuid.UUID] = ()
) -> dict[int, ActorMatch]:
    """Whom of the owner's actors the speakers of one recording may be: no two of them the same.

    embeddings: by speaker, shape (256,). taken: actors who are known to be other speakers. The assignment is the one
    with the most similarity above ``settings.ACTOR_ASK``; from ``settings.ACTOR_SIMILARITY`` on a match is sure.
    """
    from scipy.optimize import linear_sum_assignment

    rows = Actor.objects.filter(owner=owner).exclude(embedding=None).exclude(pk__in=taken)
    known: dict[uuid.UUID, Any] = dict(rows.values_list("pk", "embedding"))
    if not known or not embeddings:
        return {}
    speakers, actors = list(embeddings), list(known)
    likeness = np.stack([_unit(embeddings[one]) for one in speakers]) @ np.stack([known[pk] for pk in actors]).T
    pairs = zip(*linear_sum_assignment(np.maximum(likeness - settings.ACTOR_ASK, 0.0), maximize=True), strict=True)
    found = {
        speakers[row]: (actors[column], float(likeness[row, column]))
        for row, column in pairs
        if likeness[row, column] >= settings.ACTOR_ASK
    }
    people = Actor.objects.select_related("voice__owner").in_bulk([pk for pk, _ in found.values()])
    return {
        speaker: ActorMatch(people[pk], cosine, cosine >= settings.ACTOR_SIMILARITY)
        for speaker, (pk, cosine) in found.items()
        if pk in people
    }


def similarity(actor: Actor, embedding: FloatArray | None) -> float | None:
    """Cosine of a voice to the actor; None where one of them is not known."""
    if actor.embedding is None or embedding is None:
        return None
    return float(_unit(embedding) @ _unit(actor.embedding))


def _unit(vector: Any) -> FloatArray:
    array = np.asarray(vector, np.float32)
    unit: FloatArray = array / np.linalg.norm(array)
    return unit


# --- actors -----------------------------------------------------------------------------------------------------------
def actor_create(*, owner: User, name: str, notes: str = "", voice: VoiceProfile | None = None) -> Actor:
    """Somebody to follow. voice: what they are dubbed with, None for their own.

    Raises ValidationError (fields, by name; a name that the owner uses already), PipelineError for a voice that the
    owner may not use.
    """
    require_active(owner)
    actor = Actor(owner=owner, name=" ".join(name.split()), notes=notes.strip(), voice=voice)
    with transaction.atomic():
        _check(actor)
        actor.save(force_insert=True)
    return actor


def actor_update(*, actor: Actor, **fields: Any) -> Actor:
    """Change ``name``, ``notes`` or ``voice``. Raises as :func:`actor_create` does."""
    if unknown := fields.keys() - {"name", "notes", "voice"}:
        raise TypeError(f"an actor's {', '.join(sorted(unknown))} cannot be set")
    require_active(actor.owner)
    for name, value in fields.items():
        setattr(actor, name, " ".join(value.split()) if name == "name" else value)
    actor.updated_at = timezone.now()
    with transaction.atomic():
        _check(actor, voice="voice" in fields)
        actor.save(update_fields=[*fields, "updated_at"])
    return actor


def _check(actor: Actor, *, voice: bool = True) -> None:
    actor.full_clean(exclude=["owner", "embedding"])
    same = Actor.objects.filter(owner=actor.owner, name__iexact=actor.name).exclude(pk=actor.pk)
    if same.exists():
        raise ValidationError({"name": f"You have an actor named “{actor.name}” already."})
    if voice and actor.voice is not None:
        may_clone(actor.owner, actor.voice, Purpose.JOB).require()


def actor_delete(*, actor: Actor) -> None:
    """Forget the actor, with everything that was learned of their voice. Jobs keep the voices that were chosen."""
    actor.delete()


def actor_merge(*, into: Actor, others: Iterable[Actor]) -> Actor:
    """They are one person: everything of ``others`` becomes ``into``'s, who keeps name and voice where there is one."""
    gone = [one for one in others if one.pk != into.pk]
    if not gone:
        raise ValidationError({"others": "Choose at least one other actor."})
    if any(one.owner_id != into.owner_id for one in gone):
        raise ValueError("actors of different owners")
    with transaction.atomic():
        # Whatever points at an actor, in apps that this one knows nothing of too.
        for relation in Actor._meta.related_objects:
            rows = relation.related_model._base_manager.filter(**{f"{relation.field.name}__in": gone})
            rows.update(**{relation.field.name: into})
        if into.voice is None:
            into.voice = next((one.voice for one in gone if one.voice is not None), None)
            into.save(update_fields=["voice"])
        Actor.objects.filter(pk__in=[one.pk for one in gone]).delete()
        _learn(into.pk)
    into.refresh_from_db()
    return into


# --- appearances ------------------------------------------------------------------------------------------------------
def appearance_record(
    *,
    actor: Actor,
    job_id: uuid.UUID,
    job_title: str,
    speaker: int,
    seconds: float,
    embedding: FloatArray,
    style: Mapping[str, float],
    emotion: Mapping[str, float] | None = None,
) -> ActorAppearance:
    """The actor speaks in a job, as this speaker of it; what was recorded of that speaker before is replaced.

    seconds: of speech, the weight of this appearance in the actor's means. emotion: seconds dubbed by label.
    """
    with transaction.atomic():
        appearance_forget(job_id=job_id, speaker=speaker)
        before = Actor.objects.get(pk=actor.pk)
        row = ActorAppearance.objects.create(
            actor=actor,
            job_id=job_id,
            job_title=job_title,
            speaker=speaker,
            seconds=seconds,
            similarity=similarity(before, embedding),
            embedding=embedding,
            style=dict(style),
            emotion=dict(emotion or {}),
        )
        _learn(actor.pk)
    actor.refresh_from_db()
    return row


def appearance_forget(*, job_id: uuid.UUID, speaker: int | None = None) -> None:
    """The actors were not heard in this job (or not as this speaker) after all."""
    with transaction.atomic():
        rows = ActorAppearance.objects.filter(job_id=job_id)
        if speaker is not None:
            rows = rows.filter(speaker=speaker)
        actors = list(rows.values_list("actor_id", flat=True).distinct())
        rows.delete()
        for pk in actors:
            _learn(pk)


def appearances_keep(*, job_id: uuid.UUID) -> None:
    """The job is deleted; what was learned of the actors' voices stays, until the actor is deleted."""
    ActorAppearance.objects.filter(job_id=job_id).update(job_gone=True)


def _learn(actor_id: uuid.UUID) -> None:
    """The actor's means, from all appearances.

    Not as running means: the embedding is stored normalised, so that a mean of it and a new one would drift.
    """
    actor = Actor.objects.select_for_update().get(pk=actor_id)
    rows = list(ActorAppearance.objects.filter(actor=actor).order_by("at", "pk"))
    actor.seconds = sum(row.seconds for row in rows)
    actor.embedding = _mean_voice(rows)
    actor.style = _mean_style(rows)
    actor.emotion = _sums(rows)
    actor.updated_at = timezone.now()
    actor.save(update_fields=["seconds", "embedding", "style", "emotion", "updated_at"])


def _mean_voice(rows: list[ActorAppearance]) -> FloatArray | None:
    heard = [row for row in rows if row.seconds > 0]
    if not heard:
        return None
    weights = np.array([row.seconds for row in heard])
    mean: FloatArray = np.average([row.embedding for row in heard], axis=0, weights=weights)
    return mean if np.linalg.norm(mean) > 0 else None


def _mean_style(rows: list[ActorAppearance]) -> dict[str, float]:
    names = {name for row in rows for name in row.style}
    means = {}
    for name in sorted(names):
        having = [row for row in rows if name in row.style and row.seconds > 0]
        if having:
            weights = [row.seconds for row in having]
            means[name] = float(np.average([row.style[name] for row in having], weights=weights))
    return means


def _sums(rows: list[ActorAppearance]) -> dict[str, float]:
    sums: dict[str, float] = {}
    for row in rows:
        for label, seconds in row.emotion.items():
            sums[label] = sums.get(label, 0.0) + seconds
    return sums
