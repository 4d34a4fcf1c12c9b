"""The library: tabs, filters, search by sound, favourites."""

from __future__ import annotations

import uuid

import numpy as np
import pytest
from django.test import Client

from accounts.models import User
from tests.voices.recordings import spoken, upload
from tests.voices.rows import vector, verified_voice, voice_of
from tests.voices.views.pages import JSON, browser, html
from voices import describe, errands
from voices.models import Errand, Favourite, SoundQuery, VoiceProfile, VoiceShare
from voices.views.library import VOICES_A_PAGE


def names(page: str) -> list[str]:
    """The voices of the page, in order."""
    cards = page.split('<li class="voice-card"')[1:]
    return [card.split("<h2><a", 1)[1].split(">", 1)[1].split("</a>", 1)[0] for card in cards]


def described(voice: VoiceProfile, *, languages: tuple[str, ...] = (), tags: tuple[str, ...] = ()) -> VoiceProfile:
    describe.set_tags(voice, tags)
    describe.declare_languages(voice, languages)
    VoiceProfile.objects.filter(pk=voice.pk).update(search_text=describe.search_text(voice))
    return voice


@pytest.fixture
def shelf(alice: User, bob: User, charlie: User) -> dict[str, VoiceProfile]:
    """Two of Alice's, one that Bob shares with her, a public one and a private one of Charlie's."""
    rows = {
        "mine": described(voice_of(alice, name="Mine", grade="B"), languages=("en", "es"), tags=("warm",)),
        "draft": voice_of(alice, name="Draft", grade="", embedding=None),
        "shared": described(verified_voice(bob, name="Shared", fingerprint="s" * 64), languages=("en",)),
        "public": described(verified_voice(charlie, name="Public", is_public=True, grade="C"), tags=("warm",)),
        "private": verified_voice(charlie, name="Private"),
    }
    VoiceShare.objects.create(voice=rows["shared"], user=alice)
    Favourite.objects.create(voice=rows["public"], user=alice)
    return rows


def test_each_tab_says_what_it_would_hold(alice: User) -> None:
    client = browser(alice)
    assert "Keep a voice here" in html(client.get("/voices/"))
    assert "Keep a voice here" in html(client.get("/voices/?scope=mine"))
    assert "Nobody shares a voice with you yet" in html(client.get("/voices/?scope=shared"))
    assert "No public voices yet" in html(client.get("/voices/?scope=public"))
    assert "No favourites yet" in html(client.get("/voices/?scope=favourites"))


def test_tabs_hold_what_they_say(shelf: dict[str, VoiceProfile], alice: User) -> None:
    client = browser(alice)
    found = {
        scope: set(names(html(client.get(f"/voices/?scope={scope}"))))
        for scope in ("all", "mine", "shared", "public", "favourites")
    }
    assert found == {
        "all": {"Mine", "Draft", "Shared", "Public"},
        "mine": {"Mine", "Draft"},
        "shared": {"Shared"},
        "public": {"Public"},
        "favourites": {"Public"},
    }
    page = html(client.get("/voices/"))
    counts = [part.split(">", 1)[1].split("<", 1)[0] for part in page.split('class="tab-count num"')[1:]]
    assert counts == ["4", "2", "1", "1", "1"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("text=mine", {"Mine"}),
        ("text=spanish", {"Mine"}),
        ("text=warm", {"Mine", "Public"}),
        ("language=en", {"Mine", "Shared"}),
        ("tag=warm&scope=public", {"Public"}),
        ("grade=B", {"Mine", "Shared"}),
        ("language=xx&grade=Z&order=upside-down&scope=everybody", {"Mine", "Draft", "Shared", "Public"}),
    ],
)
def test_filters(query: str, found: set[str], shelf: dict[str, VoiceProfile], alice: User) -> None:
    assert set(names(html(browser(alice).get(f"/voices/?{query}")))) == found


def test_what_fits_nothing_says_so_and_keeps_what_was_typed(shelf: dict[str, VoiceProfile], alice: User) -> None:
    page = html(browser(alice).get("/voices/?text=nobody+at+all&tag=warm"))
    assert "No voice fits" in page
    assert 'value="nobody at all"' in page
    assert 'value="warm"' in page


def test_a_card_says_whose_it_is_and_how_it_may_be_used(shelf: dict[str, VoiceProfile], alice: User) -> None:
    page = html(browser(alice).get("/voices/?scope=shared"))
    assert "by bob" in page
    assert "Verified" in page
    assert f'/dubs/new/?voice={shelf["shared"].pk}"' in page
    assert f"/voices/{shelf['shared'].pk}/sound/" in page
    mine = html(browser(alice).get("/voices/?scope=mine"))
    assert "Your own voice" in mine
    assert "Not verified" in mine
    assert "/dubs/new/?voice=" not in mine, "without a sample there is nothing to dub with"


def test_pages(alice: User) -> None:
    for place in range(VOICES_A_PAGE + 1):
        voice_of(alice, name=f"Voice {place:02}", embedding=None)
    client = browser(alice)
    first, second = (html(client.get(f"/voices/?order=name&text=&page={page}")) for page in (1, 2))
    assert len(names(first)) == VOICES_A_PAGE
    assert names(second) == [f"Voice {VOICES_A_PAGE:02}"]
    assert '?order=name&amp;page=2"' in first
    assert '?order=name&amp;page=1"' in second


