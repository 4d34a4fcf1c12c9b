"""What the filters offer is kept for a while, and forgotten when the person's own voices change."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.cache import cache

from accounts.models import User
from voices import offered, selectors, services


@pytest.fixture(autouse=True)
def _nothing_kept() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def test_it_is_looked_for_once(alice: User) -> None:
    asked: list[int] = []

    def find() -> offered.Choices:
        asked.append(1)
        return ["en"], ["warm"]

    assert [offered.kept(alice.pk, find) for _ in range(3)] == [(["en"], ["warm"])] * 3
    assert len(asked) == 1


def test_what_somebody_changes_of_their_own_shows_at_once(alice: User, bob: User) -> None:
    assert selectors.offered_to(alice) == ([], [])
    voice = services.voice_create(owner=alice, name="Deep", whose="own", languages=["es"], tags=["warm"])
    assert selectors.offered_to(alice) == (["es"], ["warm"])
    services.voice_update(voice=voice, tags=["cool"])
    assert selectors.offered_to(alice) == (["es"], ["cool"])
    services.voice_delete(voice=voice)
    assert selectors.offered_to(alice) == ([], [])
    assert selectors.offered_to(bob) == ([], [])


def test_it_passes(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(offered, "SECONDS", 0)
    answers = iter([(["en"], []), (["es"], [])])
    assert [offered.kept(alice.pk, lambda: next(answers)) for _ in range(2)] == [(["en"], []), (["es"], [])]
