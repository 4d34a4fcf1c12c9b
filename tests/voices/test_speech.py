"""Texts to speak: refused with a reason, counted, declared where a clip is brought, and forgotten in the end."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts import limits
from accounts.models import AuditEntry, User
from tests.tiny import tiny
from tests.voices.recordings import spoken, toned, upload
from tests.voices.rows import verified_voice, voice_of
from vocasync.errors import PipelineError
from voices import errands, files, services, upkeep
from voices.models import EmotionReference, Errand, Utterance, VoiceProfile, VoiceShare
from voices.services.speech import Asked

pytestmark = pytest.mark.django_db


@pytest.fixture
def voice(alice: User) -> VoiceProfile:
    return verified_voice(alice, fingerprint="f" * 64)


def ask(owner: User, **fields: Any) -> tuple[Utterance, Errand]:
    return services.utterance_ask(owner=owner, asked=Asked(**{"text": "Hello there.", "language": "en", **fields}))


def code_of(owner: User, **fields: Any) -> tuple[str, str]:
    """The code of the refusal, and the field that it names."""
    with pytest.raises(PipelineError) as caught:
        ask(owner, **fields)
    assert nothing_kept()
    return caught.value.code, str(caught.value.params.get("field", ""))


def field_of(owner: User, **fields: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        ask(owner, **fields)
    assert nothing_kept()
    return next(iter(caught.value.message_dict))


def nothing_kept() -> bool:
    folder = files.speech_root(Utterance().pk).parent
    return not Utterance.objects.exists() and not any(path.is_file() for path in folder.rglob("*"))


def test_asked_for(voice: VoiceProfile, bob: User) -> None:
    VoiceShare.objects.create(voice=voice, user=bob)
    utterance, errand = ask(bob, text="  Hello \n there. ", voice=voice)
    assert (errand.kind, errand.subject, errand.owner) == ("speech", str(utterance.pk), bob)
    assert (utterance.text, utterance.language, utterance.voice, utterance.voice_mark, utterance.seconds) == (
        "Hello there.", "en", voice, "f" * 64, None,
    )  # fmt: skip
    assert utterance.engine == "espeak", "the best that is ready"


def test_auto_takes_an_engine_that_speaks_in_the_voice(alice: User, voice: VoiceProfile, settings: Any) -> None:
    settings.ENGINES = settings.ENGINES | {"models": str(tiny("sv2tts"))}
    assert ask(alice, voice=voice)[0].engine == "sv2tts"
    assert ask(alice, voice=voice, language="es")[0].engine == "espeak", "English is all that it speaks"
    assert ask(alice, voice=voice, engine="espeak")[0].engine == "espeak"


def test_settings_of_the_voice_are_used(alice: User, voice: VoiceProfile) -> None:
    services.engine_settings_set(voice=voice, engine="espeak", values={"clarity": 0.25})
    assert ask(alice, voice=voice)[0].settings["clarity"] == 0.25
    assert ask(alice, voice=voice, options={"clarity": 0.5})[0].settings["clarity"] == 0.5


def test_what_cannot_be_spoken(alice: User, bob: User, voice: VoiceProfile) -> None:
    other = voice_of(alice, name="Unheard")
    tone = EmotionReference.objects.create(owner=alice, name="Laugh", label="happy", file_name="a", size=1, sha256="a")
    assert code_of(bob, voice=voice) == ("voice_not_shared", "")
    assert code_of(alice, voice=other) == ("voice_empty", "")
    assert code_of(alice, engine="nothing") == ("engine_unknown", "engine")
    assert code_of(alice, engine="sv2tts") == ("engine_not_ready", "engine")
    assert code_of(alice, language="tlh") == ("unknown_language", "language")
    assert code_of(alice, emotion=tone) == ("emotion_unusable", "emotion")
    assert code_of(alice, text="😀 🎉") == ("script_unspeakable", "text")
    assert code_of(alice, text="Доброе утро, соседи!") == ("script_writing", "text")
    assert code_of(alice, format="aiff") == ("format_unknown", "format")
    assert field_of(alice, text=" \n ") == "text"
    assert field_of(alice, reference_text="What is said.") == "reference_text"
    assert field_of(alice, reference=upload(), declared=True, reference_text="x" * 5001) == "reference_text"
    assert field_of(alice, stock="nobody") == "stock"
    assert field_of(alice, options={"wobble": 1.0}) == "wobble"
    assert field_of(alice, emotion=tone, strength=2.0) == "strength"
    VoiceProfile.objects.filter(pk=voice.pk).update(consent="withdrawn")
    voice.refresh_from_db()
    assert code_of(alice, voice=voice) == ("voice_withdrawn", "")
    User.objects.filter(pk=alice.pk).update(suspended_at=timezone.now(), suspended_reason="Why.")
    alice.refresh_from_db()
    assert code_of(alice) == ("suspended", "")


def test_one_voice_speaks(alice: User, voice: VoiceProfile) -> None:
    assert field_of(alice, voice=voice, reference=upload(), declared=True) == "reference"
    assert field_of(alice, voice=voice, stock="m6") == "stock"


def test_a_text_has_a_limit_and_an_engine_may_have_another(alice: User, settings: Any) -> None:
    settings.SPEECH_CHARS, settings.SPEECH_ENGINE_CHARS = 20, {"espeak": 10}
    assert field_of(alice, text="x" * 11) == "text"
    assert ask(alice, text="x" * 10)
    settings.SPEECH_ENGINE_CHARS = {"espeak": 100}
    with pytest.raises(ValidationError):
        ask(alice, text="x" * 21)


def test_it_counts_as_audio_of_the_day(alice: User) -> None:
    ask(alice, text="x" * 150)
    assert limits.audio_used(alice) == pytest.approx(10.0)
    ask(alice, text="x" * 150, reference=upload(), declared=True)
    assert limits.audio_used(alice) == pytest.approx(22.0), "the clip too"
    User.objects.filter(pk=alice.pk).update(max_audio_minutes_day=0)
    alice.refresh_from_db()
    with pytest.raises(PipelineError) as caught:
        ask(alice)
    assert caught.value.code == "audio_limit"
    assert Utterance.objects.count() == 2


def test_a_text_from_right_to_left(alice: User) -> None:
    assert ask(alice, text="صبح بخیر، همسایه‌ها", language="fa")[0].language == "fa"


def test_it_counts_as_storage(alice: User) -> None:
    utterance, _ = ask(alice, text="x" * 150)
    assert limits.storage_used(alice) == utterance.size > 100_000
    User.objects.filter(pk=alice.pk).update(max_storage_mb=1)
    alice.refresh_from_db()
    with pytest.raises(PipelineError) as caught:
        ask(alice, text="x" * 300)
    assert caught.value.code == "storage_limit"
    services.utterance_delete(utterance=utterance)
    assert limits.storage_used(alice) == 0


def test_a_person_waits_for_so_many_at_once(alice: User, bob: User) -> None:
    for _ in range(20):
        ask(alice)
    with pytest.raises(PipelineError) as caught:
        ask(alice)
    assert caught.value.code == "too_many_previews"
    assert ask(bob)
    Errand.objects.filter(owner=alice).update(status="done")
    assert ask(alice)


# --- a clip -----------------------------------------------------------------------------------------------------------
def test_a_clip_needs_the_declaration_which_is_written_down(alice: User) -> None:
    assert field_of(alice, reference=upload()) == "i_may_use_this_voice"
    utterance, _ = ask(alice, reference=upload(name="Grand\u202ema.wav"), declared=True)
    assert (utterance.reference, utterance.voice) == ("Grand ma.wav", None)
    assert files.speech_clip(utterance.pk).is_file()
    entry = AuditEntry.objects.get(action="speech.declared")
    assert (entry.actor, entry.object_id) == (alice, str(utterance.pk))
    assert entry.after["sha256"] == utterance.reference_sha256
    assert "my own" in entry.after["declaration"]


def test_nothing_is_declared_without_a_clip(alice: User) -> None:
    ask(alice, declared=True)
    assert not AuditEntry.objects.filter(action="speech.declared").exists()


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"", "empty_file"), (b"no sound", "not_media"), (toned(0.4), "too_short"), (toned(121.0), "too_long")],
)
def test_what_is_no_clip_is_refused_at_once(alice: User, content: bytes, code: str) -> None:
    assert code_of(alice, reference=upload(content), declared=True) == (code, "reference")
    assert not AuditEntry.objects.filter(action="speech.declared").exists()


# --- forgetting -------------------------------------------------------------------------------------------------------
def test_deleted_with_its_errand_and_its_files(alice: User, django_capture_on_commit_callbacks: Any) -> None:
    utterance, errand = ask(alice, reference=upload(spoken()), declared=True)
    with django_capture_on_commit_callbacks(execute=True):
        services.utterance_delete(utterance=utterance)
    assert not files.speech_root(utterance.pk).exists()
    assert not Errand.objects.filter(pk=errand.pk).exists()
    assert not Utterance.objects.exists()


def test_forgotten_after_the_days_that_the_site_keeps_it(alice: User, settings: Any) -> None:
    settings.SPEECH_DAYS = 3
    old, _ = ask(alice, reference=upload(), declared=True)
    new, _ = ask(alice)
    Utterance.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=3, hours=1))
    upkeep.sweep()
    assert list(Utterance.objects.all()) == [new]
    assert not files.speech_root(old.pk).exists()


def test_files_of_nothing_are_swept(alice: User) -> None:
    kept, _ = ask(alice, reference=upload(), declared=True)
    gone, _ = ask(alice, reference=upload(), declared=True)
    Utterance.objects.filter(pk=gone.pk).delete()
    assert files.sweep(older_than=-1) >= 1
    assert files.speech_root(kept.pk).exists()
    assert not files.speech_root(gone.pk).exists()


def test_gone_with_its_voice(alice: User, voice: VoiceProfile) -> None:
    ask(alice, voice=voice)
    services.voice_delete(voice=voice)
    assert not Utterance.objects.exists()
    assert errands.open_errand("speech", voice.pk) is None
