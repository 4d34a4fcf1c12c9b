"""A new voice."""

from __future__ import annotations

from accounts.models import User
from tests.voices.recordings import toned, upload
from tests.voices.views.pages import JSON, browser, html
from voices.models import VoiceProfile, VoiceSample

GIVEN = {
    "name": "  Grandfather ",
    "whose": "other",
    "person_name": "Henrik Olsen",
    "languages": ["da", "en"],
    "tags": "Old, storyteller,, old",
    "description": "By the fire.",
}


def test_the_page_says_what_follows_from_whose_voice_it_is(alice: User) -> None:
    page = html(browser(alice).get("/voices/new/"))
    assert "you read a random sentence aloud later" in page
    assert "upload their statement, which a moderator reviews" in page
    assert 'lang="de"' in page, "something to read aloud"


def test_made_with_everything_then_the_recordings_follow(alice: User) -> None:
    answer = browser(alice).post("/voices/new/", GIVEN, headers=JSON)
    voice = VoiceProfile.objects.get(owner=alice)
    assert answer.status_code == 201
    assert answer.json() == {"url": f"/voices/{voice.pk}/", "samples": f"/voices/{voice.pk}/samples/"}
    assert (voice.name, voice.whose, voice.person_name) == ("Grandfather", "other", "Henrik Olsen")
    assert {row.code for row in voice.language_rows.all()} == {"da", "en"}
    assert {row.tag for row in voice.tag_rows.all()} == {"old", "storyteller"}


def test_what_is_wrong_is_said_at_its_field(alice: User) -> None:
    client = browser(alice)
    answer = client.post("/voices/new/", {"whose": "other", "name": ""}, headers=JSON)
    assert answer.status_code == 422
    assert answer.json()["fields"] == {"name": ["Give the voice a name."]}
    answer = client.post("/voices/new/", {"whose": "other", "name": "A"}, headers=JSON)
    assert list(answer.json()["fields"]) == ["person_name"]
    assert not VoiceProfile.objects.exists()


def test_nothing_typed_is_lost(alice: User) -> None:
    page = html(browser(alice).post("/voices/new/", {**GIVEN, "name": "", "tags": "x" * 41}))
    assert 'value="Henrik Olsen"' in page
    assert "By the fire." in page
    assert '<option value="da" selected>' in page
    assert f'value="{"x" * 41}"' in page


def test_without_scripts_the_recordings_come_with_it(alice: User) -> None:
    files = [upload(toned(2.0), "a.wav"), upload(b"Dear diary", "b.wav"), upload(toned(2.5), "c.wav")]
    answer = browser(alice).post("/voices/new/", {**GIVEN, "sample": files}, follow=True)
    voice = VoiceProfile.objects.get(owner=alice)
    assert answer.redirect_chain == [(f"/voices/{voice.pk}/", 302)]
    assert set(VoiceSample.objects.filter(voice=voice).values_list("name", flat=True)) == {"a.wav", "c.wav"}
    assert "“b.wav” is not a video or audio file" in html(answer)


def test_a_full_library_is_said_above_the_form(alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(max_voices=0)
    page = browser(alice).post("/voices/new/", GIVEN)
    assert page.status_code == 422
    assert "Your library is full" in html(page)
    assert 'value="Henrik Olsen"' in html(page)
