"""Lines to try out: refused with a reason, spoken once, and never shown for other samples than the voice has now."""

from __future__ import annotations

import math
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from accounts.models import User
from tests.voices.recordings import upload
from tests.voices.rows import verified_voice, voice_of
from vocasync.engines.base import EngineConfig
from vocasync.engines.registry import spec, stock_voices
from vocasync.errors import PipelineError
from voices import errands, files, selectors, services
from voices.models import EmotionReference, Errand, Preview, VoiceProfile, VoiceShare
from voices.services import previews

pytestmark = pytest.mark.django_db


@pytest.fixture
def voice(alice: User) -> VoiceProfile:
    return verified_voice(alice, fingerprint="f" * 64)


def ask(owner: User, voice: VoiceProfile | None, **fields: Any) -> tuple[Preview, Errand | None]:
    return services.preview_ask(
        owner=owner, voice=voice, **{"engine": "espeak", "language": "en", "text": "Hello there.", **fields}
    )


def speak(preview: Preview) -> None:
    """As a worker leaves it."""
    Preview.objects.filter(pk=preview.pk).update(seconds=1.0)
    Errand.objects.filter(subject=str(preview.pk)).update(status="done")
    path = files.preview_sound(preview.pk)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"sound")


def code_of(*args: Any, **fields: Any) -> str:
    with pytest.raises(PipelineError) as caught:
        ask(*args, **fields)
    assert not Preview.objects.exists()
    return caught.value.code


def test_asked_for_and_asked_for_again(voice: VoiceProfile) -> None:
    preview, errand = ask(voice.owner, voice, text="  Hello \n there. ")
    assert errand is not None
    assert (errand.kind, errand.subject) == ("preview", str(preview.pk))
    assert (preview.text, preview.engine, preview.language, preview.voice_mark) == (
        "Hello there.", "espeak", "en", "f" * 64,
    )  # fmt: skip
    again, same = ask(voice.owner, voice)
    assert (again, same) == (preview, errand)
    speak(preview)
    done, none = ask(voice.owner, voice)
    assert (done.pk, none) == (preview.pk, None)


def test_one_that_failed_or_lost_its_sound_is_spoken_after_all(voice: VoiceProfile) -> None:
    preview, errand = ask(voice.owner, voice)
    Errand.objects.update(status="failed")
    again, new = ask(voice.owner, voice)
    assert again == preview
    assert new not in (None, errand)
    speak(preview)
    files.preview_sound(preview.pk).unlink()
    assert ask(voice.owner, voice)[1] is not None


def test_whatever_changes_the_sound_makes_another_line(voice: VoiceProfile, alice: User) -> None:
    tone = EmotionReference.objects.create(
        owner=alice, name="Laugh", label="happy", file_name="a.wav", size=1, sha256="a" * 64, status="ready"
    )
    setting = spec("tts", "espeak").settings[0]
    variants: list[dict[str, Any]] = [
        {},
        {"text": "Something else."},
        {"language": "es"},
        {"emotion": tone},
        {"emotion": tone, "strength": 0.5},
        {"options": {setting.name: setting.high}},
    ]
    found = {ask(alice, voice, **fields)[0].pk for fields in variants}
    assert len(found) == len(variants)
    assert ask(alice, voice, strength=0.5)[0].pk in found, "the strength of no emotion is no matter"
    VoiceProfile.objects.update(fingerprint="0" * 64)
    voice.refresh_from_db()
    assert ask(alice, voice)[0].pk not in found


def test_settings_kept_with_the_voice_are_used(voice: VoiceProfile, alice: User) -> None:
    setting = spec("tts", "espeak").settings[0]
    plain, _ = ask(alice, voice)
    assert plain.settings[setting.name] == setting.default
    services.engine_settings_set(voice=voice, engine="espeak", values={setting.name: setting.low})
    kept, _ = ask(alice, voice)
    assert kept.settings[setting.name] == setting.low
    given, _ = ask(alice, voice, options={})
    assert given.pk == plain.pk


def test_an_engines_own_voice(alice: User) -> None:
    names = [one.name for one in stock_voices("espeak", EngineConfig())]
    default, _ = ask(alice, None)
    stock, _ = ask(alice, None, stock=names[-1])
    assert (default.voice, default.stock, stock.stock) == (None, "", names[-1])
    assert default.pk != stock.pk
    with pytest.raises(ValidationError) as caught:
        ask(alice, None, stock="nobody")
    assert "stock" in caught.value.message_dict


