"""A voice's page, for its owner, for whom it is shared with, and for everybody where it is public."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import User
from tests.voices.rows import verified_voice, voice_of
from tests.voices.views.pages import browser, html
from voices.models import VoiceProfile, VoiceSample, VoiceShare

PORTRAIT = {
    "fingerprint": "f" * 64,
    "seconds": 84.0,
    "f0_low": 90.0,
    "f0_median": 118.0,
    "f0_high": 180.0,
    "pace": 4.4,
    "peaks": [0.2, 0.8],
    "reasons": [
        {"code": "speech", "good": True, "text": "84 seconds of speech", "advice": ""},
        {"code": "noise", "good": False, "text": "There is noise", "advice": "Close the window."},
    ],
}
OWNERS = ('id="samples"', 'id="sharing"', 'id="about"', "h-consent", "Close the window.", "Delete for good")
"""What is there for the owner alone."""


@pytest.fixture
def voice(alice: User, bob: User) -> VoiceProfile:
    """Alice's, measured, verified, shared with Bob."""
    row = verified_voice(alice, name="Narrator", **PORTRAIT)
    VoiceShare.objects.create(voice=row, user=bob)
    VoiceSample.objects.create(
        voice=row, name="secret take.wav", size=9, sha256="a" * 64, status="good", transcript="Between us."
    )
    return row


def test_the_portrait(voice: VoiceProfile, alice: User) -> None:
    page = html(browser(alice).get(f"/voices/{voice.pk}/"))
    assert "1:24 of speech" in page
    assert "Low: 90 to 180 Hz, mostly around 118" in page
    assert "Brisk: about 4.4 syllables a second" in page
    assert "84 seconds of speech" in page
    assert f'data-sound="/voices/{voice.pk}/sound/"' in page
    assert len(page.split('data-voiceprint="', 2)[1].split('"')[0]) == 512


def test_the_owner_sees_everything(voice: VoiceProfile, alice: User) -> None:
    page = html(browser(alice).get(f"/voices/{voice.pk}/"))
    for part in (*OWNERS, "secret take.wav", "Between us.", 'id="lab"'):
        assert part in page
    assert "Report this voice" not in page


def test_bob_hears_and_tries_it_and_sees_no_more(voice: VoiceProfile, bob: User) -> None:
    page = html(browser(bob).get(f"/voices/{voice.pk}/"))
    assert "by alice" in page
    assert 'id="lab"' in page
    assert "Report this voice" in page
    for part in (*OWNERS, "secret take.wav", "Between us.", "Keep for this voice"):
        assert part not in page


def test_charlie_sees_a_public_voice_as_bob_does(voice: VoiceProfile, charlie: User) -> None:
    client = browser(charlie)
    assert client.get(f"/voices/{voice.pk}/").status_code == 404
    VoiceProfile.objects.filter(pk=voice.pk).update(is_public=True)
    page = html(client.get(f"/voices/{voice.pk}/"))
    assert 'id="lab"' in page
    for part in (*OWNERS, "secret take.wav"):
        assert part not in page


def test_an_empty_voice_says_what_to_do(alice: User) -> None:
    draft = voice_of(alice, embedding=None, grade="")
    page = html(browser(alice).get(f"/voices/{draft.pk}/"))
    assert "Nothing to hear yet" in page
    assert 'id="lab"' not in page
    assert "/dubs/new/?voice=" not in page
    assert 'id="add-samples" open' in page


@pytest.mark.parametrize(
    ("consent", "words"),
    [
        ("none", "Verify by reading"),
        ("pending", "A moderator is looking at the statement"),
        ("verified", "You may share it"),
        ("refused", "The statement was not accepted"),
        ("withdrawn", "The consent was taken back"),
    ],
)
def test_the_consent_box(consent: str, words: str, voice: VoiceProfile, alice: User) -> None:
    VoiceProfile.objects.filter(pk=voice.pk).update(consent=consent)
    page = html(browser(alice).get(f"/voices/{voice.pk}/"))
    assert words in page
    usable = consent in ("none", "pending", "verified")
    assert ('id="lab"' in page) == usable
    assert ('placeholder="User name or e-mail"' in page) == (consent == "verified")
    if not usable:
        assert "This voice cannot be used now." in page
        assert "Choose another voice" in page


