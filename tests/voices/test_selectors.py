"""What each person sees of the library, and how it is narrowed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.paginator import Paginator

from accounts.models import User
from tests.voices.rows import vector, verified_voice, voice_of
from voices import describe, selectors, services
from voices.models import Favourite, VoiceProfile, VoiceShare

pytestmark = pytest.mark.django_db


def names(user: Any, **filters: Any) -> list[str]:
    return [voice.name for voice in selectors.library(user, **{"order": "name", **filters})]


@pytest.fixture
def shelves(alice: User, bob: User, charlie: User) -> dict[str, VoiceProfile]:
    """Alice's own, Bob's (one shared with her, one public, one his alone), Charlie's public one."""
    rows = {
        "mine": voice_of(alice, name="Mine", grade="A", quality=0.9),
        "down": voice_of(alice, name="Down", taken_down_at="2026-01-01T00:00Z", grade="C"),
        "shared": verified_voice(bob, name="Shared", grade="B"),
        "private": verified_voice(bob, name="Private"),
        "public": verified_voice(charlie, name="Public", is_public=True, grade="D"),
        "unverified": voice_of(charlie, name="Unverified", is_public=True),
    }
    VoiceShare.objects.create(voice=rows["shared"], user=alice)
    return rows


def test_what_each_sees(shelves: dict[str, VoiceProfile], alice: User, bob: User, charlie: User) -> None:
    assert names(alice) == ["Down", "Mine", "Public", "Shared"]
    assert names(bob) == ["Private", "Public", "Shared"]
    assert names(charlie) == ["Public", "Unverified"]
    assert names(AnonymousUser()) == []
    assert not selectors.own_voices(AnonymousUser()).exists()


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        ("all", ["Down", "Mine", "Public", "Shared"]),
        ("mine", ["Down", "Mine"]),
        ("shared", ["Shared"]),
        ("public", ["Public"]),
        ("favourites", ["Public"]),
        ("nonsense", ["Down", "Mine", "Public", "Shared"]),
    ],
)
def test_scopes(shelves: dict[str, VoiceProfile], alice: User, bob: User, scope: str, expected: list[str]) -> None:
    Favourite.objects.create(user=alice, voice=shelves["public"])
    Favourite.objects.create(user=bob, voice=shelves["shared"])
    assert names(alice, scope=scope) == expected


def test_narrowed_by_what_it_is(shelves: dict[str, VoiceProfile], alice: User) -> None:
    services.voice_update(voice=shelves["mine"], tags=["warm"], languages=["es"], description="Books at night")
    assert names(alice, text="NIGHT warm") == ["Mine"]
    assert names(alice, text="español") == ["Mine"]
    assert names(alice, text="night cold") == []
    assert names(alice, text="100% _") == []
    assert names(alice, tag=" Warm ") == ["Mine"]
    assert names(alice, language="es") == ["Mine"]
    assert names(alice, grade="B") == ["Mine", "Shared"]
    assert names(alice, grade="c") == ["Down", "Mine", "Shared"]
    assert names(alice, scope="shared", grade="A") == []
    assert names(alice, favourite=True) == []
    assert selectors.tags_of(alice) == ["warm"]
    assert selectors.languages_of(alice) == ["es"]


def test_orders(shelves: dict[str, VoiceProfile], alice: User) -> None:
    assert names(alice, order="-quality")[0] == "Mine"
    VoiceProfile.objects.filter(name="Public").update(uses=3)
    assert names(alice, order="-uses")[0] == "Public"
    assert names(alice, order="?") == names(alice, order="-updated_at")


def test_an_empty_voice_is_in_the_list_and_like_nothing(alice: User) -> None:
    empty = VoiceProfile.objects.create(owner=alice, name="Empty", whose="own")
    assert names(alice) == ["Empty"]
    assert names(alice, grade="D") == []
    assert names(alice, like=vector()) == []
    assert list(selectors.similar_to(alice, empty)) == []


def test_most_alike_first_with_pages(shelves: dict[str, VoiceProfile], alice: User) -> None:
    mine = shelves["mine"]
    near = vector(1) + 0.3 * vector(7)
    VoiceProfile.objects.filter(name="Public").update(embedding=near)
    VoiceProfile.objects.filter(name="Shared").update(embedding=vector(3))
    VoiceProfile.objects.filter(name="Down").update(embedding=vector(4))
    mine.refresh_from_db()
    found = selectors.similar_to(alice, mine)
    assert (len(found), found[0].name) == (3, "Public")
    assert found[0].similarity == pytest.approx(float(near @ mine.embedding / np.linalg.norm(near)), abs=1e-5)  # type: ignore[attr-defined,operator]
    cosines = [voice.similarity for voice in found]  # type: ignore[attr-defined]
    assert cosines == sorted(cosines, reverse=True)
    page = Paginator(found, 2).page(2)
    assert [voice.name for voice in page] == [found[2].name]
    with pytest.raises(IndexError):
        found[3]
    everything = selectors.library(alice, like=mine.embedding, grade="B")
    assert everything[0].name == "Mine"
    assert len(everything) == 2


def test_own_is_not_merely_seen(shelves: dict[str, VoiceProfile], alice: User, bob: User) -> None:
    shared = shelves["shared"]
    assert selectors.voice_of(alice, str(shared.pk)) == shared
    assert selectors.own_voice(bob, shared.pk) == shared
    for who, wanted in ((alice, shared.pk), (bob, shelves["mine"].pk), (bob, "nonsense")):
        with pytest.raises(VoiceProfile.DoesNotExist):
            selectors.own_voice(who, wanted)


def test_a_page_takes_few_queries(alice: User, django_assert_max_num_queries: Any) -> None:
    for number in range(30):
        services.voice_create(owner=alice, name=f"Voice {number}", whose="own", tags=["a"], languages=["en"])
    with django_assert_max_num_queries(3):
        for voice in selectors.library(alice):
            assert voice.owner.username == "alice"
            assert [row.tag for row in voice.tag_rows.all()] == ["a"]
            assert [row.code for row in voice.language_rows.all()] == ["en"]


def test_languages_of_samples_stay_beside_those_that_are_declared(alice: User) -> None:
    from voices.models import VoiceSample

    voice = services.voice_create(owner=alice, name="Both", whose="own", languages=["en"])
    heard = {"voice": voice, "name": "a.wav", "size": 1, "status": "good"}
    sample = VoiceSample.objects.create(sha256="a" * 64, language="es", **heard)
    VoiceSample.objects.create(sha256="b" * 64, language="en", **heard)
    VoiceSample.objects.create(sha256="c" * 64, language="fr", **{**heard, "status": "refused"})
    describe.hear_languages(voice)
    assert {(row.code, row.declared) for row in voice.language_rows.all()} == {("en", True), ("es", False)}
    describe.declare_languages(voice, [])
    assert {(row.code, row.declared) for row in voice.language_rows.all()} == {("en", False), ("es", False)}
    sample.delete()
    describe.hear_languages(voice)
    assert {row.code for row in voice.language_rows.all()} == {"en"}
