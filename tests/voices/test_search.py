"""The search by likeness: exact, whatever changes, whoever asks; on PostgreSQL with pgvector the same."""

from __future__ import annotations

import uuid
from datetime import timedelta

import numpy as np
import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import User
from voices import search
from voices.models import VoiceProfile
from voices.search import matrix, vectors


def random_vectors(count: int, seed: int = 0) -> np.ndarray:
    drawn = np.random.default_rng(seed).normal(size=(count, 256)).astype(np.float32)
    unit: np.ndarray = drawn / np.linalg.norm(drawn, axis=1, keepdims=True)
    return unit


def make(owner: User, embeddings: np.ndarray, **fields: object) -> list[VoiceProfile]:
    rows = [
        VoiceProfile(owner=owner, name=f"Voice {number}", whose="own", embedding=embedding, **fields)
        for number, embedding in enumerate(embeddings)
    ]
    return VoiceProfile.objects.bulk_create(rows)


def expected(rows: list[VoiceProfile], vector: np.ndarray) -> list[uuid.UUID]:
    return [row.pk for row in sorted(rows, key=lambda row: (-float(row.embedding @ vector), row.pk))]


def ids(vector: np.ndarray, offset: int = 0, limit: int = 50, **filters: object) -> list[uuid.UUID]:
    found = search.nearest(VoiceProfile.objects.filter(**filters), vector, offset=offset, limit=limit)
    return [pk for pk, _ in found]


@pytest.fixture
def voices(alice: User) -> list[VoiceProfile]:
    return make(alice, random_vectors(300))


def test_this_is_the_way_that_the_database_allows(db: None) -> None:
    assert connection.vendor != "postgresql" or vectors.available.__wrapped__()


def test_the_most_alike_come_first_with_their_cosines(voices: list[VoiceProfile]) -> None:
    vector = random_vectors(1, seed=1)[0]
    found = search.nearest(VoiceProfile.objects.all(), vector, limit=20)
    assert [pk for pk, _ in found] == expected(voices, vector)[:20]
    by_id = {row.pk: row.embedding for row in voices}
    for pk, cosine in found:
        assert cosine == pytest.approx(float(by_id[pk] @ vector), abs=1e-5)
    itself = search.nearest(VoiceProfile.objects.all(), voices[7].embedding, limit=1)
    assert itself[0][0] == voices[7].pk
    assert itself[0][1] == pytest.approx(1.0, abs=1e-5)


def test_pages_follow_each_other_without_a_gap(voices: list[VoiceProfile]) -> None:
    vector = random_vectors(1, seed=2)[0]
    pages = [pk for first in range(0, 320, 40) for pk in ids(vector, first, 40)]
    assert pages == expected(voices, vector)


@pytest.mark.parametrize("few", [0, 400])
def test_only_what_the_selection_holds(
    few: int, voices: list[VoiceProfile], bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(matrix, "FEW", few)
    monkeypatch.setattr(matrix, "_BLOCK", 32)
    his = make(bob, random_vectors(40, seed=3))
    VoiceProfile.objects.create(owner=bob, name="Not measured", whose="own")
    vector = random_vectors(1, seed=4)[0]
    assert ids(vector, owner=bob) == expected(his, vector)
    assert ids(vector, 5, 3, owner=bob) == expected(his, vector)[5:8]
    assert ids(vector, owner=bob, name="Not measured") == []
    assert ids(vector, 1000) == []


def test_changes_show_at_once(voices: list[VoiceProfile], alice: User) -> None:
    vector = random_vectors(1, seed=5)[0]
    first = ids(vector, limit=300)
    VoiceProfile.objects.filter(pk=first[0]).delete()
    assert ids(vector, limit=300) == first[1:]
    last = VoiceProfile.objects.get(pk=first[-1])
    last.embedding, last.updated_at = vector, timezone.now()
    last.save()
    assert ids(vector, limit=300) == [first[-1], *first[1:-1]]
    (new,) = make(alice, vector[None] + 0.001)
    assert set(ids(vector, limit=2)) == {first[-1], new.pk}
    VoiceProfile.objects.filter(pk=new.pk).update(embedding=None, updated_at=timezone.now())
    assert ids(vector, limit=2) == [first[-1], first[1]]


def test_what_was_brought_in_with_an_old_date_is_there(voices: list[VoiceProfile], alice: User) -> None:
    vector = random_vectors(1, seed=6)[0]
    first = ids(vector, limit=300)
    (old,) = make(alice, vector[None], updated_at=timezone.now() - timedelta(days=900))
    assert ids(vector, limit=301) == [old.pk, *first]


def test_equals_come_in_the_order_of_their_ids(alice: User) -> None:
    vector = random_vectors(1)[0]
    rows = make(alice, np.repeat(vector[None], 12, axis=0))
    assert ids(vector) == sorted(row.pk for row in rows)


def test_an_empty_library(db: None) -> None:
    assert ids(random_vectors(1)[0]) == []


def test_both_ways_find_the_same(voices: list[VoiceProfile]) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("needs PostgreSQL; tests/test_postgres.py runs this file on one")
    for seed in range(5):
        vector = random_vectors(1, seed=seed)[0]
        one, other = (way.nearest(VoiceProfile.objects.all(), vector, 0, 300) for way in (matrix, vectors))
        assert [pk for pk, _ in one] == [pk for pk, _ in other]
        assert [cosine for _, cosine in one] == pytest.approx([cosine for _, cosine in other], abs=1e-5)
