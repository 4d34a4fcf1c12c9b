"""Emotion references and clips as they come in, and what is swept of files that belong to nothing."""

from __future__ import annotations

import os
import uuid
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError

from accounts.limits import audio_used
from accounts.models import User
from tests.voices.recordings import toned, upload
from tests.voices.rows import voice_of
from vocasync.errors import PipelineError
from voices import files, selectors, services
from voices.models import ConsentAttempt, EmotionReference, Errand, Preview, SoundQuery

pytestmark = pytest.mark.django_db(transaction=True)


def on_disk(media_root: Path) -> list[Path]:
    return [path for path in media_root.rglob("*") if path.is_file()]


def test_an_emotion_reference(alice: User, media_root: Path) -> None:
    emotion = services.emotion_create(owner=alice, upload=upload(name="Loud laugh.wav"), label="  Very  HAPPY ")
    assert (emotion.name, emotion.label, emotion.status) == ("Loud laugh", "very happy", "measuring")
    assert on_disk(media_root) == [media_root / "emotions" / str(emotion.pk) / "original"]
    assert Errand.objects.get().subject == str(emotion.pk)
    assert audio_used(alice) == pytest.approx(2.0, abs=0.01)
    services.emotion_update(emotion=emotion, name="Laugh", label="calm")
    emotion.refresh_from_db()
    assert (emotion.name, emotion.label) == ("Laugh", "calm")
    for fields in ({"name": " "}, {"label": ""}, {"label": "x" * 41}):
        with pytest.raises(ValidationError):
            services.emotion_update(emotion=emotion, **fields)
    services.emotion_delete(emotion=emotion)
    assert on_disk(media_root) == []
    assert not Errand.objects.exists()


def test_emotion_references_that_are_refused(alice: User, bob: User, media_root: Path) -> None:
    services.emotion_create(owner=alice, upload=upload(), name="First", label="sad")
    kept = on_disk(media_root)
    with pytest.raises(PipelineError) as caught:
        services.emotion_create(owner=alice, upload=upload(), label="sad")
    assert (caught.value.code, caught.value.params["field"]) == ("emotion_known", "clip")
    assert "as “First”" in str(caught.value)
    for content, code in ((b"prose " * 50, "not_media"), (toned(0.5), "too_short"), (b"", "empty_file")):
        with pytest.raises(PipelineError) as caught:
            services.emotion_create(owner=alice, upload=upload(content), label="sad")
        assert caught.value.code == code
    with pytest.raises(ValidationError):
        services.emotion_create(owner=alice, upload=upload(toned(3.0)), label=" ")
    bob.max_voices = 1
    voice_of(bob)
    with pytest.raises(PipelineError) as caught:
        services.emotion_create(owner=bob, upload=upload(), label="sad")
    assert caught.value.code == "voices_limit"
    assert on_disk(media_root) == kept
    assert EmotionReference.objects.count() == 1


def test_a_clip_to_search_with(alice: User, bob: User, media_root: Path) -> None:
    query, errand = services.query_ask(owner=alice, upload=upload(name="who.wav"))
    assert (query.name, errand.kind, errand.subject) == ("who.wav", "query", str(query.pk))
    assert on_disk(media_root) == [files.query_clip(query.pk)]
    assert selectors.query_of(alice, str(query.pk)) == query
    with pytest.raises(SoundQuery.DoesNotExist):
        selectors.query_of(bob, query.pk)
    alice.max_audio_minutes_day = 0
    with pytest.raises(PipelineError) as caught:
        services.query_ask(owner=alice, upload=upload())
    assert caught.value.code == "audio_limit"
    assert len(on_disk(media_root)) == 1


def test_files_that_belong_to_nothing_are_swept_after_a_while(alice: User, media_root: Path) -> None:
    voice = voice_of(alice)
    sample = services.sample_add(voice=voice, upload=upload())
    emotion = services.emotion_create(owner=alice, upload=upload(), label="sad")
    query, _ = services.query_ask(owner=alice, upload=upload())
    preview = Preview.objects.create(owner=alice, engine="espeak", language="en", text="Hi", fingerprint="x")
    attempt = ConsentAttempt.objects.create(
        voice=voice, user=alice, sentence="Read.", language="en", expires_at=voice.created_at
    )
    kept = [
        files.sample_original(sample),
        files.emotion_original(emotion.pk),
        files.query_clip(query.pk),
        files.preview_sound(preview.pk),
        files.consent_root(attempt.pk) / "recording.wav",
        files.reference(voice.pk),
    ]
    gone = uuid.uuid4()
    orphans = [
        files.samples_root(voice.pk) / str(gone) / "original",
        files.voice_root(gone) / "reference.wav",
        files.emotion_original(gone),
        files.query_clip(gone),
        files.preview_sound(gone),
        files.consent_root(gone) / "statement",
    ]
    others = media_root / "voices" / "README"
    for path in (*kept, *orphans, others):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    assert files.sweep() == 0
    for path in media_root.rglob("*"):
        os.utime(path, (1, 1))
    assert files.sweep() == len(orphans)
    assert set(on_disk(media_root)) == {*kept, others}
