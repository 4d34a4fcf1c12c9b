"""Voices: made, described, found again, deleted with everything of theirs."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.exceptions import ValidationError

from accounts.models import User
from tests.voices.recordings import upload
from vocasync.errors import PipelineError
from voices import files, selectors, services
from voices.models import ConsentAttempt, ConsentRecord, Errand, Preview, VoiceProfile, VoiceSample

pytestmark = pytest.mark.django_db


def make(owner: User, name: str = "Narrator", **fields: object) -> VoiceProfile:
    return services.voice_create(owner=owner, name=name, **{"whose": "own", **fields})  # type: ignore[arg-type]


def test_made_as_described(alice: User) -> None:
    voice = make(
        alice,
        "  A   deep\nvoice ",
        description=" For\nbooks. ",
        languages=("es", "en", "es"),
        tags=("Warm ", "WARM", "slow  read"),
    )
    assert (voice.name, voice.description, voice.whose) == ("A deep voice", "For\nbooks.", "own")
    assert (voice.consent, voice.is_public, voice.grade) == ("none", False, "")
    assert {row.code for row in voice.language_rows.all()} == {"en", "es"}
    assert {row.tag for row in voice.tag_rows.all()} == {"warm", "slow read"}
    for word in ("deep", "books", "spanish", "español", "slow read"):
        assert word in voice.search_text


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 121}, "name"),
        ({"whose": "mine"}, "whose"),
        ({"whose": "other"}, "person_name"),
        ({"whose": "other", "person_name": " "}, "person_name"),
        ({"description": "x" * 2001}, "description"),
        ({"tags": ["x" * 41]}, "tags"),
        ({"tags": [str(number) for number in range(21)]}, "tags"),
    ],
)
def test_what_cannot_be_is_refused_by_field(alice: User, fields: dict[str, object], field: str) -> None:
    with pytest.raises(ValidationError) as caught:
        make(alice, **fields)  # type: ignore[arg-type]
    assert field in caught.value.message_dict
    assert not VoiceProfile.objects.exists()


def test_a_language_that_is_not_known(alice: User) -> None:
    with pytest.raises(PipelineError) as caught:
        make(alice, languages=["tlh"])
    assert (caught.value.code, caught.value.params["field"]) == ("unknown_language", "languages")
    assert not VoiceProfile.objects.exists()


def test_the_library_has_a_limit(alice: User) -> None:
    alice.max_voices = 1
    make(alice)
    with pytest.raises(PipelineError) as caught:
        make(alice)
    assert caught.value.code == "voices_limit"
    assert VoiceProfile.objects.count() == 1


def test_somebody_suspended_makes_nothing(alice: User) -> None:
    alice.suspended_at = alice.date_joined
    with pytest.raises(PipelineError) as caught:
        make(alice)
    assert caught.value.code == "suspended"


def test_described_anew_and_found_by_it(alice: User) -> None:
    voice = make(alice, description="For books.", languages=["en"], tags=["warm"])
    services.voice_update(voice=voice, name="Zora", tags=["cold"])
    assert (voice.name, voice.description) == ("Zora", "For books.")
    assert [row.tag for row in voice.tag_rows.all()] == ["cold"]
    assert [row.code for row in voice.language_rows.all()] == ["en"]
    assert "warm" not in voice.search_text
    assert "cold" in voice.search_text
    services.voice_update(voice=voice, languages=[])
    assert not voice.language_rows.exists()
    with pytest.raises(ValidationError):
        services.voice_update(voice=voice, name="")
    voice.refresh_from_db()
    assert voice.name == "Zora"


def test_what_is_measured_cannot_be_typed_in(alice: User) -> None:
    voice = make(alice)
    with pytest.raises(TypeError):
        services.voice_update(voice=voice, grade="A")
    with pytest.raises(TypeError):
        services.voice_update(voice=voice, consent="verified")


@pytest.mark.parametrize("consent", ["pending", "verified", "withdrawn"])
def test_whose_voice_it_is_stays_under_a_consent(alice: User, consent: str) -> None:
    voice = make(alice, whose="other", person_name="Maria")
    VoiceProfile.objects.update(consent=consent)
    for change in ({"person_name": "Nora"}, {"whose": "own"}):
        with pytest.raises(ValidationError):
            services.voice_update(voice=voice, **change)
    services.voice_update(voice=voice, whose="other", person_name="Maria", description="New.")
    assert (voice.person_name, voice.description) == ("Maria", "New.")


def test_whose_voice_it_is_can_be_mended_before(alice: User) -> None:
    voice = make(alice)
    services.voice_update(voice=voice, whose="other", person_name="Maria")
    assert "maria" in voice.search_text
    services.voice_update(voice=voice, whose="own")
    assert voice.person_name == ""


def test_a_public_voice_keeps_what_a_moderator_looked_at(alice: User) -> None:
    voice = make(alice, description="A calm voice.")
    VoiceProfile.objects.update(is_public=True, consent="verified")
    for name, value in {"name": "The President", "description": "The president himself."}.items():
        with pytest.raises(ValidationError) as caught:
            services.voice_update(voice=voice, **{name: value})
        assert list(caught.value.message_dict) == [name]
    services.voice_update(voice=voice, name=voice.name, description=" A calm  voice.", tags=["calm"])
    VoiceProfile.objects.update(is_public=False)
    services.voice_update(voice=voice, name="Another name")
    assert voice.name == "Another name"


@pytest.mark.django_db(transaction=True)
def test_deleted_with_everything_of_it(alice: User, media_root: Path) -> None:
    voice, kept = make(alice), make(alice, "Kept")
    sample = services.sample_add(voice=voice, upload=upload())
    other = services.sample_add(voice=kept, upload=upload())
    attempt = ConsentAttempt.objects.create(
        voice=voice, user=alice, sentence="Read this.", language="en", expires_at=voice.created_at, outcome="passed"
    )
    record = ConsentRecord.objects.create(
        voice=voice, kind="spoken", status="verified", declaration="Mine.", attempt=attempt, created_by=alice
    )
    preview = Preview.objects.create(
        owner=alice, voice=voice, engine="espeak", language="en", text="Hi", fingerprint="x", seconds=1.0
    )
    evidence = [files.consent_root(attempt.pk) / "recording.wav", files.consent_root(record.pk) / "statement"]
    for path in (files.preview_sound(preview.pk), files.reference(voice.pk), *evidence):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    services.voice_delete(voice=voice)
    assert list(VoiceProfile.objects.values_list("pk", flat=True)) == [kept.pk]
    assert list(VoiceSample.objects.values_list("pk", flat=True)) == [other.pk]
    assert list(Errand.objects.values_list("subject", flat=True)) == [str(other.pk)]
    for rows in (ConsentRecord, ConsentAttempt, Preview):
        assert not rows.objects.exists()
    left = [path for path in media_root.rglob("*") if path.is_file()]
    assert left == [files.sample_original(other)]
    assert str(sample.pk) not in str(left)


def test_a_person_who_goes_takes_their_voices_along(alice: User) -> None:
    voice = make(alice)
    attempt = ConsentAttempt.objects.create(
        voice=voice, user=alice, sentence="Read this.", language="en", expires_at=voice.created_at
    )
    ConsentRecord.objects.create(voice=voice, kind="spoken", status="verified", declaration="Mine.", attempt=attempt)
    voice.owner.delete()
    assert not VoiceProfile.objects.exists()


def test_storage_and_count_are_what_the_limits_see(alice: User, bob: User) -> None:
    from accounts.limits import storage_used, uses_of

    voice = make(alice)
    sample = services.sample_add(voice=voice, upload=upload())
    emotion = services.emotion_create(owner=alice, upload=upload(), label="happy")
    assert storage_used(alice) == sample.size + emotion.size
    assert (uses_of(alice).voices, uses_of(bob).voices) == (2, 0)
    assert storage_used(bob) == 0
    assert selectors.emotions_of(alice).count() == 1
