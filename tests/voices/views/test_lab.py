"""Trying a voice, and how an engine is set for it."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import User
from tests.voices.rows import verified_voice
from tests.voices.views.pages import JSON, browser, html
from vocasync.engines.registry import spec
from voices import files
from voices.models import EmotionReference, EngineSettings, Errand, Preview, VoiceProfile, VoiceSample, VoiceShare

LINE = {"text": "Good morning.", "language": "en", "engines": ["espeak"]}


@pytest.fixture
def voice(alice: User, bob: User) -> VoiceProfile:
    """Alice's, measured, shared with Bob."""
    row = verified_voice(alice, name="Narrator", fingerprint="f" * 64)
    VoiceShare.objects.create(voice=row, user=bob)
    return row


def ask(user: User, voice: VoiceProfile, **given: Any) -> Any:
    return browser(user).post(f"/voices/{voice.pk}/previews/", {**LINE, **given}, headers=JSON)


@pytest.mark.parametrize("who", ["alice", "bob"])
def test_a_line_is_asked_for(who: str, voice: VoiceProfile, request: pytest.FixtureRequest) -> None:
    user = request.getfixturevalue(who)
    answer = ask(user, voice)
    assert answer.status_code == 201
    row = Preview.objects.get()
    errand = Errand.objects.get(kind="preview", subject=str(row.pk))
    assert answer.json() == {
        "previews": [{"id": str(row.pk), "url": f"/previews/{row.pk}/", "errand": str(errand.pk)}],
        "refused": [],
    }
    assert row.owner == user
    assert f'data-errand="{errand.pk}"' in html(browser(user).get(f"/previews/{row.pk}/"))


def test_beside_the_engines_own_voice(voice: VoiceProfile, alice: User) -> None:
    assert len(ask(alice, voice, beside="on").json()["previews"]) == 2
    assert set(Preview.objects.values_list("voice", flat=True)) == {voice.pk, None}


def test_in_a_tone(voice: VoiceProfile, alice: User, bob: User) -> None:
    mine, other = (
        EmotionReference.objects.create(
            owner=owner, name="Laugh", label="happy", file_name="a.wav", size=1, sha256=sign * 64, status="ready"
        )
        for owner, sign in ((alice, "a"), (bob, "b"))
    )
    ask(alice, voice, emotion=str(mine.pk), strength="0.4")
    row = Preview.objects.get()
    assert (row.emotion, row.strength) == (mine, 0.4)
    assert list(ask(alice, voice, emotion=str(other.pk)).json()["fields"]) == ["emotion"], "somebody else's"
    page = html(browser(alice).get(f"/voices/{voice.pk}/?emotion={mine.pk}"))
    assert f'<option value="{mine.pk}" selected>' in page


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"text": ""}, "text"),
        ({"text": "x" * 501}, "text"),
        ({"engines": []}, "engines"),
        ({"engines": ["marvin"]}, "engines"),
        ({"language": "tlh"}, "language"),
        ({"strength": "2"}, "strength"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(given: Any, field: str, voice: VoiceProfile, alice: User) -> None:
    answer = ask(alice, voice, **given)
    assert answer.status_code == 422
    assert list(answer.json()["fields"]) == [field]
    assert not Preview.objects.exists()


def test_without_scripts_the_line_waits_on_the_page(voice: VoiceProfile, alice: User) -> None:
    client = browser(alice)
    answer = client.post(f"/voices/{voice.pk}/previews/", LINE, follow=True)
    assert answer.redirect_chain == [(f"/voices/{voice.pk}/#lab", 302)]
    assert "Good morning." in html(answer)
    refused = client.post(f"/voices/{voice.pk}/previews/", {**LINE, "text": "", "language": "es"})
    assert refused.status_code == 422
    assert "Type what is to be said." in html(refused)
    assert '<option value="es" selected>' in html(refused)


@pytest.fixture
def spoken(voice: VoiceProfile, alice: User) -> Preview:
    """A line that was spoken and measured."""
    ask(alice, voice)
    row = Preview.objects.get()
    Preview.objects.filter(pk=row.pk).update(seconds=2.5, similarity=0.8, untreated=0.5, peaks=[0.5])
    files.preview_sound(row.pk).parent.mkdir(parents=True)
    files.preview_sound(row.pk).write_bytes(b"sound")
    for place, agreement in enumerate((0.88, 0.92)):
        VoiceSample.objects.create(
            voice=voice, name="a.wav", size=1, sha256=str(place) * 64, chosen=True, agreement=agreement
        )
    return row


def test_likeness_lies_between_the_engines_own_voice_and_the_recordings(spoken: Preview, alice: User) -> None:
    card = html(browser(alice).get(f"/previews/{spoken.pk}/"))
    assert "0.80; the engine’s own voice measures 0.50, the recordings among themselves 0.90" in card
    assert "Close to the voice" in card
    assert f'data-sound="/previews/{spoken.pk}/sound/"' in card


def test_the_same_line_again_is_there_at_once(spoken: Preview, alice: User) -> None:
    answer = ask(alice, VoiceProfile.objects.get()).json()
    assert answer["previews"] == [{"id": str(spoken.pk), "url": f"/previews/{spoken.pk}/", "errand": None}]


def test_a_line_that_failed_says_why(voice: VoiceProfile, alice: User) -> None:
    ask(alice, voice)
    Errand.objects.filter(kind="preview").update(
        status="failed", error_code="reference_too_short", error_params={"seconds": 1.0, "limit": 3}
    )
    card = html(browser(alice).get(f"/previews/{Preview.objects.get().pk}/"))
    assert "Only 1.0 s of clean speech were found" in card


# --- settings ---------------------------------------------------------------------------------------------------------
def test_settings_are_kept_with_the_voice(voice: VoiceProfile, alice: User) -> None:
    setting = spec("tts", "espeak").settings[0]
    client = browser(alice)
    address = f"/voices/{voice.pk}/settings/espeak/"
    answer = client.post(address, {f"espeak-{setting.name}": str(setting.high)}, headers=JSON)
    assert answer.json()["values"][setting.name] == setting.high
    assert EngineSettings.objects.get(voice=voice).values[setting.name] == setting.high
    field = html(client.get(f"/voices/{voice.pk}/")).split(f'name="espeak-{setting.name}"')[1].split(">")[0]
    assert f'value="{setting.high}"' in field
    plain = client.post(address, {f"espeak-{setting.name}": str(setting.low)})
    assert plain.headers["Location"] == f"/voices/{voice.pk}/#lab"


def test_settings_out_of_bounds(voice: VoiceProfile, alice: User) -> None:
    setting = spec("tts", "espeak").settings[0]
    answer = browser(alice).post(f"/voices/{voice.pk}/settings/espeak/", {f"espeak-{setting.name}": "99"}, headers=JSON)
    assert answer.status_code == 422
    assert not EngineSettings.objects.exists()


def test_an_engine_that_is_none(voice: VoiceProfile, alice: User) -> None:
    assert browser(alice).post(f"/voices/{voice.pk}/settings/marvin/").status_code == 404


def test_a_line_is_spoken_as_the_sliders_stand(voice: VoiceProfile, alice: User) -> None:
    setting = spec("tts", "espeak").settings[0]
    ask(alice, voice, **{f"espeak-{setting.name}": str(setting.high)})
    assert Preview.objects.get().settings[setting.name] == setting.high
    assert not EngineSettings.objects.exists(), "trying keeps nothing"
    assert ask(alice, voice, **{f"espeak-{setting.name}": "99"}).status_code == 422