def test_a_voice_that_was_taken_down_says_why(voice: VoiceProfile, alice: User, bob: User) -> None:
    VoiceProfile.objects.filter(pk=voice.pk).update(taken_down_at="2026-01-01T00:00Z", takedown_reason="It deceives.")
    page = html(browser(alice).get(f"/voices/{voice.pk}/"))
    assert "It deceives." in page
    assert 'id="lab"' not in page
    assert browser(bob).get(f"/voices/{voice.pk}/").status_code == 404


# --- changing it ------------------------------------------------------------------------------------------------------
def edited(**changes: Any) -> dict[str, Any]:
    return {"name": "Narrator", "whose": "own", **changes}


def test_details_are_changed(voice: VoiceProfile, alice: User) -> None:
    given = edited(name="Reader", languages=["fr"], tags="calm, low", description="Evenings.")
    answer = browser(alice).post(f"/voices/{voice.pk}/edit/", given)
    assert answer.headers["Location"] == f"/voices/{voice.pk}/"
    voice.refresh_from_db()
    assert (voice.name, voice.description) == ("Reader", "Evenings.")
    page = html(browser(alice).get(f"/voices/{voice.pk}/"))
    assert 'value="calm, low"' in page
    assert '<option value="fr" selected>' in page


def test_whose_it_is_stays_as_the_consent_says_and_nothing_typed_is_lost(voice: VoiceProfile, alice: User) -> None:
    given = edited(whose="other", person_name="Somebody", description="Kept.")
    page = browser(alice).post(f"/voices/{voice.pk}/edit/", given)
    assert page.status_code == 422
    text = html(page)
    assert "Whose voice it is stays as the consent says" in text
    assert 'value="Somebody"' in text
    assert "Kept.</textarea>" in text
    assert '<details class="more" open' in text.split('id="about"')[1]


def test_it_is_deleted(voice: VoiceProfile, alice: User) -> None:
    answer = browser(alice).post(f"/voices/{voice.pk}/delete/", follow=True)
    assert answer.redirect_chain == [("/voices/", 302)]
    assert "“Narrator” was deleted" in html(answer)
    assert not VoiceProfile.objects.exists()


# --- sharing ----------------------------------------------------------------------------------------------------------
def test_it_is_shared_by_name_and_taken_back(voice: VoiceProfile, alice: User, charlie: User) -> None:
    client = browser(alice)
    page = html(client.post(f"/voices/{voice.pk}/share/", {"name": "charlie"}, follow=True))
    assert "charlie may use “Narrator” now" in page
    assert browser(charlie).get(f"/voices/{voice.pk}/").status_code == 200
    client.post(f"/voices/{voice.pk}/share/{charlie.pk}/remove/")
    assert browser(charlie).get(f"/voices/{voice.pk}/").status_code == 404


def test_sharing_with_nobody_says_so_at_the_field(voice: VoiceProfile, alice: User) -> None:
    page = browser(alice).post(f"/voices/{voice.pk}/share/", {"name": "nobody at all"})
    assert page.status_code == 422
    text = html(page)
    assert 'value="nobody at all"' in text
    assert "Nobody here has the name" in text.split('id="sharing"')[1].split("</section>")[0]


def test_an_unverified_voice_is_not_shared(voice: VoiceProfile, alice: User) -> None:
    VoiceProfile.objects.filter(pk=voice.pk).update(consent="none")
    page = browser(alice).post(f"/voices/{voice.pk}/share/", {"name": "charlie"})
    assert page.status_code == 422
    assert VoiceShare.objects.filter(voice=voice).count() == 1