def test_what_cannot_be_spoken(voice: VoiceProfile, alice: User) -> None:
    assert code_of(alice, voice, engine="nothing") == "engine_unknown"
    assert code_of(alice, voice, engine="pocketsphinx") == "engine_unknown"
    assert code_of(alice, voice, language="tlh") == "unknown_language"
    assert code_of(alice, voice_of(alice, fingerprint="")) == "voice_empty"
    for fields in (
        {"text": " \n"},
        {"text": "x" * 501},
        {"strength": 1.5},
        {"strength": math.nan},
        {"options": {"nonsense": 1.0}},
        {"options": {spec("tts", "espeak").settings[0].name: math.inf}},
    ):
        with pytest.raises(ValidationError):
            ask(alice, voice, **fields)
    assert not Preview.objects.exists()


def test_an_emotion_that_is_still_measured(voice: VoiceProfile, alice: User) -> None:
    emotion = services.emotion_create(owner=alice, upload=upload(), label="happy")
    assert code_of(alice, voice, emotion=emotion) == "emotion_unusable"


@pytest.mark.parametrize("consent", ["withdrawn", "refused"])
def test_a_consent_that_ended(voice: VoiceProfile, alice: User, consent: str) -> None:
    preview, _ = ask(alice, voice)
    speak(preview)
    VoiceProfile.objects.update(consent=consent)
    voice.refresh_from_db()
    with pytest.raises(PipelineError) as caught:
        ask(alice, voice)
    assert caught.value.code == f"voice_{consent}"
    assert not selectors.previews_of(alice).exists()


def test_bob_tries_a_shared_voice_and_sees_only_his_lines(voice: VoiceProfile, alice: User, bob: User) -> None:
    VoiceShare.objects.create(voice=voice, user=bob)
    hers, _ = ask(alice, voice)
    his, errand = ask(bob, voice)
    assert (hers.pk != his.pk, errand is not None) == (True, True)
    assert list(selectors.previews_of(bob, voice)) == [his]
    assert list(selectors.previews_of(alice)) == [hers]
    VoiceShare.objects.all().delete()
    assert not selectors.previews_of(bob).exists()
    with pytest.raises(Preview.DoesNotExist):
        selectors.preview_of(bob, his.pk)
    with pytest.raises(PipelineError) as caught:
        ask(bob, voice)
    assert caught.value.code == "voice_not_shared"


def test_lines_of_other_samples_are_not_shown(voice: VoiceProfile, alice: User) -> None:
    stale, _ = ask(alice, voice)
    stock, _ = ask(alice, None)
    VoiceProfile.objects.update(fingerprint="0" * 64)
    assert list(selectors.previews_of(alice)) == [stock]
    with pytest.raises(Preview.DoesNotExist):
        selectors.preview_of(alice, str(stale.pk))


def test_so_many_may_wait(voice: VoiceProfile, alice: User) -> None:
    for number in range(previews.MAX_OPEN):
        ask(alice, voice, text=f"Line {number}")
    with pytest.raises(PipelineError) as caught:
        ask(alice, voice, text="One more")
    assert caught.value.code == "too_many_previews"
    assert ask(alice, voice, text="Line 0")[1] is not None


@pytest.mark.django_db(transaction=True)
def test_the_oldest_lines_go(voice: VoiceProfile, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(previews, "KEPT", 2)
    first, _ = ask(alice, voice, text="One")
    speak(first)
    rest = [ask(alice, voice, text=text)[0] for text in ("Two", "Three")]
    assert set(Preview.objects.all()) == set(rest)
    assert not files.preview_sound(first.pk).exists()
    assert not Errand.objects.filter(subject=str(first.pk)).exists()


@pytest.mark.django_db(transaction=True)
def test_they_go_with_their_emotion(voice: VoiceProfile, alice: User) -> None:
    emotion = services.emotion_create(owner=alice, upload=upload(), label="happy")
    EmotionReference.objects.update(status="ready")
    emotion.refresh_from_db()
    preview, _ = ask(alice, voice, emotion=emotion)
    speak(preview)
    services.emotion_delete(emotion=emotion)
    assert not Preview.objects.exists()
    assert not files.preview_sound(preview.pk).exists()
    assert not files.emotion_root(emotion.pk).exists()
    assert errands.open_errand("preview", preview.pk) is None