# --- by sound ---------------------------------------------------------------------------------------------------------
@pytest.fixture
def alike(alice: User) -> list[VoiceProfile]:
    """Three voices, each further from the first one."""
    base, other = (vector(seed) / np.linalg.norm(vector(seed)) for seed in (1, 2))
    mixed = [base, 0.9 * base + 0.3 * other, 0.5 * base + 0.8 * other]
    return [voice_of(alice, name=name, embedding=row) for name, row in zip("ABC", mixed, strict=True)]


def test_more_like_this(alike: list[VoiceProfile], alice: User) -> None:
    page = html(browser(alice).get(f"/voices/?voice={alike[0].pk}"))
    assert names(page) == ["A", "B", "C"]
    assert "Most like “A” first" in page
    assert "The voice itself" in page
    values = [float(part.split("<", 1)[0]) for part in page.split('<strong class="num">')[1:]]
    assert values == sorted(values, reverse=True)
    assert values[0] == 1.0
    assert values[2] < 0.8


def test_like_a_voice_that_was_not_measured(alice: User) -> None:
    draft = voice_of(alice, name="Draft", embedding=None)
    assert "was not measured yet" in html(browser(alice).get(f"/voices/?voice={draft.pk}"))


def test_like_what_somebody_else_has_is_not_there(alice: User, bob: User) -> None:
    private = voice_of(bob, name="Private")
    query = SoundQuery.objects.create(owner=bob, name="clip.wav", embedding=vector())
    client = browser(alice)
    for given in (f"voice={private.pk}", f"clip={query.pk}", f"clip={uuid.uuid4()}", "voice=nonsense", "clip=1"):
        assert client.get(f"/voices/?{given}").status_code == 404


def test_a_clip_that_was_heard_orders_the_list(alike: list[VoiceProfile], alice: User) -> None:
    query = SoundQuery.objects.create(owner=alice, name="clip.wav", embedding=alike[2].embedding)
    page = html(browser(alice).get(f"/voices/?clip={query.pk}"))
    assert names(page)[0] == "C"
    assert "Most like “clip.wav” first" in page


def test_a_clip_that_is_being_heard_is_waited_for(alice: User) -> None:
    query = SoundQuery.objects.create(owner=alice, name="clip.wav")
    errand = errands.start(owner=alice, kind="query", subject=query.pk)
    page = html(browser(alice).get(f"/voices/?clip={query.pk}"))
    assert f'data-errand="{errand.pk}"' in page
    assert "Listening to “clip.wav”" in page


def test_a_clip_that_could_not_be_used_says_why(alice: User) -> None:
    query = SoundQuery.objects.create(owner=alice, name="clip.wav")
    errand = errands.start(owner=alice, kind="query", subject=query.pk)
    Errand.objects.filter(pk=errand.pk).update(
        status="failed", error_code="no_speech", error_params={"name": "clip.wav"}
    )
    assert "No speech was found in “clip.wav”" in html(browser(alice).get(f"/voices/?clip={query.pk}"))


def test_a_clip_is_taken_in(alice: User) -> None:
    client = browser(alice)
    answer = client.post("/voices/search/", {"clip": upload(spoken(), "clip.wav")}, headers=JSON)
    assert answer.status_code == 201
    query = SoundQuery.objects.get(owner=alice)
    assert answer.json() == {
        "url": f"/voices/?scope=all&clip={query.pk}",
        "errand": str(Errand.objects.get(kind="query", subject=str(query.pk)).pk),
    }
    plain = client.post("/voices/search/", {"clip": upload(spoken(), "clip 2.wav")})
    assert plain.headers["Location"].startswith("/voices/?scope=all&clip=")


def test_a_clip_that_is_none_is_refused_at_its_field(alice: User) -> None:
    client = browser(alice)
    answer = client.post("/voices/search/", {"clip": upload(b"Dear diary", "diary.wav")}, headers=JSON)
    assert answer.status_code == 422
    assert list(answer.json()["fields"]) == ["clip"]
    page = client.post("/voices/search/", {"clip": upload(b"Dear diary", "diary.wav")})
    assert page.status_code == 422
    assert "is not a video or audio file" in html(page)
    assert 'id="sound-panel" aria-labelledby="h-sound" hidden' not in html(page)


# --- favourites -------------------------------------------------------------------------------------------------------
def test_favourites(shelf: dict[str, VoiceProfile], alice: User) -> None:
    client = browser(alice)
    address = f"/voices/{shelf['shared'].pk}/favourite/"
    assert client.post(address, {"on": "1"}, headers=JSON).json() == {"on": True}
    assert client.post(address, {"on": "1"}, headers=JSON).json() == {"on": True}
    assert Favourite.objects.filter(user=alice, voice=shelf["shared"]).count() == 1
    back = client.post(address, {"on": "0", "next": "/voices/?scope=favourites"})
    assert back.headers["Location"] == "/voices/?scope=favourites"
    assert not Favourite.objects.filter(user=alice, voice=shelf["shared"]).exists()


def test_a_favourite_does_not_lead_to_another_site(shelf: dict[str, VoiceProfile], alice: User) -> None:
    answer = browser(alice).post(
        f"/voices/{shelf['mine'].pk}/favourite/", {"on": "1", "next": "https://evil.example.org/"}
    )
    assert answer.headers["Location"] == "/voices/"


def test_the_library_is_in_the_navigation(client: Client, alice: User) -> None:
    assert "/voices/" not in html(client.get("/"))
    assert 'href="/voices/"' in html(browser(alice).get("/dubs/"))
