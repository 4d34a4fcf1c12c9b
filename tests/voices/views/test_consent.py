"""The pages of consent and publicity."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from tests.people import Person, meet
from tests.voices.rows import PDF, moderator, upload, verified_voice, voice_of
from voices import consent, moderation
from voices.models import ConsentAttempt, ConsentRecord, PublicRequest, VoiceProfile, VoiceShare

pytestmark = pytest.mark.django_db

READS = ("consent", "publish")
WRITES: dict[str, dict[str, Any]] = {
    "statement": {"person_name": "Ann", "declared": "on"},
    "withdraw": {"reason": ""},
    "publish": {"note": ""},
    "unpublish": {},
}


@pytest.fixture
def alice(db: None) -> Person:
    return meet("alice")


@pytest.fixture
def bob(db: None) -> Person:
    return meet("bob")


@pytest.fixture
def charlie(db: None) -> Person:
    return meet("charlie")


@pytest.fixture(autouse=True)
def _sentences(settings: Any) -> None:
    settings.CONSENT_SENTENCES = ["The quiet river carries seven boats."]


def page(client: Client, name: str, voice: VoiceProfile) -> str:
    answer = client.get(reverse(f"voices:{name}", args=[voice.pk]))
    assert answer.status_code == 200
    return str(answer.content.decode())


@pytest.mark.parametrize("name", READS)
def test_only_the_owner_reads(name: str, alice: Person, bob: Person, charlie: Person) -> None:
    voice = verified_voice(alice.user, is_public=True)
    VoiceShare.objects.create(voice=voice, user=bob.user)
    address = reverse(f"voices:{name}", args=[voice.pk])
    assert alice.browser.get(address).status_code == 200
    for other in (bob, charlie):
        assert other.browser.get(address).status_code == 404
    assert Client().get(address)["Location"] == f"{reverse('account_login')}?next={address}"


@pytest.mark.parametrize("name", WRITES)
def test_only_the_owner_writes(name: str, alice: Person, bob: Person, charlie: Person) -> None:
    voice = verified_voice(alice.user, is_public=name == "unpublish")
    VoiceShare.objects.create(voice=voice, user=bob.user)
    address = reverse(f"voices:{name}", args=[voice.pk])
    before = VoiceProfile.objects.values("consent", "is_public").get(pk=voice.pk)
    for other in (bob, charlie):
        assert other.browser.post(address, WRITES[name]).status_code == 404
    assert Client().post(address)["Location"].startswith(reverse("account_login"))
    assert VoiceProfile.objects.values("consent", "is_public").get(pk=voice.pk) == before
    assert not ConsentRecord.objects.exists()
    assert not PublicRequest.objects.exists()
    if name != "publish":
        assert alice.browser.get(address).status_code == 405


# --- the consent ------------------------------------------------------------------------------------------------------
def test_ones_own_voice_is_read_for(alice: Person) -> None:
    text = page(alice.browser, "consent", voice_of(alice.user))
    assert "Read a sentence aloud" in text
    assert "This is my own voice." in text
    assert "Their statement" not in text


def test_a_voice_without_samples_says_what_to_do_first(alice: Person) -> None:
    text = page(alice.browser, "consent", voice_of(alice.user, embedding=None))
    assert "Add a sample first" in text
    assert "Open the microphone" not in text


def test_a_reading_that_is_being_checked_is_followed(alice: Person) -> None:
    voice = voice_of(alice.user)
    attempt = consent.attempt_issue(voice=voice, user=alice.user)
    errand = consent.attempt_answer(attempt=attempt, upload=upload())
    assert str(errand.pk) in page(alice.browser, "consent", voice)


def test_how_a_reading_went_is_shown(alice: Person) -> None:
    voice = voice_of(alice.user)
    attempt = consent.attempt_issue(voice=voice, user=alice.user)
    ConsentAttempt.objects.filter(pk=attempt.pk).update(
        outcome="wrong_speaker", heard="the quiet liver carries <b> boats", similarity=0.41, word_distance=0.3
    )
    text = page(alice.browser, "consent", voice)
    assert "Another voice was heard" in text
    assert '<span class="visually-hidden">not heard: </span>river' in text
    assert '<span class="visually-hidden">heard instead: </span>liver' in text
    assert "0.41" in text
    assert "<b> boats" not in text


def test_words_that_nothing_recognises_are_not_compared(alice: Person) -> None:
    voice = voice_of(alice.user)
    attempt = consent.attempt_issue(voice=voice, user=alice.user)
    ConsentAttempt.objects.filter(pk=attempt.pk).update(outcome="passed", similarity=0.9, language="te")
    assert "nothing here recognises Telugu" in page(alice.browser, "consent", voice)


def test_anothers_statement_is_brought(alice: Person) -> None:
    voice = voice_of(alice.user, whose="other", person_name="Ann")
    client = alice.browser
    assert "Ann knows that Vocasync imitates their voice" in page(client, "consent", voice)
    address = reverse("voices:statement", args=[voice.pk])
    given = {"person_name": "Ann", "statement": upload(PDF, "letter.pdf"), "declared": "on"}
    answer = client.post(address, given, follow=True)
    assert "waits for a moderator" in answer.content.decode()
    record = ConsentRecord.objects.get()
    assert (record.file_name, record.person_name, record.created_by) == ("letter.pdf", "Ann", alice.user)
    assert "Send it for review" not in page(client, "consent", voice), "one waits already"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"declared": ""}, "Declare it first."),
        ({"person_name": " "}, "Say whose voice it is."),
        ({"statement": ""}, "Choose the statement."),
        ({"statement": upload(b"MZ\x90\x00", "letter.pdf")}, "is not a PDF, a PNG or JPEG picture"),
        ({"statement": upload(b"", "letter.pdf")}, "0 bytes"),
    ],
)
def test_what_is_wrong_with_a_statement_is_said_at_its_field(alice: Person, change: dict[str, Any], words: str) -> None:
    voice = voice_of(alice.user, whose="other", person_name="Ann")
    given = {"person_name": "Ann", "statement": upload(PDF, "letter.pdf"), "declared": "on"} | change
    answer = alice.browser.post(reverse("voices:statement", args=[voice.pk]), given)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not ConsentRecord.objects.exists()


def test_withdrawing_is_warned_of_and_done(alice: Person) -> None:
    voice = verified_voice(alice.user)
    client = alice.browser
    assert "nobody can use the voice, you neither" in page(client, "consent", voice)
    client.post(reverse("voices:withdraw", args=[voice.pk]), {"reason": "Enough."})
    voice.refresh_from_db()
    assert voice.consent == "withdrawn"
    text = page(client, "consent", voice)
    assert "The consent was withdrawn." in text
    assert "Enough." in text
    again = client.post(reverse("voices:withdraw", args=[voice.pk]), {}, follow=True)
    assert "has ended already" in again.content.decode()


def test_a_decision_about_the_voice_is_a_link_away(alice: Person) -> None:
    voice = verified_voice(alice.user)
    decision = moderation.voice_takedown(voice=voice, moderator=moderator(), reason="Cut from a film.")
    text = page(alice.browser, "consent", voice)
    assert reverse("voices:decision", args=[decision.pk]) in text
    assert "Cut from a film." in text


def test_after_a_moderator_a_statement_is_asked_for(alice: Person) -> None:
    voice = voice_of(alice.user)
    consent.withdraw(likeness=voice, by=moderator(), reason="It is not hers.")
    text = page(alice.browser, "consent", voice)
    assert "Bring a statement" in text
    assert "Open the microphone" not in text
    assert "It is not hers." in text


# --- publicity --------------------------------------------------------------------------------------------------------
def test_a_voice_is_asked_to_be_public_and_taken_back(alice: Person) -> None:
    voice = verified_voice(alice.user)
    client = alice.browser
    address = reverse("voices:publish", args=[voice.pk])
    answer = client.post(address, {"note": "For schools."}, follow=True)
    assert "A moderator looks at it." in answer.content.decode()
    assert PublicRequest.objects.get().note == "For schools."
    assert client.post(address, {"note": ""}).status_code == 422
    moderation.publish_decide(request=PublicRequest.objects.get(), moderator=moderator(), granted=True)
    assert "A public voice" in page(client, "publish", voice)
    client.post(reverse("voices:unpublish", args=[voice.pk]))
    voice.refresh_from_db()
    assert not voice.is_public


def test_why_it_cannot_be_public(alice: Person) -> None:
    text = page(alice.browser, "publish", voice_of(alice.user))
    assert "is not verified yet" in text
    assert "Ask for it" not in text


def test_why_it_was_not_made_public(alice: Person) -> None:
    voice = verified_voice(alice.user)
    request = moderation.publish_request(voice=voice, by=alice.user)
    moderation.publish_decide(request=request, moderator=moderator(), granted=False, reason="Too noisy.")
    text = page(alice.browser, "publish", voice)
    assert "Too noisy." in text
    assert "Ask for it" in text, "it may be asked for again"
