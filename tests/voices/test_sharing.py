"""Whom a voice is shared with, what people mark, and how engines are set for a voice."""

from __future__ import annotations

import math

import pytest
from django.core.exceptions import ValidationError

from accounts.models import User
from tests.voices.rows import told, verified_voice, voice_of
from vocasync.engines.registry import spec
from vocasync.errors import PipelineError
from voices import references, selectors, services
from voices.models import EngineSettings, Favourite, VoiceProfile, VoiceShare
from voices.services.settings import settings_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def voice(alice: User) -> VoiceProfile:
    return verified_voice(alice)


def code_of(voice: VoiceProfile, name: str) -> str:
    with pytest.raises(PipelineError) as caught:
        services.voice_share(voice=voice, name=name)
    assert not VoiceShare.objects.exists()
    return caught.value.code


@pytest.mark.parametrize("name", ["bob", " bob ", "BOB", "bob@example.org", "Bob@Example.org"])
def test_shared_by_name_or_address_and_told_once(voice: VoiceProfile, bob: User, name: str) -> None:
    share = services.voice_share(voice=voice, name=name)
    assert share.user == bob
    assert services.voice_share(voice=voice, name=name) == share
    assert told(bob) == ["alice shares the voice “Narrator” with you."]
    assert [row.user for row in selectors.people_of(voice)] == [bob]
    assert list(selectors.visible_voices(bob)) == [voice]


def test_the_exact_name_goes_before_one_that_differs_in_case(voice: VoiceProfile, bob: User) -> None:
    other = User.objects.create_user("Bob", "other@example.org")
    assert services.voice_share(voice=voice, name="Bob").user == other
    with pytest.raises(PipelineError):
        services.voice_share(voice=voice, name="bOB")


def test_whom_it_is_not_shared_with(voice: VoiceProfile, bob: User) -> None:
    for name in ("nobody", "", "bo", "example.org"):
        assert code_of(voice, name) == "share_unknown"
    assert code_of(voice, "alice") == "share_self"
    User.objects.filter(pk=bob.pk).update(is_active=False)
    assert code_of(voice, "bob") == "share_unknown"


@pytest.mark.parametrize(
    ("consent", "code"), [("none", "consent_needed"), ("withdrawn", "voice_withdrawn"), ("refused", "voice_refused")]
)
def test_only_while_the_consent_holds(alice: User, bob: User, consent: str, code: str) -> None:
    assert code_of(voice_of(alice, consent=consent), "bob") == code


def test_shared_no_longer(voice: VoiceProfile, bob: User, charlie: User) -> None:
    services.voice_share(voice=voice, name="bob")
    assert services.voice_unshare(voice=voice, user=bob)
    assert not services.voice_unshare(voice=voice, user=charlie)
    assert not selectors.visible_voices(bob).exists()


def test_marks_are_everybodys_own(voice: VoiceProfile, alice: User, bob: User) -> None:
    services.voice_share(voice=voice, name="bob")
    for _ in range(2):
        services.favourite_set(user=bob, voice=voice, on=True)
    assert Favourite.objects.count() == 1
    assert selectors.voice_of(bob, voice.pk).is_favourite  # type: ignore[attr-defined]
    assert not selectors.voice_of(alice, voice.pk).is_favourite  # type: ignore[attr-defined]
    for _ in range(2):
        services.favourite_set(user=bob, voice=voice, on=False)
    assert not Favourite.objects.exists()


def test_settings_within_what_the_engine_allows(voice: VoiceProfile) -> None:
    row = spec("tts", "espeak")
    first, second = row.settings[:2]
    values = services.engine_settings_set(voice=voice, engine="espeak", values={first.name: first.high})
    assert (values[first.name], values[second.name]) == (first.high, second.default)
    assert settings_of(voice, row) == values
    for wrong in ({"nonsense": 1.0}, {first.name: first.high + 1}, {first.name: math.nan}):
        with pytest.raises(ValidationError) as caught:
            services.engine_settings_set(voice=voice, engine="espeak", values=wrong)
        assert set(caught.value.message_dict) == set(wrong)
    assert settings_of(voice, row) == values
    services.engine_settings_set(voice=voice, engine="espeak", values={})
    assert not EngineSettings.objects.exists()
    with pytest.raises(PipelineError):
        services.engine_settings_set(voice=voice, engine="nothing", values={})


def test_a_setting_that_the_engine_gave_up_is_left_out(voice: VoiceProfile) -> None:
    EngineSettings.objects.create(voice=voice, engine="espeak", values={"gone": 3.0})
    assert "gone" not in settings_of(voice, spec("tts", "espeak"))


def test_a_voice_without_samples_is_nothing_to_speak_with(voice: VoiceProfile) -> None:
    with pytest.raises(PipelineError) as caught:
        references.speaker_voice(voice, "espeak")
    assert caught.value.code == "voice_empty"
